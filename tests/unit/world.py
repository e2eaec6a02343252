"""One world for all units: the local cloud in memory, and the function in it.

    def test_something(world: World) -> None:
        world.configure(EXPORT_RECORDS=RECORDS)
        world.cloud.faults.add(Fault("PublishMessage", status=429))
        answer = world.event("createimage.end")
        assert (answer.status, answer.document["status"]) == (200, "exported")
        assert world.announced("accepted")[0]["data"]["imageId"] == world.image["id"]

All is real but for the connection, and the clock, which only waiting moves: settings, signer, client,
retries; signatures are verified. An export ends when a test ends it (`world.cloud.work_requests`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import pytest
from fdk.constants import FN_ENFORCED_RESPONSE_CODES
from fdk.context import InvokeContext

from handlers import logs
from handlers.clock import rfc3339
from handlers.cloud import api
from handlers.context import Context, Requester
from handlers.entry import Function
from tests.local.oci import Call, Clock, Cloud, Destination
from tests.local.oci.events import image_event
from tests.local.oci.in_memory import InMemoryTransport, function_clock

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAMESPACE, BUCKET = Cloud.namespace, Cloud.bucket
# A value for EXPORT_RECORDS: beside the exports.
RECORDS = f"{NAMESPACE}/{BUCKET}/records"
CALL_ID = "01KG0CALLOFTHISTEST"
EVENT_ID = "event-1"
# A pre-authenticated request's token and URL, made up.
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi8wEr5tYu2iOp9aSd3fGh6jKl"  # noqa: S105
URL = f"https://objectstorage.us-phoenix-1.oraclecloud.com/p/{TOKEN}/n/{NAMESPACE}/b/{BUCKET}/o/d"
_OF_CLIENTS = "fn-http-h-"


class Answer(NamedTuple):
    """What came out of one invocation, and the lines that it wrote to the log.

    ``status`` and ``headers``: as a gateway's client sees them; of another call, as the platform does, to
    which 502 is a failed one, and any answer is a 200.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    log: list[dict[str, Any]]

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def line(self) -> dict[str, Any]:
        """The invocation's own line in the log."""
        (line,) = [line for line in self.log if "deadlineLeftMs" in line]
        return line


