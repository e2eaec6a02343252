"""Nothing: what an event of another kind leads to."""

from dataclasses import dataclass
from typing import ClassVar

from handlers.context import Context
from handlers.operations import Result, Subject


@dataclass(frozen=True, slots=True)
class Ignore:
    """Do nothing, for a reason."""

    reason: str
    publishes_refusal: ClassVar[bool] = False

    @property
    def subject(self) -> Subject:
        return Subject()

    def run(self, _: Context) -> Result:
        """The reason, for whoever delivered the event."""
        return Result("event ignored", summary={"status": "ignored", "reason": self.reason})
