"""The function as a real process: local clouds that tests share, and requests that a test sends as it likes.

A local cloud takes a quarter of a second to start and a container half of one. So each worker has one cloud
for each configuration (``Platforms``), and every test has images of its own (``Request``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.local.fn import Invocation
from tests.local.gateway import to_function
from tests.local.oci import Call, Cloud, Destination, Export, PreauthenticatedRequest, Switches
from tests.local.oci.announcements import untrue
from tests.local.oci.exchange import Stage
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform

Trigger = Literal["event", "direct", "gateway"]
TRIGGERS: tuple[Trigger, ...] = ("event", "direct", "gateway")
JSON = [("content-type", "application/json")]
# Room for some tries with their pauses; what has to run out of time says so itself.
SECONDS = 15.0
# Long enough for a busy machine to answer within a tenth of it, short enough to wait for.
SHORT = 2.0
# More messages a minute than all tests publish.
UNLIMITED = 1_000_000
RECORDS = "records"
WITH_RECORDS = {"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/{RECORDS}"}


class Platforms:
    """The local clouds of one worker, each started when it is first asked for, until ``opened`` closes.

    Exports end by hand, and events go nowhere: nothing happens but what a test does.
    """

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        self._started: dict[str, LocalPlatform] = {}

    @contextmanager
    def borrow(self, **options: Any) -> Iterator[LocalPlatform]:
        """A local cloud with these options, warm; put back afterwards as it was before.

        Whatever a test is about: in the end, nothing may have been announced that is not so.
        """
        platform = self._started_with(options)
        cloud = platform.cloud
        statements, config, told = cloud.policy.statements, dict(platform.host.env), len(cloud.messages)
        # Whatever the test before did to the containers, a cold start is not what this one is about.
        platform.invoke({"eventType": "of no interest", "cloudEventsVersion": "0.1"})
        yield platform
        cloud.faults.clear()
        cloud.stop_watching()
        cloud.events.deliver_to(_nowhere)
        vars(cloud.switches).update(vars(Switches()))
        cloud.policy.statements, cloud.topic_rate, platform.host.env = statements, UNLIMITED, config
        # Or an idle container would take a core from the tests that follow.
        for container in platform.host.containers:
            container.hang_up()
        assert not untrue(cloud, told)

    def _started_with(self, options: dict[str, Any]) -> LocalPlatform:
        key = repr(sorted(options.items()))
        if key not in self._started:
            folder = self._folder / f"buckets-{len(self._started)}"
            usual: dict[str, Any] = {"max_containers": 2, "advance": "by hand", "seed": 1}
            platform = self._opened.enter_context(LocalPlatform(folder, **{**usual, **options}))
            platform.cloud.topic_rate = UNLIMITED
            platform.cloud.events.deliver_to(_nowhere)
            self._started[key] = platform
        return self._started[key]


def once(platform: LocalPlatform, operation: str, stage: Stage, act: Any, *, at: int = 1) -> None:
    """Acts at the next call of an operation (or the one ``at`` that place) when it is received, or done."""
    left = [at]

    def watch(_: Call) -> None:
        left[0] -= 1
        if left[0] == 0:
            act()

    platform.cloud.on(operation, stage, watch)


class Reply(NamedTuple):
    """An answered invocation, in one form for all triggers. ``status``: the caller's; 502 if it failed."""

    invocation: Invocation
    status: int
    document: Mapping[str, Any] = {}

    @property
    def is_in_time(self) -> bool:
        """Whether the function itself answered, and did before its deadline."""
        return self.invocation.failure != "FunctionInvokeTimeout" and self.invocation.overrun_s == 0