class World:
    """A cloud with one image, and the function, whose configuration has a destination for events.

    ``seconds``: until the deadline of an invocation, when it begins.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud = Cloud(
            folder / "buckets", Clock(start=START.timestamp(), speed=0), "by hand", seed=1, serve=False
        )
        self.clock = function_clock(self.cloud)
        self.image = self.cloud.images.add("web 1")
        self.seconds = 120.0
        for name, value in self.cloud.resource_principal.write(folder / "principal").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(api, "Transport", lambda: InMemoryTransport(self.cloud))
        # Not the fixture of pytest: what is written to may be another one when a test begins.
        self._stderr = StringIO()
        monkeypatch.setattr(logs, "sys", SimpleNamespace(stderr=self._stderr))
        self.configure()

    def configure(self, **keys: str | None) -> None:
        """A new container with these keys added or replaced; None takes one away."""
        given = {
            "TOPIC_ID": self.cloud.topic_id,
            "EXPORT_NAMESPACE": NAMESPACE,
            "EXPORT_BUCKET": BUCKET,
            **keys,
        }
        self.function = Function(
            {key: value for key, value in given.items() if value is not None}, self.clock
        )

    def context(
        self, kind: Literal["gateway", "event", "direct", "catch-up"] = "direct", requester_id: str = CALL_ID
    ) -> Context:
        """An invocation's context, for what is tested below the entry."""
        context = Context(
            Requester(kind, requester_id), call_id=CALL_ID, deadline=self._deadline(), clock=self.clock
        )
        context.connect(self.function.prepare())
        return context

    def event(self, kind: str, image: Mapping[str, Any] | None = None, **changes: Any) -> Answer:
        """Delivers an event, such as `createimage.end`, of the image (the world's), with keys replaced."""
        event = image_event(kind, dict(image or self.image), self.cloud)
        return self.call({**event, "eventID": EVENT_ID, **changes})

    def asked(self, **more: Any) -> dict[str, Any]:
        """What a direct call asks for: an export of the world's image to `a.oci`, with more keys."""
        return {"imageId": self.image["id"], "exportImageDetails": tuple_details("a.oci"), **more}

    def call(self, document: object, *, detached: bool = False, call_id: str = CALL_ID) -> Answer:
        """A direct call, or any event's delivery."""
        answer = self._invoke(document, {"fn-invoke-type": "detached" if detached else "sync"}, call_id)
        # What the FDK's server makes of it.
        return answer._replace(status=answer.status if answer.status in FN_ENFORCED_RESPONSE_CODES else 200)

    def http(
        self, method: str, path: str, body: object = b"", headers: Mapping[str, str] = {}, **more: str
    ) -> Answer:
        """A request to the gateway, and the answer to its client; ``path`` is below the deployment's."""
        sent = {"content-type": "application/json", **headers}
        given = {"fn-intent": "httprequest", **{_OF_CLIENTS + name: value for name, value in sent.items()}}
        answer = self._invoke(body, given, method=method, request_url=f"/deployed{path}", **more)
        # The gateway's client never sees what the platform makes of these two.
        assert answer.status not in (502, 504)
        seen = {
            name.removeprefix(_OF_CLIENTS): value
            for name, value in answer.headers.items()
            if name.startswith(_OF_CLIENTS) or name == "content-type"
        }
        return answer._replace(status=int(answer.headers["fn-http-status"]), headers=seen)

    def export(self, details: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}) -> Answer:
        """ExportImage of the world's image over HTTP, by default to `a.oci`."""
        path = f"/20160918/images/{self.image['id']}/actions/export"
        return self.http("POST", path, details or tuple_details("a.oci"), headers)

    def log(self) -> list[dict[str, Any]]:
        """The lines that were written to the log since the last look, or the last invocation."""
        lines = self._stderr.getvalue().splitlines()
        self._stderr.seek(0)
        self._stderr.truncate()
        return [json.loads(line) for line in lines]

    def announced(self, kind: str = "") -> list[dict[str, Any]]:
        """The messages that were published, of one kind or all, parsed."""
        messages = [json.loads(message.body) for message in self.cloud.messages]
        return [message for message in messages if message["type"].endswith(kind)]

    def record(self, image_id: str | None = None) -> Any:
        """The record of an image (the world's) at ``RECORDS``, parsed; None where there is none."""
        name = f"records/{image_id or self.image['id']}.json"
        stored = self.cloud.buckets.objects.get(Destination(NAMESPACE, BUCKET, name))
        return stored and json.loads(stored.path.read_bytes())

    def write_record(self, document: object, image_id: str | None = None) -> None:
        """Puts that where the record of an image (the world's) is; what is not bytes, as JSON."""
        place = Destination(NAMESPACE, BUCKET, f"records/{image_id or self.image['id']}.json")
        self.cloud.buckets.put(place, as_bytes(document))

    def calls(self, operation: str) -> list[Call]:
        """The calls of an operation that the cloud received."""
        return self.cloud.calls.named(operation)

    def later(self, seconds: float) -> str:
        """So long after now, in RFC 3339."""
        return rfc3339(self.clock.now() + timedelta(seconds=seconds))

    def _deadline(self) -> str:
        return rfc3339(self.clock.now() + timedelta(seconds=self.seconds), "milliseconds")

    def _invoke(
        self, document: object, headers: dict[str, str], call_id: str = CALL_ID, **more: str
    ) -> Answer:
        context = InvokeContext(
            None,
            None,
            self.cloud.function_id,
            None,
            call_id,
            deadline=self._deadline(),
            headers=headers,
            **more,
        )
        self.log()
        answered = self.function(context, BytesIO(as_bytes(document)))
        headers = answered.context().GetResponseHeaders()
        return Answer(answered.status(), headers, answered.body_bytes(), self.log())


def as_bytes(document: object) -> bytes:
    """The same, or as JSON what is not bytes."""
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def tuple_details(name: str, *, bucket: str = BUCKET, **more: str) -> dict[str, str]:
    """ExportImageDetails with a bucket tuple."""
    where = {"namespaceName": NAMESPACE, "bucketName": bucket, "objectName": name}
    return {"destinationType": "objectStorageTuple", **where, **more}
