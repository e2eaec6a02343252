"""One work request: what it is on the wire, and how it moves from status to status."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .identifiers import rfc3339

# Code and message.
Failure = tuple[str, str]

UNFINISHED = ("ACCEPTED", "IN_PROGRESS", "CANCELING")


@dataclass
class WorkRequest:
    """One operation under way; times are seconds since the epoch on the cloud's clock.

    `hidden_from`: so many lists to come don't have it yet.
    """

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
    failure: Failure | None = None
    hidden_from: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)
    logs: list[dict[str, str]] = field(default_factory=list)
    on_start: Callable[[], None] | None = None
    finish: Callable[[], Failure | None] | None = None
    on_end: Callable[[], None] | None = None

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

    def end(self, when: float) -> None:
        """Ends it, as FAILED where there is a failure to tell or `finish` has one; what has ended stays as it
        is."""
        if self.status not in UNFINISHED:
            return
        if self.finish and not self.failure:
            self.failure = self.finish()
        if self.failure:
            self.stop("FAILED", self.failure, when)
        else:
            self.move("SUCCEEDED", 100.0, when)

    def stop(self, status: str, why: Failure, when: float) -> None:
        """Ends it without success; what has ended stays as it is."""
        if self.status in UNFINISHED:
            code, message = why
            self.errors.append({"code": code, "message": message, "timestamp": rfc3339(when)})
            self.move(status, self.percent, when)

    def move(self, status: str, percent: float, when: float) -> None:
        """The next status; tells `on_start` and `on_end` when it starts and ends."""
        if self.started is None and status != "CANCELED":
            self.started = when
            self.log("The operation started.", when)
            if self.on_start:
                self.on_start()
        self.status, self.percent = status, percent
        if status not in UNFINISHED:
            self.finished = when
            self.log(f"The operation ended: {status}.", when)
            if self.on_end:
                self.on_end()

    def log(self, message: str, when: float) -> None:
        self.logs.append({"message": message, "timestamp": rfc3339(when)})