class Request:
    """A request to export an image of its own; ``send`` again is the same request again.

    ``image``: one that is there already.
    """

    def __init__(
        self, platform: LocalPlatform, trigger: Trigger = "event", image: Mapping[str, Any] | None = None
    ) -> None:
        self.platform, self._cloud, self._trigger = platform, platform.cloud, trigger
        self.image = image or self._cloud.images.add(display_name="golden", announce=True)
        self.image_id = str(self.image["id"])
        self.event = self._emitted("createimage.end") if trigger == "event" else {}

    def send(self, seconds: float = SECONDS, *, headers: Sequence[tuple[str, str]] = ()) -> Reply:
        """One invocation with so many seconds until its deadline."""
        given, body = self._call()
        return send(self.platform, body, [*given, *headers], seconds)

    def send_ending(self, seconds: float = SECONDS) -> Reply:
        """Delivers the event that Compute emitted last about an export of the image that ended."""
        return send(self.platform, json.dumps(self._emitted("exportimage.end")).encode(), JSON, seconds)

    def end(self) -> None:
        """Lets the image's exports end well."""
        for export in self.exports:
            self._cloud.work_requests.advance(export.work_request_id)

    def end_at_the_next_refusal(self) -> None:
        """Lets them end when the function was refused for the image's state, and has asked what state it is
        in.
        """
        self._cloud.on("GetImage", "done", lambda call: self.end() if self.image_id in call.path else None)

    @property
    def exports(self) -> list[Export]:
        """The image's exports that Compute accepted."""
        return [export for export in self._cloud.exports if export.image_id == self.image_id]

    @property
    def export(self) -> Export:
        """The only one of them."""
        [export] = self.exports
        return export

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The announcements that an export of the image was accepted."""
        return self.announced("accepted")

    def announced(self, kind: str) -> list[dict[str, Any]]:
        """The announcements of that kind about the image."""
        return [
            event
            for event in published(self.platform)
            if event["type"] == f"imageexport.{kind}" and event["data"]["imageId"] == self.image_id
        ]

    @property
    def tries(self) -> list[Call]:
        """Every ExportImage of the image that Compute received."""
        return [call for call in self._cloud.calls.named("ExportImage") if self.image_id in call.path]

    @property
    def tokens(self) -> list[str]:
        """The retry token of each of these tries."""
        return [call.headers["opc-retry-token"] for call in self.tries]

    @property
    def pars(self) -> list[PreauthenticatedRequest]:
        """The pre-authenticated requests for the image that live."""
        suffix = self.image_id[-8:]
        return [par for par in self._cloud.buckets.live_pars if suffix in str(par.object)]

    @property
    def record_place(self) -> Destination:
        """Where the image's record is, if there are records."""
        namespace, bucket, *prefix = self.platform.config["EXPORT_RECORDS"].split("/", 2)
        return Destination(namespace, bucket, "/".join([*prefix, f"{self.image_id}.json"]))

    @property
    def record(self) -> dict[str, Any] | None:
        """The image's record, where there is one."""
        stored = self._cloud.buckets.objects.get(self.record_place)
        return json.loads(stored.path.read_bytes()) if stored else None

    @property
    def recorded(self) -> dict[str, Any]:
        """The only export in the record."""
        assert self.record is not None
        [export] = self.record["exports"]
        return dict(export)

    @property
    def details(self) -> dict[str, str]:
        """ExportImageDetails."""
        return {
            "destinationType": "objectStorageTuple",
            "namespaceName": self._cloud.namespace,
            "bucketName": self._cloud.bucket,
            "objectName": f"{ALLOWED_PREFIX}/golden-{self.image_id[-8:]}.oci",
            "exportFormat": "OCI",
        }

    def _call(self) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body; a caller's with a retry token of the image's own."""
        token = self.image_id[-64:]
        if self._trigger == "event":
            return JSON, json.dumps(self.event).encode()
        if self._trigger == "direct":
            wanted = {"imageId": self.image_id, "exportImageDetails": self.details, "opcRetryToken": token}
            return JSON, json.dumps(wanted).encode()
        body = json.dumps(self.details).encode()
        headers = to_function(
            [*JSON, ("opc-retry-token", token)],
            body,
            method="POST",
            url=f"/image-export/20160918/images/{self.image_id}/actions/export",
            client="127.0.0.1",
            request_id="A" * 32,
        )
        return headers, body

    def _emitted(self, what: str) -> dict[str, Any]:
        return next(
            event
            for event in reversed(self._cloud.events.emitted)
            if event["eventType"].endswith(what) and event["data"]["resourceId"] == self.image_id
        )


def send(
    platform: LocalPlatform,
    body: bytes,
    headers: Sequence[tuple[str, str]] = JSON,
    seconds: float = SECONDS,
) -> Reply:
    """One invocation with so many seconds until its deadline."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    invocation = platform.host.invoke(body, headers, deadline=deadline)
    if invocation.failed:
        return Reply(invocation, invocation.status)
    document = invocation.json()
    # A direct caller sees no status but the one in the body, and only where something went wrong.
    status = document["status"] if isinstance(document.get("status"), int) else invocation.http_status
    return Reply(invocation, status, document)


def published(platform: LocalPlatform) -> list[dict[str, Any]]:
    """The bodies of the topic's messages."""
    return [json.loads(message.body) for message in platform.cloud.messages]


def line_of(platform: LocalPlatform, call_id: str) -> dict[str, Any]:
    """The line that an invocation left in the log."""

    def matches(line: str) -> bool:
        return f'"callId":"{call_id}"' in line and '"deadlineLeftMs"' in line

    return dict(json.loads(platform.host.log.wait_for(matches)))


def _nowhere(_: Mapping[str, Any]) -> bool:
    return True
