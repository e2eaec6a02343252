"""Times as they come over the wire."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from handlers.clock import Clock, parse_time, rfc3339, seconds_to_wait

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00.000Z", NOON),
        ("2026-01-31T14:00:00+02:00", NOON),
        ("2026-01-31T12:00:00", NOON),
        ("2026-01-31 12:00:00+00:00", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31T11:59:60Z", NOON),
        ("2026-01-31t13:59:60.000+02:00", NOON),
    ],
)
def test_a_time_is_read_in_whatever_offset_and_spelling_it_comes(text: str, moment: datetime) -> None:
    read = parse_time(text)
    assert read == moment
    assert read.tzinfo == UTC


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yesterday",
            None,
            17,
            {},
            "2026-13-01T00:00:00Z",
            "2026-01-31T12:00:61Z",
            "2026-01-31T12:60:00Z",
        ),
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
        ("17", 17.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("Sat, 31 Jan 2026 12:00:30 GMT", 30.0),
        ("Sat, 31 Jan 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str, seconds: float) -> None:
    assert seconds_to_wait(header, NOON) == seconds


@pytest.mark.parametrize(
    "header", [None, "", "soon", "inf", "nan", "31 Jan", "Sat, 31 Jan 2026 12:00:30 -0000", "Sat, 99 Jan"]
)
def test_a_retry_after_that_cannot_be_read_is_none(header: str | None) -> None:
    assert seconds_to_wait(header, NOON) is None


def test_the_clock_of_the_function_is_the_machines() -> None:
    clock = Clock()
    assert clock.now().tzinfo == UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.monotonic is time.monotonic
    assert clock.sleep is time.sleep
    assert 0.0 <= clock.random() < 1.0
