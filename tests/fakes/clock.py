"""A clock that only tests move."""

from datetime import UTC, datetime, timedelta

from handlers.clock import Clock

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


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
