"""Work requests: how an asynchronous operation gets on, at once, by hand or by time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .identifiers import ocid, rfc3339
from .tenancy import Tenancy

UNFINISHED = ("ACCEPTED", "IN_PROGRESS", "CANCELING")
# By time: the part of an export that it waits before it starts.
WAITING = 0.1


@dataclass
class WorkRequest:
    """One operation under way; times are seconds since the epoch on the cloud's clock."""

    id: str
    operation_type: str
    compartment_id: str
    resource_id: str | None
    entity_type: str
    accepted: float
    status: str = "ACCEPTED"
    percent: float = 0.0
    started: float | None = None
    finished: float | None = None
    ends: float | None = None
    failure: tuple[str, str] | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    logs: list[dict[str, str]] = field(default_factory=list)
    on_start: Callable[[], None] | None = None
    on_end: Callable[[bool], None] | None = None

    def summary(self) -> dict[str, Any]:
        """The wire form of a list's item; times that have not come are left out."""
        times = {"timeAccepted": self.accepted, "timeStarted": self.started, "timeFinished": self.finished}
        return {
            "id": self.id,
            "operationType": self.operation_type,
            "status": self.status,
            "compartmentId": self.compartment_id,
            "percentComplete": self.percent,
            **{name: rfc3339(time) for name, time in times.items() if time is not None},
        }

    def wire(self) -> dict[str, Any]:
        """The wire form of GetWorkRequest."""
        resource = {
            "actionType": "IN_PROGRESS" if self.status in UNFINISHED else "RELATED",
            "entityType": self.entity_type,
            "identifier": self.resource_id,
            "entityUri": f"/20160918/{self.entity_type}s/{self.resource_id}",
        }
        return self.summary() | {"resources": [resource] if self.resource_id else []}


class WorkRequests(Mapping[str, dict[str, Any]]):
    """All work requests by OCID, as they are on the wire."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._all: dict[str, WorkRequest] = {}
        self._failures: list[tuple[str, str]] = []

    def add(
        self,
        operation_type: str = "ExportImage",
        *,
        compartment_id: str | None = None,
        resource_id: str | None = None,
        entity_type: str = "image",
        status: str = "ACCEPTED",
        seconds: float | None = None,
        on_start: Callable[[], None] | None = None,
        on_end: Callable[[bool], None] | None = None,
    ) -> str:
        """A new work request; returns its OCID. It moves by hand unless `seconds` says how long it takes."""
        tenancy = self._tenancy
        with tenancy.lock:
            now = tenancy.clock.now()
            work = WorkRequest(
                id=ocid("coreservicesworkrequest", tenancy.random, tenancy.region_key),
                operation_type=operation_type,
                compartment_id=compartment_id or tenancy.compartment_id,
                resource_id=resource_id,
                entity_type=entity_type,
                accepted=now,
                ends=None if seconds is None else now + seconds,
                failure=self._failures.pop(0) if self._failures and operation_type == "ExportImage" else None,
                on_start=on_start,
                on_end=on_end,
            )
            self._all[work.id] = work
            self._log(work, "The work request was accepted.", now)
            if status != "ACCEPTED":
                self._move(work, status, 100.0 if status not in UNFINISHED else 0.0, now)
        tenancy.clock.nudge()
        return work.id

    def fail_next(self, code: str, message: str) -> None:
        """The next export that is accepted will end as FAILED, with this error."""
        with self._tenancy.lock:
            self._failures.append((code, message))

    def advance(self, work_request_id: str, to: float = 100.0) -> None:
        """Moves one on by hand, to so many percent; 100 ends it (as FAILED, where `fail_next` said so)."""
        with self._tenancy.lock:
            work, now = self._known(work_request_id), self._tenancy.clock.now()
            if to >= 100:
                self._end(work, now)
            elif work.status in UNFINISHED:
                self._move(work, "IN_PROGRESS", float(to), now)

    def fail(self, work_request_id: str, code: str, message: str) -> None:
        """Ends one as FAILED, with an error that ListWorkRequestErrors tells."""
        with self._tenancy.lock:
            work = self._known(work_request_id)
            work.failure = (code, message)
            self._end(work, self._tenancy.clock.now())

    def cancel(self, work_request_id: str) -> None:
        """Ends one as CANCELED."""
        with self._tenancy.lock:
            work = self._known(work_request_id)
            self._move(work, "CANCELED", work.percent, self._tenancy.clock.now())

    def errors(self, work_request_id: str) -> list[dict[str, str]]:
        with self._tenancy.lock:
            return list(self._known(work_request_id).errors)

    def logs(self, work_request_id: str) -> list[dict[str, str]]:
        with self._tenancy.lock:
            return list(self._known(work_request_id).logs)

    def listed(self, compartment_id: str, resource_id: str | None) -> list[dict[str, Any]]:
        """Summaries in no useful order: none is documented, so nobody may rely on the newest coming first."""
        with self._tenancy.lock:
            found = [
                work
                for work in sorted(self._all.values(), key=lambda work: work.id)
                if work.compartment_id == compartment_id and resource_id in (None, work.resource_id)
            ]
            return [work.summary() for work in found]

    def catch_up(self) -> None:
        """Moves those on that go by time."""
        with self._tenancy.lock:
            now = self._tenancy.clock.now()
            for work in [
                work for work in self._all.values() if work.status in UNFINISHED and work.ends is not None
            ]:
                assert work.ends is not None
                part = (now - work.accepted) / max(work.ends - work.accepted, 1e-9)
                if part >= 1:
                    self._end(work, work.ends)
                elif part >= WAITING:
                    self._move(work, "IN_PROGRESS", float(int(part * 100)), now)

    def next_due(self) -> float | None:
        """When the next one that goes by time ends, on the cloud's clock."""
        with self._tenancy.lock:
            open_ones = [work for work in self._all.values() if work.status in UNFINISHED]
            return min((work.ends for work in open_ones if work.ends is not None), default=None)

    def __getitem__(self, work_request_id: str) -> dict[str, Any]:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            return self._all[work_request_id].wire()

    def __iter__(self) -> Iterator[str]:
        with self._tenancy.lock:
            return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def _known(self, work_request_id: str) -> WorkRequest:
        """Raises ApiError 404."""
        self._tenancy.catch_up()
        if work_request_id not in self._all:
            raise errors.not_found("work request")
        return self._all[work_request_id]

    def _end(self, work: WorkRequest, when: float) -> None:
        if work.status not in UNFINISHED:
            return
        if work.failure:
            code, message = work.failure
            work.errors.append({"code": code, "message": message, "timestamp": rfc3339(when)})
        self._move(
            work, "FAILED" if work.failure else "SUCCEEDED", work.percent if work.failure else 100.0, when
        )

    def _move(self, work: WorkRequest, status: str, percent: float, when: float) -> None:
        if work.started is None and status != "CANCELED":
            work.started = when
            self._log(work, "The operation started.", when)
            if work.on_start:
                work.on_start()
        work.status, work.percent = status, percent
        if status not in UNFINISHED:
            work.finished = when
            self._log(work, f"The operation ended: {status}.", when)
            if work.on_end:
                work.on_end(status == "SUCCEEDED")

    def _log(self, work: WorkRequest, message: str, when: float) -> None:
        work.logs.append({"message": message, "timestamp": rfc3339(when)})
