"""The program's story: an image exported by an event, one by a client's request, two by a catch-up."""

import json
import time
from typing import Any

import httpx

from .oci import Export, Fault
from .oci.identifiers import rfc3339
from .onlooker import Onlooker
from .platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from .screen import Screen, short_ocids

POLL_S = 0.4
LONGER_THAN_AN_EXPORT_S = 60.0
# A catch-up looks at images that are older than an hour: their events come first. This is when the creation
# began; its event comes at its end.
LONG_AGO_S = 2 * 3600.0
ENDED = ("SUCCEEDED", "FAILED", "CANCELED")
# The request id of the story's own polls, by which their lines in the function's log are known.
POLL_ID = "tests-local-poll"


class Story:
    """Plays it on `platform`, tells it on `screen`, and checks each part of it."""

    def __init__(self, platform: LocalPlatform, screen: Screen) -> None:
        self.platform, self.screen = platform, screen
        self.onlooker = Onlooker(platform, screen)
        self.images: list[dict[str, Any]] = []
        self._records = platform.config.get("EXPORT_RECORDS")
        self._patience_s = platform.cloud.seconds_per_export + LONGER_THAN_AN_EXPORT_S

    def export_by_event(self) -> None:
        cloud, screen = self.platform.cloud, self.screen
        screen.title("1. An image is created, and its event starts an export")
        image = cloud.images.add(display_name="golden-ol9", announce=True)
        self.images.append(image)
        screen.step("Compute", f"created the image {image['displayName']}")
        self.onlooker.look_until_settled()
        export = self._export_of(image)
        where = "/".join(str(self.platform.config.get(key)) for key in ("EXPORT_NAMESPACE", "EXPORT_BUCKET"))
        there = export is not None and "/".join(export.destination[:2]) == where
        screen.check(f"the event made the function export the image to {where}", there)
        self._follow_to_the_end("event", image, export)
        self._show_record(image)

    def export_by_gateway(self) -> None:
        cloud, screen = self.platform.cloud, self.screen
        screen.title("2. A client asks for an export through the gateway")
        image = cloud.images.add(display_name="golden-ubuntu")
        self.images.append(image)
        path, body = export_request(self.platform, image)
        screen.step("client", f"POST {short_ocids(path)}")
        answer = self._request("POST", path, body)
        self.onlooker.look()
        screen.step("client", f"got {answer.status_code}, {short_ocids(_told_by(answer))}")
        started = answer.status_code == 200 and "opc-work-request-id" in answer.headers
        screen.check("the gateway's client got 200 and a work request", started)
        self.onlooker.look_until_settled()
        self._follow_to_the_end("request", image, self._export_of(image))

    def catch_up(self) -> None:
        """Two images that the function never heard of: a catch-up finds, exports and announces them."""
        cloud, screen = self.platform.cloud, self.screen
        if not self._records:  # which it needs
            return
        screen.title("3. What was missed is caught up")
        created = rfc3339(cloud.clock.now() - LONG_AGO_S)
        before = cloud.images.add(display_name="golden-before", time_created=created)
        screen.step("Compute", f"has the image {before['displayName']} from before the function was there")
        cloud.faults.add(Fault("DeliverEvent"))
        lost = cloud.images.add(display_name="golden-lost", time_created=created, announce=True)
        self.onlooker.tell("Events", f"the event of {lost['displayName']} gets lost on its way")
        call = catch_up_call(self.platform)
        screen.step("operator", f"calls the function: {short_ocids(json.dumps(call))}")
        invocation = self.platform.invoke(call)
        self.onlooker.look()
        answer = invocation.failure or short_ocids(invocation.body.decode())
        screen.step("function", f"answered {answer}")
        exports = [self._export_of(image) for image in (before, lost)]
        screen.check("the catch-up made the function export what no event had told of", all(exports))
        work = [export.work_request_id for export in exports if export]
        self.onlooker.look_until(
            lambda: all(cloud.work_requests[each]["status"] in ENDED for each in work), self._patience_s
        )
        self.onlooker.look_until_settled()
        hows = ("accepted", "succeeded")
        told = [self._announcement(image, how) for image in (before, lost) for how in hows]
        screen.check("the catch-up's exports were announced as accepted and as succeeded", all(told))

    def _follow_to_the_end(self, trigger: str, image: dict[str, Any], export: Export | None) -> None:
        """Announced, followed through the gateway, in the bucket, its ending announced: four checks."""
        check = self.screen.check
        accepted = self._announcement(image, "accepted")
        check(f"the {trigger}'s export was announced as accepted", accepted is not None)
        status, size = None, 0
        if export is not None:
            name = "/".join(export.destination)
            self.screen.step("Compute", f"exports {image['displayName']} as {export.format} to {name}")
            status = self._watch(image, export.work_request_id)
            file = self.platform.folder / name
            size = file.stat().st_size if file.is_file() else 0
        self.onlooker.look_until_settled()
        followed = f"the {trigger}'s work request was followed through the gateway to its success"
        check(followed, status == "SUCCEEDED")
        if check(f"the {trigger}'s object is in the bucket", size > 0):
            self.screen.step("Object Storage", f"has the object: {file}")
        ending = self._announcement(image, "succeeded")
        told = f"the {trigger}'s export was announced as succeeded"
        if self._records:
            stored = (ending and ending["data"]["object"]) or {}
            is_that = stored.get("sizeInBytes") == size and bool(stored.get("md5"))
            check(f"{told}, with size and checksum", is_that)
        else:
            check(told, ending is not None)

    def _watch(self, image: dict[str, Any], work_request_id: str) -> str | None:
        """Polls the work request until it has ended; its last status, None if refused."""
        path = f"/20160918/workRequests/{work_request_id}"
        give_up = time.monotonic() + self._patience_s
        status, show = None, self.screen.progress(f"export of {image['displayName']}")
        while status not in ENDED and time.monotonic() < give_up:
            answer = self._request("GET", path)
            if answer.status_code != 200:
                self.screen.step("client", f"GET {path} got {answer.status_code}, {_told_by(answer)}")
                return None
            work_request = answer.json()
            status = str(work_request["status"])
            show(float(work_request["percentComplete"]), status)
            self.onlooker.look()
            time.sleep(0 if status in ENDED else POLL_S)
        return status

    def _show_record(self, image: dict[str, Any]) -> None:
        if not self._records:
            return
        file = self.platform.folder / self._records / f"{image['id']}.json"
        record = json.loads(file.read_bytes()) if file.is_file() else {"exports": [{"status": None}]}
        ended = record["exports"][0]["status"] == "SUCCEEDED"
        if self.screen.check("the record has the event's export and how it ended", ended):
            self.screen.step("Object Storage", f"has the record: {file}")
            self.screen.document(record | {"image": "… as Compute answered it"})

    def _request(self, method: str, path: str, body: object | None = None) -> httpx.Response:
        return httpx.request(
            method,
            self.platform.gateway.url + path,
            json=body,
            headers={"accept": "application/json"} | ({"opc-request-id": POLL_ID} if method == "GET" else {}),
            timeout=self.platform.host.timeout_s + 10,
            trust_env=False,
        )

    def _export_of(self, image: dict[str, Any]) -> Export | None:
        exports = self.platform.cloud.exports
        return next((export for export in exports if export.image_id == image["id"]), None)

    def _announcement(self, image: dict[str, Any], how: str) -> dict[str, Any] | None:
        for message in self.platform.cloud.messages:
            announcement: dict[str, Any] = json.loads(message.body)
            about = announcement["type"], announcement["data"]["imageId"]
            if about == (f"imageexport.{how}", image["id"]):
                return announcement
        return None


def catch_up_call(platform: LocalPlatform) -> dict[str, dict[str, str]]:
    """What the function is called with, directly, for a catch-up."""
    return {"catchUp": {"compartmentId": platform.cloud.compartment_id}}


def export_request(platform: LocalPlatform, image: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Path (without the gateway's prefix) and body of a request to export an image to an allowed place."""
    return f"/20160918/images/{image['id']}/actions/export", {
        "destinationType": "objectStorageTuple",
        "namespaceName": platform.cloud.namespace,
        "bucketName": ALLOWED_BUCKET,
        "objectName": f"{ALLOWED_PREFIX}/{image['displayName']}.qcow2",
        "exportFormat": "QCOW2",
    }


def _told_by(answer: httpx.Response) -> str:
    names = ("opc-work-request-id", "notification-message-id", "notification-error")
    told = [f"{name}: {answer.headers[name]}" for name in names if name in answer.headers]
    return ", ".join(told) or answer.text[:200]
