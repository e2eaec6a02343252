"""Times as they come over the wire; how the time of an invocation is shared out, and when to try again."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from handlers.clock import Clock, backoff, end_of_try, parse_time, plan, rfc3339, seconds_to_wait
from handlers.errors import ExportError, NoAnswer, ServiceRefusal

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z", "2026-01-31t12:00:00z", "2026-01-31T11:59:60Z"),
        *("2026-01-31T14:00:00+02:00", "2026-01-31 12:00:00+00:00", "2026-01-31t13:59:60.000+02:00"),
        "2026-01-31T12:00:00",
    ],
)
def test_a_time_is_read_in_whatever_offset_and_spelling_it_comes(text: str) -> None:
    read = parse_time(text)
    assert (read, read and read.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", None, 17, {}),
        *("2026-13-01T00:00:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:60:00Z"),
        *("0001-01-01T00:00+23:00", "9999-12-31T23:59:60Z"),
    ],
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert parse_time(text) is None


def test_a_time_is_written_in_utc_to_the_second() -> None:
    there = timezone(timedelta(hours=2))
    assert rfc3339(datetime(2026, 2, 1, 1, 59, 59, 999_999, tzinfo=there)) == "2026-01-31T23:59:59Z"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *(("17", 17.0), ("0.5", 0.5), ("0", 0.0), ("-3", 0.0)),
        *(("Sat, 31 Jan 2026 12:00:30 GMT", 30.0), ("Sat, 31 Jan 2026 11:00:00 GMT", 0.0)),
        *((odd, None) for odd in ("", "soon", "inf", "nan", "31 Jan", "Sat, 99 Jan")),
        ("Sat, 31 Jan 2026 12:00:30 -0000", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date_or_is_none(header: str, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOON) == seconds


def test_the_clock_of_the_function_is_the_machines() -> None:
    clock = Clock()
    assert clock.now().tzinfo == UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.monotonic is time.monotonic
    assert clock.sleep is time.sleep
    assert 0.0 <= clock.random() < 1.0


@pytest.mark.parametrize(
    ("seconds", "work", "announcement"),
    [
        pytest.param(10.0, 6.5, 9.0, id="a short deadline is shared in proportion"),
        pytest.param(300.0, 283.0, 298.0, id="a long one keeps back no more than is useful"),
        pytest.param(-10.0, -10.0, -10.0, id="after the deadline there is time for nothing"),
    ],
)
def test_the_shares_of_a_deadline(seconds: float, work: float, announcement: float) -> None:
    budget = plan(100.0, 100.0 + seconds)
    assert (budget.work, budget.announcement) == (100.0 + work, 100.0 + announcement)


@pytest.mark.parametrize(
    ("left", "time_of_try"),
    [
        (100.0, 50.0),  # a server that hangs leaves half for another try
        (6.0, 4.0),  # never shorter than an answer may take
        (4.0, 4.0),
        (0.5, 0.5),  # the last try has all that is left
    ],
)
def test_one_try_leaves_time_for_another(left: float, time_of_try: float) -> None:
    assert end_of_try(20.0, 20.0 + left) == pytest.approx(20.0 + time_of_try)


NO_ANSWER = NoAnswer("Compute gave no usable answer in time (ReadTimeout).")


def refusal(status: int, retry_after: float | None = None, service: str = "Compute") -> ServiceRefusal:
    return ServiceRefusal(status, None, None, service=service, retry_after=retry_after)


def test_pauses_grow_up_to_ten_seconds_and_after_a_topics_429_from_five_to_twenty() -> None:
    def longest(failure: ExportError) -> list[float | None]:
        return [backoff(failure, tries, 60.0, 1.0) for tries in (1, 2, 3, 4, 5, 6, 2000)]

    assert longest(NO_ANSWER) == longest(refusal(429)) == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert longest(refusal(429, service="Notifications")) == [5.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0]


def test_chance_keeps_containers_from_coming_back_together() -> None:
    pauses = [backoff(NO_ANSWER, 3, 60.0, jitter) for jitter in (0.0, 0.25, 0.5, 1.0)]
    assert pauses == [0.0, 0.5, 1.0, 2.0]
    # A topic's minute is not over before half of it.
    throttled = refusal(429, service="Notifications")
    assert [backoff(throttled, 1, 60.0, jitter) for jitter in (0.0, 1.0)] == [2.5, 5.0]


@pytest.mark.parametrize(
    ("failure", "tries", "left", "jitter", "seconds"),
    [
        pytest.param(refusal(429, 17.0), 1, 60.0, 0.5, 17.0, id="Retry-After is honoured"),
        pytest.param(refusal(503, 5.0), 1, 60.0, 0.5, 5.0, id="also of a 503"),
        pytest.param(refusal(429, 0.5), 5, 60.0, 1.0, 8.0, id="a short one does not shorten the backoff"),
        pytest.param(refusal(429, 60.0), 1, 60.0, 0.5, None, id="one beyond the budget ends it at once"),
        pytest.param(NO_ANSWER, 1, 0.75, 1.0, 0.5, id="time for a try after the pause"),
        pytest.param(NO_ANSWER, 1, 0.74, 1.0, None, id="no time for a try after the pause"),
        pytest.param(None, 1, 60.0, 1.0, 0.5, id="no failure"),
    ],
)
def test_a_pause_fits_what_is_left(
    failure: ExportError | None, tries: int, left: float, jitter: float, seconds: float | None
) -> None:
    assert backoff(failure, tries, left, jitter) == seconds
