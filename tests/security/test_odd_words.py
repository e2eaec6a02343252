"""Texts that are odd, but no secret: each leaves in a form that its reader can take, and nothing fails."""

import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.clock import seconds_to_wait
from handlers.logs import JsonFormatter
from tests.local.oci import Fault
from tests.unit.world import World

ANYTHING = st.text(st.characters(codec=None))
# Ends of lines, and what hides or turns the text beside it.
NEVER_RAW = "\n\r\x00\x1b\x7f\x80\x85\x9b\u2028\u2029\u200b\u200e\u200f\u202a\u202e\u2066\u2069\u061c\ufeff"


@given(ANYTHING | st.text(NEVER_RAW))
@example("\ud800")
@example(NEVER_RAW)
def test_a_log_record_is_one_plain_line_of_json_whatever_it_says(text: str) -> None:
    record = logging.LogRecord("handlers", logging.ERROR, __file__, 1, "it is %s", (text,), None)
    record.fields = {"callId": text, f"odd {text}": [text]}
    line = JsonFormatter().format(record)
    assert not set(line) & set(NEVER_RAW)
    assert line.encode()
    assert json.loads(line)["level"] == "ERROR"
    if not set(text) & set("/%\\"):
        assert json.loads(line)["callId"] == text


@given(st.text() | st.floats().map(str) | st.integers().map(str))
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("1e999")
@example("nan")
def test_a_retry_after_is_a_number_of_seconds_or_nothing(text: str) -> None:
    seconds = seconds_to_wait(text, datetime(2026, 1, 31, tzinfo=UTC))
    assert seconds is None or 0 <= seconds < float("inf")


DEEP = b'{"a":' * 700 + b"1" + b"}" * 700


@pytest.mark.parametrize(
    "body",
    [DEEP, json.dumps({"code": "a\r\nx-evil: yes", "message": NEVER_RAW}).encode()],
    ids=["700 levels", "line ends"],
)
def test_a_refusal_in_odd_words_is_published_once_and_answered_with_a_body(world: World, body: bytes) -> None:
    world.cloud.faults.add(Fault("ExportImage", status=400, body=body, times=2))
    answer = world.event("createimage.end")
    assert (answer.status, answer.document["status"]) == (200, "rejected")
    [event] = world.announced()
    assert (event["subject"], event["data"]["imageId"]) == (world.image["id"], world.image["id"])
    assert event["data"]["code"] == answer.line["code"] == "BadRequest"
    assert event["data"]["message"]
    assert not set(world.cloud.messages[0].body) & set(NEVER_RAW) - {"\n"}

    refused = world.export()
    assert refused.status == 400
    assert refused.document == {key: event["data"][key] for key in ("code", "message")}
    assert "x-evil" not in refused.headers
