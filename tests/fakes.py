"""Stand-ins for the cloud and the clock: the same interfaces, in memory, with knobs for what goes wrong.

``FakeServices`` is ``handlers.exports.services.Services``: an export that it accepts becomes a work request
that it lists, the same retry token finds the same export, and every call is on record. ``FakeClock`` is
``handlers.exports.clock.Clock``: it moves by hand, by sleeping, and by calls that are told to take time.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers import settings
from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.exports.clock import Clock, rfc3339
from handlers.exports.destination import Destination
from handlers.exports.object_url import ObjectStorageHosts
from handlers.exports.policy import Policy
from handlers.exports.services import Answer, Services

IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaagoldenimage"
COMPARTMENT_ID = "ocid1.compartment.oc1..aaaaaaaaimages"
TOPIC_ID = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaaexports"
NAMESPACE, BUCKET = "acme-images", "exports"
# The event destination is in it, so that everything works; what a test leaves out, it says.
ENVIRONMENT: Mapping[str, str] = {
    "TOPIC_ID": TOPIC_ID,
    "EXPORT_NAMESPACE": NAMESPACE,
    "EXPORT_BUCKET": BUCKET,
}
HOSTS = ObjectStorageHosts(
    endpoint="https://objectstorage.eu-frankfurt-1.oraclecloud.com",
    regional="objectstorage.eu-frankfurt-1.oraclecloud.com",
    region="eu-frankfurt-1",
)
# Long and without a dot, as real ones are.
PAR_TOKEN = "pArToKeN-sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105  # opens nothing
START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def policy(**keys: str) -> Policy:
    """The policy of ``ENVIRONMENT``, with configuration keys added or replaced (an empty one is absent)."""
    return Policy(settings.read({**ENVIRONMENT, **keys}), HOSTS)


class FakeClock(Clock):
    """Moves by hand. ``sleeps``: how long it was slept, each time. ``jitter``: what chance gives."""

    __setattr__ = object.__setattr__  # unlike the real one, it changes

    def __init__(self, start: datetime = START, jitter: float = 0.5) -> None:
        super().__init__(
            now=lambda: start + timedelta(seconds=self.seconds),
            monotonic=lambda: 1000.0 + self.seconds,
            sleep=self._sleep,
            random=lambda: self.jitter,
        )
        self.seconds = 0.0
        self.jitter = jitter
        self.sleeps: list[float] = []

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)


@dataclass(frozen=True, slots=True)
class Call:
    """``operation``: the verb's name. ``until``: when it had to be over, by the monotonic clock."""

    operation: str
    arguments: Mapping[str, Any]
    until: float


@dataclass
class Script:
    """What was called, and what is to go wrong."""

    clock: FakeClock = field(default_factory=FakeClock)
    calls: list[Call] = field(default_factory=list)
    failures: dict[str, list[ExportError | None]] = field(default_factory=dict)
    lost_answers: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def call(self, operation: str, until: float, **arguments: Any) -> Iterator[None]:
        """One call: takes its time, fails as told, and loses its answer after the work as told."""
        self.calls.append(Call(operation, arguments, until))
        takes, left = self.seconds.get(operation, 0.0), until - self.clock.monotonic()
        self.clock.advance(min(takes, max(left, 0.0)))
        if takes > left:
            raise NoAnswer(f"{operation} did not answer in time.")
        turn = self.failures.get(operation)
        if turn and (failure := turn.pop(0)):
            raise failure
        yield
        if self.lost_answers.get(operation):
            self.lost_answers[operation] -= 1
            raise NoAnswer(f"The answer of {operation} was lost.")


