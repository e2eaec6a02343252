"""Time and chance, in one place that tests can hold still."""

import math
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_LEAP_SECOND = re.compile(r"^(.{11}[0-9]{2}:[0-9]{2}):60")


def _now() -> datetime:
    return datetime.now(UTC)


class Clock(NamedTuple):
    """``now``: the time of day in UTC. ``monotonic``: seconds to measure with. ``random``: in [0, 1)."""

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


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


def rfc3339(moment: datetime, timespec: str = "seconds") -> str:
    """``2026-01-31T23:59:59Z``, in UTC; with milliseconds, ``2026-01-31T23:59:59.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header as seconds from now, never negative; None where missing or unreadable."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
