"""Work requests: how an asynchronous operation gets on, at once, by hand or by time."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import errors
from .identifiers import ocid
from .tenancy import Tenancy
from .work_request import UNFINISHED, Failure, WorkRequest

# By time: the part of an export that it waits before it starts.
WAITING = 0.1
# Oracle's "Work Requests"; whether from the beginning or from the end is not said.
KEPT_S = 12 * 3600


class WorkRequests(Mapping[str, dict[str, Any]]):
    """All work requests by OCID, as they are on the wire, also those that the service has forgotten.

    Attributes:
        lag_s, lag_calls: how long a new one is in no list yet: seconds of the clock, or so many lists.
    """

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._all: dict[str, WorkRequest] = {}
        self._failures: list[Failure] = []
        self.lag_s, self.lag_calls = 0.0, 0

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
        finish: Callable[[], Failure | None] | None = None,
        on_end: Callable[[], None] | None = None,
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
                finish=finish,
                on_end=on_end,
                hidden_from=self.lag_calls,
            )
            self._all[work.id] = work
            work.log("The work request was accepted.", now)
            if status != "ACCEPTED":
                work.move(status, 100.0 if status not in UNFINISHED else 0.0, now)
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
                work.end(now)
            elif work.status in UNFINISHED:
                work.move("IN_PROGRESS", float(to), now)

    def fail(self, work_request_id: str, code: str, message: str) -> None:
        """Ends one as FAILED, with an error that ListWorkRequestErrors tells."""
        with self._tenancy.lock:
            work = self._known(work_request_id)
            work.stop("FAILED", (code, message), self._tenancy.clock.now())

    def cancel(self, work_request_id: str, message: str = "The operation was canceled") -> None:
        """Ends one as CANCELED, with an error that says so."""
        with self._tenancy.lock:
            work = self._known(work_request_id)
            work.stop("CANCELED", ("OperationCanceled", message), self._tenancy.clock.now())

    def errors(self, work_request_id: str) -> list[dict[str, str]]:
        with self._tenancy.lock:
            return list(self._known(work_request_id).errors)

    def logs(self, work_request_id: str) -> list[dict[str, str]]:
        with self._tenancy.lock:
            return list(self._known(work_request_id).logs)

    def listed(self, compartment_id: str, resource_id: str | None) -> list[dict[str, Any]]:
        """Summaries in no useful order: none is documented, so nobody may rely on the newest coming first."""
        with self._tenancy.lock:
            return [
                work.summary()
                for work in sorted(self._all.values(), key=lambda work: work.id)
                if work.compartment_id == compartment_id
                and resource_id in (None, work.resource_id)
                and self._kept(work)
                and self._listed_by_now(work)
            ]

    def found(self, work_request_id: str) -> dict[str, Any]:
        """One that the service still keeps. Raises ApiError 404."""
        with self._tenancy.lock:
            work = self._known(work_request_id)
            if not self._kept(work):
                raise errors.not_found("work request")
            return work.wire()

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
                    work.end(work.ends)
                elif part >= WAITING:
                    work.move("IN_PROGRESS", float(int(part * 100)), now)

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

    def _kept(self, work: WorkRequest) -> bool:
        return work.finished is None or self._tenancy.clock.now() - work.finished < KEPT_S

    def _listed_by_now(self, work: WorkRequest) -> bool:
        if work.hidden_from:
            work.hidden_from -= 1
            return False
        return self._tenancy.clock.now() >= work.accepted + self.lag_s
