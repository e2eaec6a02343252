"""When to try again, and after how long: one pure decision per failure, and the loop that follows it."""

import logging
from collections.abc import Callable
from typing import TypeVar

from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.exports.budget import Budget, end_of_try
from handlers.exports.clock import Clock

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

MOST_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
# A try that can't last this long would only turn an answer into a timeout.
_LEAST_TRY = 0.25


def is_worth_retrying(failure: ExportError) -> bool:
    """Whether the same call, under the same retry token, may get another answer."""
    match failure:
        case NoAnswer():
            return True  # done or not done: the retry token makes both safe
        case ServiceRefusal(answered=429):
            return True  # throttled: nothing was done
        case ServiceRefusal(answered=501):
            return False  # not implemented: it won't be a second later
        case ServiceRefusal(answered=status) if status >= 500:
            return True  # a fault of the service: documented as to be retried with backoff
        case ServiceRefusal(answered=409, code="IncorrectState"):
            return True  # the image is busy, and will become free
        case _:
            return False  # Conflict, a wrong request, missing permission: time changes nothing


def pause_before_next(failure: ExportError, tries: int, left: float, jitter: float) -> float | None:
    """Seconds to wait before try number ``tries`` + 1, or None to give up.

    ``left``: seconds that remain for this work. ``jitter``: a random number in [0, 1); full jitter, so that
    containers that failed together don't come back together. A Retry-After longer than what is left ends it.
    """
    if tries >= MOST_TRIES or not is_worth_retrying(failure):
        return None
    pause = jitter * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tries - 1))
    if isinstance(failure, ServiceRefusal) and failure.retry_after is not None:
        pause = max(pause, failure.retry_after)
    return pause if pause + _LEAST_TRY <= left else None


class Attempts:
    """The calls of one invocation: each retried within its part of the budget, all of them counted."""

    def __init__(self, budget: Budget, clock: Clock) -> None:
        self.budget = budget
        self.clock = clock
        self.count = 0

    def at_work(self, call: Callable[[float], _T]) -> _T:
        """Makes a call that the export needs; see ``within``."""
        return self.within(self.budget.work, call)

    def within(self, until: float, call: Callable[[float], _T]) -> _T:
        """What ``call(end of the try)`` returns, tried until it succeeds, is refused for good, or time is up.

        Raises the last failure; NoAnswer if there was no time for a single try.
        """
        tries = 0
        last: ExportError = NoAnswer("There was not enough time left before the function's deadline.")
        while True:
            now = self.clock.monotonic()
            if until - now < _LEAST_TRY:
                raise last
            tries += 1
            self.count += 1
            try:
                return call(end_of_try(now, until))
            except ExportError as failure:
                last = failure
                left = until - self.clock.monotonic()
                pause = pause_before_next(failure, tries, left, self.clock.random())
                _log.debug("try %d failed: %s %s", tries, failure.status, failure.code)
                if pause is None:
                    raise
                self.clock.sleep(pause)
