"""Work requests: how an asynchronous operation gets on, at once, by hand or by time; and their API.

Source: the SDK's `WorkRequestClient`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .exchange import Answer, Call, Route, is_descending, page
from .identifiers import ocid, rfc3339
from .policy import Target
from .tenancy import Tenancy

WORK_REQUESTS = "/20160918/workRequests"
# By time: the part of an export that it waits before it starts.
WAITING = 0.1
# Oracle's "Work Requests"; whether from the beginning or from the end is not said.
KEPT_S = 12 * 3600

# Code and message.
Failure = tuple[str, str]

UNFINISHED = ("ACCEPTED", "IN_PROGRESS", "CANCELING")


@dataclass
class WorkRequest:
    """One operation under way; times are seconds since the epoch on the cloud's clock."""

    id: str
    operation_type: str
    compartment_id: str
    resource_id: str | None
    accepted: float
    ends: float | None
    on_start: Callable[[], object]
    finish: Callable[[], Failure | None]
    on_end: Callable[[], object]
    status: str = "ACCEPTED"
    percent: float = 0.0
    started: float | None = None
    finished: float | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    logs: list[dict[str, str]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.status not in UNFINISHED

    def summary(self, seen: float) -> dict[str, Any]:
        """The wire form of a list's item, for one who sees only endings up to that moment; times that have
        not come are left out."""
        unseen = self.finished is not None and self.finished > seen
        times = {
            "timeAccepted": self.accepted,
            "timeStarted": self.started,
            "timeFinished": None if unseen else self.finished,
        }
        return {
            "id": self.id,
            "operationType": self.operation_type,
            "status": "IN_PROGRESS" if unseen else self.status,
            "compartmentId": self.compartment_id,
            "percentComplete": self.percent,
            **{name: rfc3339(time) for name, time in times.items() if time is not None},
        }

    def wire(self, seen: float) -> dict[str, Any]:
        summary = self.summary(seen)
        resource = {
            "actionType": "IN_PROGRESS" if summary["status"] in UNFINISHED else "RELATED",
            "entityType": "image",
            "identifier": self.resource_id,
            "entityUri": f"/20160918/images/{self.resource_id}",
        }
        return summary | {"resources": [resource] if self.resource_id else []}

    def end(self, when: float) -> None:
        """Ends it, as FAILED where `finish` says why."""
        if not self.over:
            failure = self.finish()
            self.move("FAILED" if failure else "SUCCEEDED", when, None if failure else 100.0, failure)

    def move(self, status: str, when: float, percent: float | None, why: Failure | None = None) -> None:
        """The next status; tells `on_start` and `on_end` when it starts and ends. What has ended stays."""
        if self.over:
            return
        if why:
            self.errors.append({"code": why[0], "message": why[1], "timestamp": rfc3339(when)})
        if self.started is None and status != "CANCELED":
            self.started = when
            self.log("The operation started.", when)
            self.on_start()
        self.status, self.percent = status, self.percent if percent is None else percent
        if self.over:
            self.finished = when
            self.log(f"The operation ended: {status}.", when)
            self.on_end()

    def log(self, message: str, when: float) -> None:
        self.logs.append({"message": message, "timestamp": rfc3339(when)})


class WorkRequests(Mapping[str, dict[str, Any]]):
    """All work requests by OCID, as they are on the wire, also those that the service has forgotten.

    For `lag_s` seconds a new one is in no list; for `status_lag_s` one that has ended is told as IN_PROGRESS.
    """

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._all: dict[str, WorkRequest] = {}
        self.lag_s, self.status_lag_s = 0.0, 0.0

    def add(
        self,
        operation_type: str = "ExportImage",
        *,
        compartment_id: str | None = None,
        resource_id: str | None = None,
        status: str = "ACCEPTED",
        seconds: float | None = None,
        on_start: Callable[[], object] = lambda: None,
        finish: Callable[[], Failure | None] = lambda: None,
        on_end: Callable[[], object] = lambda: None,
    ) -> str:
        """A new work request; returns its OCID. It moves by hand unless `seconds` says how long it takes."""
        tenancy = self._tenancy
        with tenancy.lock:
            now = tenancy.clock.now()
            work_request_id = ocid("coreservicesworkrequest", tenancy.random, tenancy.region_key)
            place = compartment_id or tenancy.compartment_id
            ends = None if seconds is None else now + seconds
            what = (work_request_id, operation_type, place, resource_id)
            work = self._all[work_request_id] = WorkRequest(*what, now, ends, on_start, finish, on_end)
            tenancy.compartments.add(work.compartment_id)
            work.log("The work request was accepted.", now)
            if status != "ACCEPTED":
                work.move(status, now, 0.0 if status in UNFINISHED else 100.0)
        tenancy.clock.nudge()
        return work.id

    def advance(self, work_request_id: str, to: float = 100.0) -> None:
        """Moves one on by hand, to so many percent; 100 ends it."""
        with self._tenancy.lock:
            work, now = self._known(work_request_id), self._tenancy.clock.now()
            if to >= 100:
                work.end(now)
            else:
                work.move("IN_PROGRESS", now, float(to))

    def fail(self, work_request_id: str, code: str, message: str, status: str = "FAILED") -> None:
        """Ends one with an error that ListWorkRequestErrors tells."""
        with self._tenancy.lock:
            now = self._tenancy.clock.now()
            self._known(work_request_id).move(status, now, None, (code, message))

    def cancel(self, work_request_id: str, message: str = "The operation was canceled") -> None:
        self.fail(work_request_id, "OperationCanceled", message, "CANCELED")

    def errors(self, work_request_id: str) -> list[dict[str, str]]:
        return list(self._known(work_request_id).errors)

    def logs(self, work_request_id: str) -> list[dict[str, str]]:
        return list(self._known(work_request_id).logs)

    def catch_up(self) -> None:
        with self._tenancy.lock:
            now = self._tenancy.clock.now()
            for work, ends in self._by_time():
                part = (now - work.accepted) / max(ends - work.accepted, 1e-9)
                if part >= 1:
                    work.end(ends)
                elif part >= WAITING:
                    work.move("IN_PROGRESS", now, float(int(part * 100)))

    def next_due(self) -> float | None:
        """When the next one that goes by time ends, on the cloud's clock."""
        with self._tenancy.lock:
            return min((ends for _, ends in self._by_time()), default=None)

    def _by_time(self) -> list[tuple[WorkRequest, float]]:
        """Those that are not over and go by time, and when each ends."""
        works = self._all.values()
        return [(work, work.ends) for work in works if work.ends is not None and not work.over]

    def __getitem__(self, work_request_id: str) -> dict[str, Any]:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            return self._all[work_request_id].wire(self._tenancy.clock.now())

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    @property
    def routes(self) -> list[Route]:
        one = f"{WORK_REQUESTS}/{{workRequestId}}"
        return [
            Route("GET", WORK_REQUESTS, "ListWorkRequests", self._list, self._compartment),
            Route("GET", one, "GetWorkRequest", self._get, self._one),
            Route("GET", f"{one}/errors", "ListWorkRequestErrors", self._list_errors, self._one),
            Route("GET", f"{one}/logs", "ListWorkRequestLogs", self._list_logs, self._one),
        ]

    def _compartment(self, request: Call) -> Target:
        return self._tenancy.compartment(request.query.get("compartmentId"))

    def _one(self, request: Call) -> Target:
        """One that the service still keeps. Raises ApiError 404."""
        work, refusal = self._known(request.params["workRequestId"]), errors.not_found("work request")
        if not self._kept(work):
            raise refusal
        case = "of anything else"
        if work.operation_type.lower().endswith("image"):
            as_create = self._tenancy.switches.work_requests_need_create_image
            case = "of an image, as CreateImage" if as_create else "of an image"
        return Target(self._tenancy.within(work.compartment_id), refusal, case=case)

    def _get(self, request: Call) -> Answer:
        """200; whether the core service sends `retry-after` is not known."""
        work = self._known(request.params["workRequestId"])
        seen = self._tenancy.clock.now() - self.status_lag_s
        return Answer(200, work.wire(seen), {"retry-after": "1"})

    def _list(self, request: Call) -> Answer:
        """In no useful order: none is documented, so nobody may rely on the newest coming first."""
        resource_id, now = request.query.get("resourceId"), self._tenancy.clock.now()
        listed = [
            work.summary(now - self.status_lag_s)
            for work in sorted(self._all.values(), key=lambda work: work.id)
            if work.compartment_id == request.query["compartmentId"]
            and resource_id in (None, work.resource_id)
            and self._kept(work)
            and now >= work.accepted + self.lag_s
        ]
        return page(listed, request)

    def _list_errors(self, request: Call) -> Answer:
        return _sorted_page(self.errors(request.params["workRequestId"]), request)

    def _list_logs(self, request: Call) -> Answer:
        return _sorted_page(self.logs(request.params["workRequestId"]), request)

    def _known(self, work_request_id: str) -> WorkRequest:
        """Raises ApiError 404."""
        with self._tenancy.lock:
            self._tenancy.catch_up()
            if work_request_id not in self._all:
                raise errors.not_found("work request")
            return self._all[work_request_id]

    def _kept(self, work: WorkRequest) -> bool:
        return work.finished is None or self._tenancy.clock.now() - work.finished < KEPT_S


def _sorted_page(entries: list[dict[str, str]], request: Call) -> Answer:
    """By time. What comes first if nobody says is not documented; here it is the oldest."""
    return page(entries[::-1] if is_descending(request, "ASC") else entries, request)
