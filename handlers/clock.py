"""Time: the clock, how an invocation's time is shared out, how long to wait before another try."""

import math
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import NamedTuple

from handlers.errors import ExportError, ServiceRefusal

# A try that can't last this long would only turn an answer into a timeout.
LEAST_TRY = 0.25
# A try shorter than this is not worth dividing for the sake of a later one.
_SHORTEST_TRY = 4.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
# After a topic's 429. It takes 60 messages a minute: shorter pauses end in calls for nothing.
_FIRST_TOPIC_PAUSE, _LONGEST_TOPIC_PAUSE = 5.0, 20.0
_REPLY_SHARE, _REPLY_AT_MOST = 0.1, 2.0
_ANNOUNCEMENT_SHARE, _ANNOUNCEMENT_AT_MOST = 0.25, 15.0
_LEAP_SECOND = re.compile(r"^(.{11}[0-9]{2}:[0-9]{2}):60")


class Clock(NamedTuple):
    """Time and chance, which tests can hold still.

    ``now``: the time of day in UTC. ``monotonic``: seconds to measure with. ``random``: in [0, 1).
    """

    now: Callable[[], datetime] = partial(datetime.now, UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


class Budget(NamedTuple):
    """The moments, on the monotonic clock in seconds, at which parts of an invocation have to be over.

    ``work``: all calls that bring the export about. ``announcement``: the record and the publication. What is
    left until the deadline belongs to the reply.
    """

    work: float
    announcement: float


def plan(now: float, deadline: float) -> Budget:
    """Shares out what is left, keeping time for the announcement and the reply first."""
    left = max(0.0, deadline - now)
    announcement = deadline - min(_REPLY_AT_MOST, left * _REPLY_SHARE)
    return Budget(announcement - min(_ANNOUNCEMENT_AT_MOST, left * _ANNOUNCEMENT_SHARE), announcement)


def end_of_try(now: float, until: float) -> float:
    """When a single call has to be over: a server that hangs must leave time for another try."""
    left = until - now
    return until if left <= _SHORTEST_TRY else now + max(_SHORTEST_TRY, left / 2)


def backoff(failure: ExportError | None, tries: int, left: float, jitter: float) -> float | None:
    """Seconds to wait before try number ``tries`` + 1, or None to give up.

    ``left``: seconds that remain for this call. ``jitter``: a random number in [0, 1), so that containers
    that failed together don't come back together. A Retry-After longer than what is left ends it.
    """
    doubled = 2 ** min(tries - 1, 10)
    seconds = jitter * min(_LONGEST_PAUSE, _FIRST_PAUSE * doubled)
    if isinstance(failure, ServiceRefusal):
        if (failure.service, failure.answered) == ("Notifications", 429):
            seconds = (0.5 + jitter / 2) * min(_LONGEST_TOPIC_PAUSE, _FIRST_TOPIC_PAUSE * doubled)
        seconds = max(seconds, failure.retry_after or 0.0)
    return seconds if seconds + LEAST_TRY <= left else None


def parse_time(text: object) -> datetime | None:
    """A moment in RFC 3339, or None where the text is none. Without an offset it is taken as UTC.

    Letters may be small. A leap second is the one after it, as on most machines.
    """
    spelt = str(text).upper()
    plain = _LEAP_SECOND.sub(r"\1:59", spelt)
    try:
        moment = datetime.fromisoformat(plain) + timedelta(seconds=plain != spelt)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def timestamp(text: object) -> float:
    """The same as seconds since 1970, to sort by: 0 where the text is no moment."""
    moment = parse_time(text)
    return moment.timestamp() if moment else 0.0


def rfc3339(moment: datetime, timespec: str = "seconds") -> str:
    """``2026-01-31T23:59:59Z``, in UTC; with milliseconds, ``2026-01-31T23:59:59.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """A Retry-After header as seconds from now, never negative; None where empty or unreadable."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
