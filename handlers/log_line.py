"""The one line that an invocation leaves in the log, put together while it runs."""

import logging

from handlers.errors import ExportError
from handlers.exports.budget import plan
from handlers.exports.clock import Clock, parse_time
from handlers.exports.commands import (
    Announced,
    AnnounceEnding,
    Command,
    Outcome,
    Shown,
    ShowWorkRequest,
    Started,
    StartExport,
    Trigger,
)
from handlers.exports.retries import Attempts
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply

_log = logging.getLogger(__name__)

# What the FDK assumes where the platform sends no deadline.
_DEFAULT_SECONDS = 30.0


class Account:
    """What is known of a running invocation: filled in on the way, written once at the end."""

    def __init__(self, invocation: Invocation, trigger: Trigger, clock: Clock) -> None:
        self._invocation = invocation
        self._trigger = trigger
        self._clock = clock
        self._began = clock.monotonic()
        deadline = parse_time(invocation.deadline)
        left = (deadline - clock.now()).total_seconds() if deadline else _DEFAULT_SECONDS
        self.attempts = Attempts(plan(self._began, self._began + left), clock)
        self.command: Command | None = None
        self.outcome: Outcome | None = None
        self.failure: ExportError | None = None

    def write(self, reply: Reply) -> None:
        """One line, at a level that tells who has to act: nobody, the caller, or the operator."""
        failure = self.failure
        level = logging.INFO if failure is None else logging.ERROR if failure.passing else logging.WARNING
        now = self._clock.monotonic()
        fields = {
            "callId": self._invocation.call_id,
            "trigger": self._trigger.kind,
            "triggerId": self._trigger.id,
            **self._about_command(),
            "workRequestId": self._work_request_id(),
            "opcRequestId": self._request_id(),
            "status": reply.status,
            "code": failure.code if failure else getattr(self.outcome, "notification_error", None),
            "attempts": self.attempts.count,
            "durationMs": round((now - self._began) * 1000, 1),
            "deadlineLeftMs": round((self.attempts.budget.deadline - now) * 1000),
        }
        _log.log(level, self._message(), extra={"fields": fields})

    def _message(self) -> str:
        if self.failure:
            return self.failure.message
        match self.outcome:
            case Started():
                return "export accepted"
            case Shown():
                return "shown"
            case Announced(status=status):
                return f"ending announced: {status}"
            case _:
                return type(self.outcome).__name__.lower()

    def _about_command(self) -> dict[str, str | None]:
        match self.command:
            case StartExport() as export:
                return {
                    "imageId": export.image_id,
                    "destination": str(export.destination),
                    "exportFormat": export.export_format,
                }
            case AnnounceEnding(image_id=image_id):
                return {"imageId": image_id, "destination": None, "exportFormat": None}
            case _:
                return {"imageId": None, "destination": None, "exportFormat": None}

    def _work_request_id(self) -> str | None:
        if isinstance(self.outcome, Started | Announced):
            return self.outcome.work_request_id
        return self.command.work_request_id if isinstance(self.command, ShowWorkRequest) else None

    def _request_id(self) -> str | None:
        match self.outcome:
            case Started(image=answer) | Shown(answer) if answer is not None:
                return answer.request_id
        return (self.failure and self.failure.request_id) or self._invocation.request_id
