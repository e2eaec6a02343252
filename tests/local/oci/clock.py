"""The cloud's clock: real time by default, faster or moved by hand where a test says so."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Tells the time and lets threads wait for it. `on_move` is called whenever it was moved by hand.

    Args:
        start: seconds since the epoch at which the clock begins; now, by default.
        speed: cloud seconds per real second. 0 stands still, and moves by `advance` alone.

    What signs a request lives on the machine's clock, so signatures and session tokens are judged by that
    one; everything that the cloud itself remembers follows this clock.
    """

    def __init__(self, *, start: float | None = None, speed: float = 1.0) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._epoch = time.time() if start is None else start
        self._anchor = time.monotonic()
        self._speed = speed
        self._version = 0
        self.on_move: Callable[[], object] = lambda: None

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._changed:
            return self._epoch + (time.monotonic() - self._anchor) * self._speed

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Moves the clock forward at once and wakes whoever waits for a time."""
        with self._changed:
            self._epoch += seconds
        self.nudge()
        self.on_move()

    def nudge(self) -> None:
        """Wakes whoever waits, to look again at what there is to do."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def ticket(self) -> int:
        """A mark for `wait`: a nudge after it is not missed, even before the wait begins."""
        with self._changed:
            return self._version

    def wait(self, until: float | None, ticket: int) -> None:
        """Returns when the clock reads `until` (None: never), or when it was moved or nudged since
        `ticket`."""
        with self._changed:
            while self._version == ticket:
                left = None if until is None else until - self.now()
                if left is not None and left <= 0:
                    return
                self._changed.wait(left / self._speed if left and self._speed else None)
