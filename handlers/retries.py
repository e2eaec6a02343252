"""The time of one invocation: how it is shared out, and which failed call is worth another try.

``plan``, ``end_of_try``, ``is_retried`` and ``pause`` are pure; ``Retries`` follows them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from handlers.clock import Clock
from handlers.errors import ExportError, NoAnswer, ServiceRefusal

_T = TypeVar("_T")

MOST_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
# A try that can't last this long would only turn an answer into a timeout.
_LEAST_TRY = 0.25
# A try shorter than this is not worth dividing for the sake of a later one.
_SHORTEST_TRY = 4.0
_REPLY_SHARE, _REPLY_AT_MOST = 0.1, 2.0
_ANNOUNCEMENT_SHARE, _ANNOUNCEMENT_AT_MOST = 0.25, 15.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The moments, on the monotonic clock in seconds, at which parts of an invocation have to be over.

    ``work``: all calls that bring the export about. ``announcement``: the record and the publication. What is
    left until the deadline itself belongs to the reply.
    """

    work: float
    announcement: float
    deadline: float


def plan(now: float, deadline: float) -> Budget:
    """Shares out what is left, keeping time for the announcement and the reply first."""
    left = max(0.0, deadline - now)
    reply = min(_REPLY_AT_MOST, left * _REPLY_SHARE)
    announcement = min(_ANNOUNCEMENT_AT_MOST, left * _ANNOUNCEMENT_SHARE)
    return Budget(
        work=deadline - reply - announcement,
        announcement=deadline - reply,
        deadline=deadline,
    )


def end_of_try(now: float, until: float) -> float:
    """When a single call has to be over: a server that hangs must leave time for another try."""
    left = until - now
    return until if left <= _SHORTEST_TRY else now + max(_SHORTEST_TRY, left / 2)


def is_retried(failure: ExportError) -> bool:
    """Whether the same call, under the same retry token, may get another answer within seconds."""
    match failure:
        case NoAnswer():
            return True  # done or not done: the retry token makes both safe
        case ServiceRefusal(answered=429):
            return True  # throttled: nothing was done
        case ServiceRefusal(answered=501):
            return False  # not implemented: it won't be a second later
        case ServiceRefusal(answered=status) if status >= 500:
            return True  # a fault of the service: documented as to be retried with backoff
        case ServiceRefusal(answered=409, passing=True):
            return True  # the image is busy, and will become free
        case _:
            return False  # a wrong request, a missing permission: seconds change nothing


def pause(failure: ExportError, tries: int, left: float, jitter: float) -> float | None:
    """Seconds to wait before try number ``tries`` + 1, or None to give up.

    ``left``: seconds that remain for this call. ``jitter``: a random number in [0, 1); full jitter, so that
    containers that failed together don't come back together. A Retry-After longer than what is left ends it.
    """
    if tries >= MOST_TRIES or not is_retried(failure):
        return None
    seconds = jitter * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tries - 1))
    if isinstance(failure, ServiceRefusal) and failure.retry_after is not None:
        seconds = max(seconds, failure.retry_after)
    return seconds if seconds + _LEAST_TRY <= left else None


class Retries:
    """The calls of one invocation: each tried again within its part of the budget, all of them counted."""

    def __init__(self, budget: Budget, clock: Clock) -> None:
        self.budget = budget
        self.clock = clock
        self.calls = 0

    def call(self, verb: Callable[[float], _T], until: float | None = None) -> _T:
        """What ``verb`` returns, tried again until it is refused for good or time is up.

        ``verb`` is called with the moment when the try has to be over. ``until``: when all tries have to be;
        the end of the work by default. Raises the last failure; NoAnswer if there was no time for a try.
        """
        until = self.budget.work if until is None else until
        tries = 0
        last: ExportError = NoAnswer("There was not enough time left before the function's deadline.")
        while True:
            now = self.clock.monotonic()
            if until - now < _LEAST_TRY:
                raise last
            tries += 1
            self.calls += 1
            try:
                return verb(end_of_try(now, until))
            except ExportError as failure:
                last = failure
                left = until - self.clock.monotonic()
                seconds = pause(failure, tries, left, self.clock.random())
                if seconds is None:
                    raise
                self.clock.sleep(seconds)

    def share(self, part: float, of: float) -> float:
        """The moment at which that part of the time until ``of`` will have gone by."""
        now = self.clock.monotonic()
        return now + max(0.0, of - now) * part