@dataclass
class FakeWorkRequests:
    """``known``: work requests as the API has them; ``its_errors``, ``its_logs``: by work request."""

    script: Script
    known: list[dict[str, Any]] = field(default_factory=list)
    its_errors: dict[str, list[Any]] = field(default_factory=dict)
    its_logs: dict[str, list[Any]] = field(default_factory=dict)
    retry_after: float | None = None

    def add(self, image_id: str = IMAGE_ID, status: str = "IN_PROGRESS", **fields: Any) -> dict[str, Any]:
        """One more work request of that image; ``fields`` replaces what it says."""
        work_request = {
            "id": f"ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa{len(self.known) + 1}",
            "operationType": "ExportImage",
            "status": status,
            "compartmentId": COMPARTMENT_ID,
            "resources": [{"actionType": "RELATED", "entityType": "image", "identifier": image_id}],
            "percentComplete": 100.0 if status in ("SUCCEEDED", "FAILED") else 40.0,
            "timeAccepted": rfc3339(self.script.clock.now()),
            **fields,
        }
        self.known.append(work_request)
        return work_request

    def get(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("get_work_request", until, work_request_id=work_request_id):
            for work_request in self.known:
                if work_request["id"] == work_request_id:
                    return replace(answer(work_request), retry_after=self.retry_after)
            raise not_found("Work Requests")

    def errors(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("list_errors", until, work_request_id=work_request_id):
            return answer(self.its_errors.get(work_request_id, []))

    def logs(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("list_logs", until, work_request_id=work_request_id):
            return answer(self.its_logs.get(work_request_id, []))

    def of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> Answer:
        arguments = {"compartment_id": compartment_id, "resource_id": resource_id}
        with self.script.call("list_work_requests", until, **arguments):
            return answer(
                [
                    work_request
                    for work_request in self.known
                    if work_request["compartmentId"] == compartment_id
                    and any(resource["identifier"] == resource_id for resource in work_request["resources"])
                ]
            )


@dataclass
class FakeCompute:
    """``images``: by OCID, as the API has them. An accepted export becomes a work request."""

    script: Script
    work_requests: FakeWorkRequests
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    etag: str = "etag-1"
    without_headers: frozenset[str] = frozenset()
    _by_token: dict[str, tuple[dict[str, str], Answer]] = field(default_factory=dict)

    def add(self, image_id: str = IMAGE_ID, **fields: Any) -> dict[str, Any]:
        """One more image; ``fields`` replaces what it says."""
        image = {
            "id": image_id,
            "displayName": "web 1",
            "compartmentId": COMPARTMENT_ID,
            "lifecycleState": "AVAILABLE",
            "operatingSystem": "Oracle Linux",
            "aFieldOfTomorrow": {"kept": True},
            **fields,
        }
        self.images[image_id] = image
        return image

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
    ) -> Answer:
        arguments = {
            "image_id": image_id,
            "details": dict(details),
            "retry_token": retry_token,
            "if_match": if_match,
        }
        with self.script.call("export_image", until, **arguments):
            first = self._by_token.get(retry_token)
            if first and first[0] != dict(details):
                raise ServiceRefusal(
                    409, "InvalidatedRetryToken", "The token was used before.", service="Compute"
                )
            accepted = first[1] if first else self._export(image_id)
            self._by_token[retry_token] = (dict(details), accepted)
        return accepted

    def get_image(self, image_id: str, *, until: float) -> Answer:
        with self.script.call("get_image", until, image_id=image_id):
            return answer(self._image(image_id), etag=self.etag)

    def _export(self, image_id: str) -> Answer:
        image = self._image(image_id)
        work_request = self.work_requests.add(image_id, "ACCEPTED", compartmentId=image["compartmentId"])
        headers = {"etag": self.etag, "opc-work-request-id": work_request["id"]}
        kept = {name: value for name, value in headers.items() if name not in self.without_headers}
        return answer({**image, "lifecycleState": "EXPORTING"}, **kept)

    def _image(self, image_id: str) -> dict[str, Any]:
        if image_id not in self.images:
            raise not_found("Compute")
        return self.images[image_id]


@dataclass
class FakeNotifications:
    """``messages``: title and body of what was published."""

    script: Script
    messages: list[tuple[str, str]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The published bodies, parsed."""
        return [json.loads(body) for _, body in self.messages]

    def publish(self, title: str, body: str, *, until: float) -> str:
        with self.script.call("publish", until, title=title, body=body):
            self.messages.append((title, body))
        return f"message-{len(self.messages)}"


@dataclass
class FakeObjectStorage:
    """``tokens``: of the pre-authenticated requests to be created, the last one for all that follow."""

    script: Script
    tokens: list[str] = field(default_factory=lambda: [PAR_TOKEN])

    def create_write_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> Destination:
        with self.script.call("create_write_request", until, place=place, name=name, expires=expires):
            token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        return replace(place, base=HOSTS.endpoint, par_token=token)


class FakeServices(Services):
    """A cloud with one image; see the knobs of its parts, and ``fail``, ``lose_answer``, ``take``."""

    compute: FakeCompute
    work_requests: FakeWorkRequests
    notifications: FakeNotifications
    object_storage: FakeObjectStorage

    __setattr__ = object.__setattr__  # unlike the real one, it keeps a record

    def __init__(self, clock: FakeClock | None = None) -> None:
        script = Script(clock or FakeClock())
        work_requests = FakeWorkRequests(script)
        super().__init__(
            compute=FakeCompute(script, work_requests),
            work_requests=work_requests,
            notifications=FakeNotifications(script),
            object_storage=FakeObjectStorage(script),
        )
        self.script = script
        self.compute.add()

    @property
    def clock(self) -> FakeClock:
        return self.script.clock

    def fail(self, operation: str, *failures: ExportError | None) -> None:
        """The operation's next calls meet these, in turn, instead of working; None is a call that works."""
        self.script.failures.setdefault(operation, []).extend(failures)

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """The operation's next calls work, but nobody hears of it."""
        self.script.lost_answers[operation] = times

    def take(self, operation: str, seconds: float) -> None:
        """Each call of the operation takes that long from now on; what takes too long meets NoAnswer."""
        self.script.seconds[operation] = seconds

    def calls(self, operation: str | None = None) -> list[Call]:
        """What was called, in order: of one operation, or all of it."""
        return [call for call in self.script.calls if operation in (None, call.operation)]


def answer(document: Any, **headers: str) -> Answer:
    """A service's success; ``headers`` by keyword, as in ``answer({}, etag="1")``."""
    return Answer(
        document,
        json.dumps(document).encode(),
        {"opc-request-id": "request-of-the-service", **headers},
    )


def not_found(service: str) -> ServiceRefusal:
    return ServiceRefusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service=service,
        request_id="request-of-the-refusal",
    )
