"""Texts that are odd, but no secret: each leaves in a form that its reader can take."""

import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.exports import announcement
from handlers.exports.clock import seconds_to_wait
from handlers.exports.commands import AnnounceEnding, Trigger
from handlers.log import JsonFormatter

NOW = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
ANYTHING = st.text(st.characters(codec=None))


@given(ANYTHING)
@example("\ud800")
def test_a_log_record_is_one_line_of_json_whatever_it_says(text: str) -> None:
    record = logging.LogRecord("handlers", logging.ERROR, __file__, 1, "said %s", (text,), None)
    record.fields = {"callId": text, f"odd {text}": [text]}
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert line.encode()
    assert json.loads(line)["level"] == "ERROR"


@given(st.text(max_size=400))
@example("golden\r\nBcc: everyone@example.com")
@example("golden\u202eegami")
@example("golden\u00a0image")
def test_a_title_is_one_printable_line(name: str) -> None:
    command = AnnounceEnding("ocid1.image.oc1..a", None, name, NOW, Trigger("event", "id"))
    work_request = {"id": "ocid1.coreservicesworkrequest.oc1..a", "status": "SUCCEEDED"}
    title = announcement.ended(command, work_request, [], "image-export", NOW).title
    assert title.isprintable()
    assert title == title.strip()
    assert 0 < len(title) <= 200


@given(st.text() | st.floats().map(str) | st.integers().map(str))
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("1e999")
@example("nan")
def test_a_retry_after_is_a_number_of_seconds_or_nothing(text: str) -> None:
    seconds = seconds_to_wait(text, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize("name", ["", " ", "\u200b"])
def test_an_image_without_a_visible_name_is_announced_by_something(name: str) -> None:
    command = AnnounceEnding("ocid1.image.oc1..a", None, name, NOW, Trigger("event", "id"))
    work_request = {"id": "ocid1.coreservicesworkrequest.oc1..a", "status": "FAILED"}
    assert announcement.ended(command, work_request, [], "image-export", NOW).title.startswith(
        "Image export failed:"
    )
