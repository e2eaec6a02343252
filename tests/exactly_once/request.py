"""One request to export one image, sent as often as a test likes, and what the cloud saw of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.local.fn import Invocation
from tests.local.gateway.fn_headers import to_function
from tests.local.oci import Call, Export
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform

Door = Literal["event", "direct", "gateway"]
DOORS: tuple[Door, ...] = ("event", "direct", "gateway")
# Room for some tries with their pauses; what has to run out of time says so itself.
SECONDS = 15.0
_JSON = [("content-type", "application/json")]


@dataclass(frozen=True)
class Reply:
    """An answered invocation, in one form for all doors. ``status``: the caller's; 502 if it failed."""

    invocation: Invocation
    status: int
    document: Mapping[str, Any] = field(default_factory=dict)


class Request:
    """A request for a fresh image, through one door; ``send`` again is the same request again.

    At the doors that have a retry token the caller repeats its own. ``image``: one that is there already.
    """

    def __init__(
        self, platform: LocalPlatform, door: Door = "event", image: Mapping[str, Any] | None = None
    ) -> None:
        self._platform, self._cloud = platform, platform.cloud
        self._door = door
        self.image = image or self._cloud.images.add(display_name="golden", announce=True)
        self.event = self._emitted("createimage.end")
        self._token = f"{door}-{len(self._cloud.events.emitted)}-{len(self._cloud.calls)}"

    def send(self, seconds: float = SECONDS, *, detached: bool = False) -> Reply:
        """One invocation with so many seconds until its deadline."""
        headers, body = self._doors[self._door]()
        headers = [*headers, ("fn-invoke-type", "detached")] if detached else headers
        return _send(self._platform, headers, body, seconds)

    def send_ending(self, seconds: float = SECONDS) -> Reply:
        """Delivers the event that Compute emitted last about an export of the image that ended."""
        event = self._emitted("exportimage.end")
        return _send(self._platform, _JSON, json.dumps(event).encode(), seconds)

    def end(self) -> None:
        """Lets the image's exports end well."""
        for export in self.exports:
            self._cloud.work_requests.advance(export.work_request_id)

    @property
    def exports(self) -> list[Export]:
        """The image's exports that Compute accepted."""
        return [export for export in self._cloud.exports if export.image_id == self.image["id"]]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The announcements that the image's export was accepted."""
        return self.announced("accepted")

    def announced(self, kind: str) -> list[dict[str, Any]]:
        """The announcements of that kind about the image."""
        read = [json.loads(message.body) for message in self._cloud.messages]
        return [
            event
            for event in read
            if event["type"] == f"imageexport.{kind}" and event["data"]["imageId"] == self.image["id"]
        ]

    @property
    def tries(self) -> list[Call]:
        """Every ExportImage of the image that Compute received."""
        return [call for call in self._cloud.calls.named("ExportImage") if self.image["id"] in call.path]

    @property
    def tokens(self) -> list[str]:
        """The retry token of each of these tries."""
        return [call.headers["opc-retry-token"] for call in self.tries]

    @property
    def _doors(self) -> dict[Door, Callable[[], tuple[list[tuple[str, str]], bytes]]]:
        return {"event": self._as_event, "direct": self._as_direct_call, "gateway": self._as_http_request}

    def _as_event(self) -> tuple[list[tuple[str, str]], bytes]:
        return _JSON, json.dumps(self.event).encode()

    def _as_direct_call(self) -> tuple[list[tuple[str, str]], bytes]:
        wanted = {"imageId": self.image["id"], "exportImageDetails": self._details}
        return _JSON, json.dumps(wanted | {"opcRetryToken": self._token}).encode()

    def _as_http_request(self) -> tuple[list[tuple[str, str]], bytes]:
        body = json.dumps(self._details).encode()
        headers = to_function(
            [*_JSON, ("opc-retry-token", self._token)],
            body,
            method="POST",
            url=f"/image-export/20160918/images/{self.image['id']}/actions/export",
            client="127.0.0.1",
            request_id="A" * 32,
            client_first=False,
        )
        return headers, body

    @property
    def _details(self) -> dict[str, str]:
        return {
            "destinationType": "objectStorageTuple",
            "namespaceName": self._cloud.namespace,
            "bucketName": self._cloud.bucket,
            "objectName": f"{ALLOWED_PREFIX}/golden.oci",
        }

    def _emitted(self, what: str) -> dict[str, Any]:
        return next(
            event
            for event in reversed(self._cloud.events.emitted)
            if event["eventType"].endswith(what) and event["data"]["resourceId"] == self.image["id"]
        )


def _send(platform: LocalPlatform, headers: list[tuple[str, str]], body: bytes, seconds: float) -> Reply:
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    invocation = platform.host.invoke(body, headers, deadline=deadline)
    if invocation.failed:
        return Reply(invocation, invocation.status)
    document = invocation.json()
    # A direct caller sees no status but the one in the body, and only where something went wrong.
    status = document["status"] if isinstance(document.get("status"), int) else invocation.http_status
    return Reply(invocation, status, document)
