"""A total time limit for a call, which a server that sends a byte now and then can't outlast."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

_T = TypeVar("_T")

# Should something swallow the alarm's error (a finaliser that happens to run, say), it rings again.
_AGAIN_SECONDS = 1.0


class TimeLimitReached(TimeoutError):
    """The time for a call is over, whatever it was doing."""


def within(until: float, call: Callable[[], _T]) -> _T:
    """What ``call`` returns. Raises TimeLimitReached at the moment ``until`` on the monotonic clock.

    A socket's timeout is for one read: with it alone, a byte a second keeps a call going for ever, in the TLS
    handshake, the head, interim answers and the body. An alarm ends all of these in one place. Reading in
    pieces against the clock would need a socket of our own, for the head is read by the standard library.

    Signals are the main thread's, where the FDK calls the function. In any other thread, and while the C
    library looks a name up (it has limits of its own), there is no alarm.
    """
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeLimitReached
    if threading.current_thread() is not threading.main_thread():
        return call()
    is_over = False

    def ring(_signal: int, _frame: FrameType | None) -> None:
        if not is_over:
            raise TimeLimitReached

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
        return call()
    finally:
        # First of all: from here on, an alarm that is just about to ring does no harm.
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
