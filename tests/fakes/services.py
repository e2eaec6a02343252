"""The fake cloud: ``handlers.services`` in memory, with a script of what goes wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from handlers.clock import rfc3339
from handlers.destinations import Destination
from handlers.errors import ExportError, ServiceRefusal
from handlers.services import AcceptedExport, Answer, Page, PreauthenticatedRequest, Services, StoredObject
from tests.fakes.clock import FakeClock
from tests.fakes.script import Call, Script


def answer(document: Any, **headers: str) -> Answer:
    """A service's success; ``headers`` by keyword, as in ``answer({}, etag="1")``."""
    headers = {"opc-request-id": "request-of-the-service", **headers}
    return Answer(document, json.dumps(document).encode(), headers)


def refusal(status: int, code: str, message: str = "No.", **more: Any) -> ServiceRefusal:
    """A service's error."""
    return ServiceRefusal(status, code, message, **{"service": "Compute", **more})


def not_found(service: str = "Compute") -> ServiceRefusal:
    return refusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service=service,
        request_id="request-of-the-refusal",
    )


@dataclass
class FakeWorkRequests:
    """``known``: work requests as the API has them; ``its_errors``, ``its_logs``: by work request."""

    script: Script
    known: list[dict[str, Any]] = field(default_factory=list)
    its_errors: dict[str, list[Any]] = field(default_factory=dict)
    its_logs: dict[str, list[Any]] = field(default_factory=dict)
    retry_after: float | None = None

    def add(self, image_id: str, status: str = "IN_PROGRESS", **fields: Any) -> dict[str, Any]:
        """One more work request of that image; ``fields`` replaces what it says."""
        work_request = {
            "id": f"ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa{len(self.known) + 1}",
            "operationType": "ExportImage",
            "status": status,
            "compartmentId": "ocid1.compartment.oc1..aaaaaaaaimages",
            "resources": [{"actionType": "RELATED", "entityType": "image", "identifier": image_id}],
            "percentComplete": 100.0 if status in ("SUCCEEDED", "FAILED") else 40.0,
            "timeAccepted": rfc3339(self.script.clock.now()),
            **fields,
        }
        self.known.append(work_request)
        return work_request

    def get(self, work_request_id: str, *, until: float, request_id: str | None = None) -> Answer:
        with self.script.call(
            "get_work_request", until, work_request_id=work_request_id, request_id=request_id
        ):
            for work_request in self.known:
                if work_request["id"] == work_request_id:
                    return replace(answer(work_request), retry_after=self.retry_after)
            raise not_found("Work Requests")

    def errors(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        with self.script.call("list_errors", until, work_request_id=work_request_id, page=page):
            return answer(self.its_errors.get(work_request_id, []), **{"opc-next-page": "the-next"})

    def logs(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        with self.script.call("list_logs", until, work_request_id=work_request_id, page=page):
            return answer(self.its_logs.get(work_request_id, []))

    def all_errors(self, work_request_id: str, *, until: float) -> list[Any]:
        with self.script.call("list_errors", until, work_request_id=work_request_id):
            return self.its_errors.get(work_request_id, [])

    def all_of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> list[Any]:
        arguments = {"compartment_id": compartment_id, "resource_id": resource_id}
        with self.script.call("list_work_requests", until, **arguments):
            return [
                work_request
                for work_request in self.known
                if work_request["compartmentId"] == compartment_id
                and any(resource["identifier"] == resource_id for resource in work_request["resources"])
            ]


@dataclass
class FakeCompute:
    """``images``: by OCID, as the API has them. An accepted export becomes a work request.

    ``without_headers``: of ExportImage's answer. ``is_readable``: whether its body is.
    """

    script: Script
    work_requests: FakeWorkRequests
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    etag: str = "etag-1"
    without_headers: frozenset[str] = frozenset()
    is_readable: bool = True
    _by_token: dict[str, tuple[dict[str, str], AcceptedExport]] = field(default_factory=dict)

    def add(self, image: dict[str, Any]) -> dict[str, Any]:
        self.images[image["id"]] = image
        return image

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
        request_id: str | None = None,
    ) -> AcceptedExport:
        arguments = {
            "image_id": image_id,
            "details": dict(details),
            "retry_token": retry_token,
            "if_match": if_match,
            "request_id": request_id,
        }
        with self.script.call("export_image", until, **arguments):
            first = self._by_token.get(retry_token)
            if first and first[0] != dict(details):
                raise refusal(409, "InvalidatedRetryToken", "The token was used before.")
            accepted = first[1] if first else self._export(image_id)
            self._by_token[retry_token] = (dict(details), accepted)
        return accepted

    def get_image(self, image_id: str, *, until: float, request_id: str | None = None) -> Answer:
        with self.script.call("get_image", until, image_id=image_id, request_id=request_id):
            return answer(self._image(image_id), etag=self.etag)

    def _export(self, image_id: str) -> AcceptedExport:
        image = self._image(image_id)
        work_request = self.work_requests.add(image_id, "ACCEPTED", compartmentId=image["compartmentId"])
        headers = {
            "etag": self.etag,
            "opc-work-request-id": work_request["id"],
            "opc-request-id": "request-of-the-service",
        }
        kept = {name: value for name, value in headers.items() if name not in self.without_headers}
        answered = answer({**image, "lifecycleState": "EXPORTING"}, **kept) if self.is_readable else None
        return AcceptedExport(kept.get("opc-work-request-id"), answered, kept)

    def _image(self, image_id: str) -> dict[str, Any]:
        if image_id not in self.images:
            raise not_found()
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
    """``objects``: body and etag by name. ``stored``: what HeadObject answers of others.

    ``tokens``: of the pre-authenticated requests to be created, the last one for all that follow.
    """

    script: Script
    tokens: list[str] = field(
        default_factory=lambda: ["pArToKeN-sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"]
    )
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    stored: StoredObject = field(
        default_factory=lambda: StoredObject(4096, "etag-of-the-object", "bWQ1-1", "2026-01-31T13:00:00Z")
    )
    pars: list[str] = field(default_factory=list)
    writes: int = 0

    def create_preauthenticated_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> PreauthenticatedRequest:
        with self.script.call("create_par", until, place=place, name=name, expires=expires):
            token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
            par_id = f"par-{len(self.script.calls)}:{place.object_name}"
            self.pars.append(par_id)
        base = "https://objectstorage.eu-frankfurt-1.oraclecloud.com"
        return PreauthenticatedRequest(par_id, replace(place, base=base, par_token=token))

    def delete_preauthenticated_request(self, place: Destination, par_id: str, *, until: float) -> None:
        with self.script.call("delete_par", until, place=place, par_id=par_id):
            self.pars.remove(par_id)

    def head(self, place: Destination, *, until: float) -> StoredObject:
        with self.script.call("head", until, place=place):
            return self.stored

    def get(self, place: Destination, *, until: float) -> Answer:
        with self.script.call("get", until, place=place):
            if str(place) not in self.objects:
                raise refusal(404, "ObjectNotFound", service="Object Storage")
            body, etag = self.objects[str(place)]
            try:
                document = orjson.loads(body)
            except ValueError:
                document = None
            return Answer(document, body, {"etag": etag})

    def put(self, place: Destination, body: bytes, *, if_match: str | None, until: float) -> None:
        with self.script.call("put", until, place=place, body=body, if_match=if_match):
            if self.objects.get(str(place), (b"", None))[1] != if_match:
                raise refusal(412, "IfNoneMatchFailed", service="Object Storage")
            self.write(place, body)

    def write(self, place: Destination | str, body: bytes) -> None:
        """Writes an object, as somebody else may."""
        self.writes += 1
        self.objects[str(place)] = (body, f"etag-{self.writes}")


class FakeServices(Services):
    """A cloud with one image; see the knobs of its parts, and ``fail``, ``lose_answer``, ``take``."""

    compute: FakeCompute
    work_requests: FakeWorkRequests
    notifications: FakeNotifications
    object_storage: FakeObjectStorage

    __setattr__ = object.__setattr__  # unlike the real one, it keeps a record

    def __init__(self, clock: FakeClock | None = None) -> None:
        from tests.fakes.world import image

        script = Script(clock or FakeClock())
        work_requests = FakeWorkRequests(script)
        super().__init__(
            compute=FakeCompute(script, work_requests),
            work_requests=work_requests,
            notifications=FakeNotifications(script),
            object_storage=FakeObjectStorage(script),
        )
        self.script = script
        self.compute.add(image())

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

    def operations(self) -> list[str]:
        """The names of what was called, in order."""
        return [call.operation for call in self.script.calls]
