"""What was called, and what is to go wrong, for all services of a fake cloud together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from handlers.errors import ExportError, NoAnswer
from tests.fakes.clock import FakeClock


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
