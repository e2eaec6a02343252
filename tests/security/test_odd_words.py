"""Texts that are odd, but no secret: each leaves in a form that its reader can take, and nothing fails."""

import json
import logging
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.clock import seconds_to_wait
from handlers.logs import JsonFormatter
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import UNLIMITED, Request
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


@given(st.text(max_size=400))
@example("golden\r\nBcc: everyone@example.com")
@example("golden\u202eegami")
@example("\u200b")
@example("")
def test_a_title_is_one_printable_line_about_something(world: World, name: str) -> None:
    world.cloud.topic_rate = UNLIMITED
    about = {"resourceId": f"{world.image['id']}nosuch", "resourceName": name}
    world.event("createimage.end", data=about, eventTime=world.later(-3600))
    title = world.cloud.messages[-1].title
    assert title.isprintable()
    assert title == title.strip()
    assert title.startswith("Image export rejected:")
    assert len(title) <= 200


@given(st.text() | st.floats().map(str) | st.integers().map(str))
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("1e999")
@example("nan")
def test_a_retry_after_is_a_number_of_seconds_or_nothing(text: str) -> None:
    seconds = seconds_to_wait(text, datetime(2026, 1, 31, tzinfo=UTC))
    assert seconds is None or 0 <= seconds < float("inf")


DEEP = b'{"a":' * 700 + b"1" + b"}" * 700
# The code is the service's where that can be read, else the status in words.
LIMIT, STATUS = "LimitExceeded", "BadRequest"
REFUSED = {
    "half an emoji in the message": (LIMIT, rb'{"code": "LimitExceeded", "message": "\ud83d no"}'),
    "half an emoji in the code": (STATUS, rb'{"code": "\ud83d", "message": "no"}'),
    "100,000 brackets": (STATUS, b"[" * 100_000),
    "brackets in an object": (STATUS, b'{"code": "LimitExceeded", "more": ' + b"[" * 100_000),
    "a code of 70 KB": (STATUS, json.dumps({"code": "x" * 70_000, "message": "no"}).encode()),
    "a message of 70 KB": (LIMIT, json.dumps({"code": LIMIT, "message": "é" * 70_000}).encode()),
    "line ends": (STATUS, json.dumps({"code": "a\r\nx-evil: yes", "message": NEVER_RAW}).encode()),
    "700 levels": (STATUS, DEEP),
    "no text at all": (STATUS, b'{"code": 7, "message": ["no"]}'),
    "not UTF-8": (LIMIT, b'{"code": "LimitExceeded", "message": "\xff\xfe"}'),
    "nothing": (STATUS, b""),
}
ACCEPTED = {
    "an image 700 levels deep": ("ExportImage", DEEP),
    "half an emoji in the image": ("ExportImage", b'{"id": "\\ud83d"}'),
    "an image of 2 MB": ("ExportImage", json.dumps({"displayName": "x" * 2_000_000}).encode()),
    "a message id of 70 KB": ("PublishMessage", b'{"messageId": "%s"}' % (b"x" * 70_000)),
}


@pytest.mark.parametrize(("code", "body"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_in_odd_words_is_published_once_and_answered_with_a_body(
    world: World, code: str, body: bytes
) -> None:
    world.cloud.faults.add(Fault("ExportImage", status=400, body=body, times=2))
    answer = world.event("createimage.end")
    assert (answer.status, answer.document["status"]) == (200, "rejected")
    [event] = world.announced()
    assert (event["subject"], event["data"]["imageId"]) == (world.image["id"], world.image["id"])
    assert event["data"]["code"] == answer.line["code"] == code
    assert event["data"]["message"]
    assert not set(world.cloud.messages[0].body) & set(NEVER_RAW) - {"\n"}

    refused = world.export()
    assert refused.status == 400
    assert refused.document == {key: event["data"][key] for key in ("code", "message")}
    assert "x-evil" not in refused.headers


@pytest.mark.parametrize(("operation", "body"), ACCEPTED.values(), ids=ACCEPTED)
def test_an_odd_success_is_announced_once_and_answered_with_a_body(
    world: World, operation: str, body: bytes
) -> None:
    world.cloud.advance = "at once"
    fault = Fault(operation, after_work=True, status=200, body=body)
    world.cloud.faults.add(fault)
    assert world.event("createimage.end").document["status"] == "exported"
    world.cloud.faults.add(fault)
    exported = world.export()
    assert (exported.status, type(exported.document)) == (200, dict)
    told = [message["data"]["workRequestId"] for message in world.announced("accepted")]
    assert told == [export.work_request_id for export in world.cloud.exports]
    assert exported.headers["opc-work-request-id"] == told[-1]
    assert all(len(value) <= 4096 for value in exported.headers.values())


@pytest.mark.parametrize("name", ["etag", "opc-request-id"])
def test_a_header_that_no_gateway_passes_on_is_left_out(platform: LocalPlatform, name: str) -> None:
    request = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("ExportImage", after_work=True, headers={name: "x" * 60_000}))
    url = f"{platform.gateway.url}/20160918/images/{request.image_id}/actions/export"
    answered = httpx.post(url, json=request.details, timeout=60)
    assert answered.status_code == 200
    assert answered.headers["opc-work-request-id"] == request.export.work_request_id
    assert all(len(value) <= 4096 for value in answered.headers.values())
