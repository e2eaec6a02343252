"""The program's story: an image exported by an event, and one by a request through the gateway."""

import json
import time
from typing import Any

import httpx

from .oci import Export
from .onlooker import Onlooker
from .platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from .screen import Screen

POLL_S = 0.4
FOLLOW_LIMIT_S = 60.0
ENDED = ("SUCCEEDED", "FAILED", "CANCELED")


class Story:
    """Acts it out on `platform` and notes on `screen` what came true."""

    def __init__(self, platform: LocalPlatform, screen: Screen) -> None:
        self.platform, self.screen = platform, screen
        self.onlooker = Onlooker(platform, screen)
        self.images: list[dict[str, Any]] = []

    def export_by_event(self) -> None:
        """Creates an image; the event of its creation makes the function export it."""
        cloud, screen = self.platform.cloud, self.screen
        screen.title("1. An image is created, and the event of it starts an export")
        image = cloud.images.add(display_name="golden-ol9", announce=True)
        self.images.append(image)
        screen.step("Compute", f"created {image['displayName']}, {image['id']}")
        self.onlooker.look_until_settled()
        export = self._export_of(image)
        where = f"{self.platform.config.get('EXPORT_NAMESPACE')}/{self.platform.config.get('EXPORT_BUCKET')}"
        there = export and f"{export.destination.namespace}/{export.destination.bucket}" == where
        screen.check(f"the event made the function export the image to {where}", bool(there))
        self._follow_to_the_end("event", image, export)

    def export_by_gateway(self) -> None:
        """Sends one request through the gateway, to a destination on the allow-list."""
        cloud, screen = self.platform.cloud, self.screen
        screen.title("2. A client asks for an export through the gateway")
        image = cloud.images.add(display_name="golden-ubuntu")
        self.images.append(image)
        path, body = export_request(self.platform, image)
        screen.step("client", f"POST {path}")
        answer = self._request("POST", path, body)
        self.onlooker.look()
        screen.step("gateway", f"answered {answer.status_code}, {_told_by(answer)}")
        started = answer.status_code == 200 and "opc-work-request-id" in answer.headers
        screen.check("the gateway's client got 200 and a work request", started)
        self.onlooker.look_until_settled()
        self._follow_to_the_end("request", image, self._export_of(image))

    def _follow_to_the_end(self, trigger: str, image: dict[str, Any], export: Export | None) -> None:
        """Announced, followed through the gateway, in the bucket, its ending announced: four checks."""
        check = self.screen.check
        check(f"the {trigger}'s export was announced as accepted", self._announced(image, "accepted"))
        status, landed = None, False
        if export is not None:
            at = export.destination
            name = f"{at.namespace}/{at.bucket}/{at.object}"
            self.screen.step("Compute", f"exports {image['displayName']} as {export.format} to {name}")
            status = self._watch(export.work_request_id)
            file = self.platform.folder / at.namespace / at.bucket / at.object
            landed = file.is_file()
            if landed:
                self.screen.step("Object Storage", f"has the object: {file}")
        followed = f"the {trigger}'s work request was followed through the gateway to its success"
        check(followed, status == "SUCCEEDED")
        check(f"the {trigger}'s object is in the bucket", landed)
        self.onlooker.look_until_settled()
        check(f"the {trigger}'s export was announced as succeeded", self._announced(image, "succeeded"))

    def _watch(self, work_request_id: str) -> str | None:
        """Polls the work request through the gateway until it has ended; its last status, None if refused."""
        path = f"/20160918/workRequests/{work_request_id}"
        give_up = time.monotonic() + FOLLOW_LIMIT_S
        status = None
        with self.screen.bar(f"…{work_request_id[-12:]}") as show:
            while status not in ENDED and time.monotonic() < give_up:
                answer = self._request("GET", path)
                if answer.status_code != 200:
                    self.screen.step("gateway", f"GET {path} answered {answer.status_code}")
                    self._wait_unseen(work_request_id)
                    return None
                work_request = answer.json()
                status = str(work_request["status"])
                show(float(work_request["percentComplete"]), status)
                self.onlooker.look()
                time.sleep(0 if status in ENDED else POLL_S)
        return status

    def _wait_unseen(self, work_request_id: str) -> None:
        """Waits for the ending in the emulator, so that the rest of the story can go on."""
        work = self.platform.cloud.work_requests
        self.onlooker.look_until(lambda: work[work_request_id]["status"] in ENDED, FOLLOW_LIMIT_S)

    def _request(self, method: str, path: str, body: object | None = None) -> httpx.Response:
        return httpx.request(
            method,
            self.platform.gateway.url + path,
            json=body,
            headers={"accept": "application/json"},
            timeout=self.platform.host.timeout_s + 10,
            trust_env=False,
        )

    def _export_of(self, image: dict[str, Any]) -> Export | None:
        exports = [export for export in self.platform.cloud.exports if export.image_id == image["id"]]
        return exports[0] if exports else None

    def _announced(self, image: dict[str, Any], how: str) -> bool:
        announcements = [json.loads(message.body) for message in self.platform.cloud.messages]
        return any(
            announcement["type"] == f"imageexport.{how}" and announcement["data"]["imageId"] == image["id"]
            for announcement in announcements
        )


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
