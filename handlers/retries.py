"""The time of one invocation: how it is shared out, and which failed call is worth another try. All pure."""

from typing import NamedTuple

from handlers.errors import ExportError, NoAnswer, ServiceRefusal

# A try that can't last this long would only turn an answer into a timeout.
LEAST_TRY = 0.25
# A try shorter than this is not worth dividing for the sake of a later one.
_SHORTEST_TRY = 4.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
# After a topic's 429. It takes 60 messages a minute: shorter pauses end in calls for nothing.
_FIRST_TOPIC_PAUSE, _LONGEST_TOPIC_PAUSE = 5.0, 20.0
_REPLY_SHARE, _REPLY_AT_MOST = 0.1, 2.0
_ANNOUNCEMENT_SHARE, _ANNOUNCEMENT_AT_MOST = 0.25, 15.0


class Budget(NamedTuple):
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
        case ServiceRefusal(answered=status):
            return status >= 500  # a fault of the service: documented as to be retried with backoff
        case _:
            return False


def pause(failure: ExportError | None, tries: int, left: float, jitter: float) -> float | None:
    """Seconds to wait before try number ``tries`` + 1, or None to give up.

    ``left``: seconds that remain for this call. ``jitter``: a random number in [0, 1), so that containers
    that failed together don't come back together. A Retry-After longer than what is left ends it.
    """
    doubled = 2 ** min(tries - 1, 10)
    match failure:
        case ServiceRefusal(answered=429, service="Notifications"):
            seconds = (0.5 + jitter / 2) * min(_LONGEST_TOPIC_PAUSE, _FIRST_TOPIC_PAUSE * doubled)
        case _:
            seconds = jitter * min(_LONGEST_PAUSE, _FIRST_PAUSE * doubled)
    if isinstance(failure, ServiceRefusal) and failure.retry_after is not None:
        seconds = max(seconds, failure.retry_after)
    return seconds if seconds + LEAST_TRY <= left else None
