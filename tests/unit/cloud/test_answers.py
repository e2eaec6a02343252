"""What services answer, read as it is on the wire; and what is no answer of theirs."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from handlers.cloud.api import AcceptedExport, Cloud, Page
from handlers.errors import NoAnswer, ServiceRefusal
from tests.unit.cloud.examples import (
    CALLS,
    COMPARTMENT_ID,
    IMAGE,
    IMAGE_ID,
    LISTS,
    OBJECTS,
    PLACE,
    WORK_REQUEST_ID,
)
from tests.unit.cloud.loopback import Loopback, Reply

HALF_AN_EMOJI = b'"\\ud83d"'
NO_JSON = [b"", b"<html>welcome</html>", b'{"id":', b"\xff\xfe", b"NaN", HALF_AN_EMOJI, b"[" * 100_000]
CUT = Reply({}, headers={"content-length": "100"}, close=True)
TOO_LONG = Reply(b'"' + b"x" * (2 * 1024 * 1024) + b'"')


def nested(levels: int) -> dict[str, Any]:
    """An object of that many levels, of objects and lists in turn."""
    document: Any = []
    for level in range(levels - 1, 0, -1):
        document = {"x": document} if level % 2 else [document]
    return dict(document)


def export_image(cloud: Cloud) -> AcceptedExport:
    accepted: AcceptedExport = CALLS["ExportImage"](cloud)
    return accepted


def refused(cloud: Cloud) -> ServiceRefusal:
    with pytest.raises(ServiceRefusal) as raised:
        cloud.get_image(IMAGE_ID)
    return raised.value


def test_an_image_keeps_every_field_and_its_spelling(server: Loopback, cloud: Cloud) -> None:
    spelt = json.dumps(IMAGE, indent=7).encode()
    server.reply(Reply(spelt, headers={"ETag": "e", "opc-request-id": "r"}))
    answer = cloud.get_image(IMAGE_ID)
    assert (answer.document, answer.body) == (IMAGE, spelt)
    assert (answer.etag, answer.request_id) == ("e", "r")


@pytest.mark.parametrize(
    ("call", "document"),
    [
        *((call, document) for call in (*OBJECTS, *LISTS) for document in (None, 7, "text", True)),
        *((call, []) for call in OBJECTS),
        *((call, {}) for call in LISTS),
    ],
)
def test_a_success_of_another_kind_is_no_answer(
    call: str, document: object, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer):
        CALLS[call](cloud)


@pytest.mark.parametrize("call", [*OBJECTS, *LISTS])
@pytest.mark.parametrize("reply", [*map(Reply, NO_JSON), CUT, TOO_LONG])
def test_a_success_that_cannot_be_read_is_no_answer(
    call: str, reply: Reply, server: Loopback, cloud: Cloud
) -> None:
    server.reply(reply)
    with pytest.raises(NoAnswer) as raised:
        CALLS[call](cloud)
    assert "welcome" not in raised.value.message


def test_a_success_may_be_a_hundred_levels_deep_and_no_deeper(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(nested(100)), Reply(nested(101)), Reply({"x": "[" * 200}))
    assert cloud.get_image(IMAGE_ID).document == nested(100)
    with pytest.raises(NoAnswer):
        cloud.get_image(IMAGE_ID)
    assert cloud.get_image(IMAGE_ID).document == {"x": "[" * 200}


def test_a_record_may_have_the_deepest_image_in_it(server: Loopback, cloud: Cloud) -> None:
    record = {"image": nested(100)}
    server.reply(Reply(record))
    assert cloud.get_object(PLACE).document == record


def test_a_header_that_is_long_or_not_printable_is_left_out(server: Loopback, cloud: Cloud) -> None:
    headers = {"etag": "e" * 60_000, "opc-request-id": "caf\xe9", "opc-next-page": "e" * 4096}
    server.reply(Reply(IMAGE, headers=headers))
    answer = cloud.get_image(IMAGE_ID)
    assert (answer.etag, answer.request_id) == (None, None)
    assert answer.headers["opc-next-page"] == "e" * 4096


# --- ExportImage


def test_an_export_is_accepted_with_its_work_request_and_its_image(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(IMAGE, headers={"OPC-Work-Request-Id": WORK_REQUEST_ID, "etag": "e"}))
    accepted = export_image(cloud)
    assert accepted.work_request_id == WORK_REQUEST_ID
    assert accepted.image
    assert accepted.image.document == IMAGE
    assert accepted.headers["etag"] == "e"


@pytest.mark.parametrize("reply", [*map(Reply, NO_JSON), Reply([IMAGE]), Reply(nested(700)), CUT, TOO_LONG])
def test_an_export_is_accepted_by_its_work_request_whatever_the_body(
    reply: Reply, server: Loopback, cloud: Cloud
) -> None:
    server.reply(replace(reply, headers={**reply.headers, "opc-work-request-id": WORK_REQUEST_ID}))
    accepted = export_image(cloud)
    assert (accepted.work_request_id, accepted.image) == (WORK_REQUEST_ID, None)
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", [{}, {"opc-work-request-id": ""}, {"opc-work-request-id": "w" * 256}])
def test_a_work_request_that_is_missing_is_none(
    header: dict[str, str], server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(IMAGE, headers=header))
    accepted = export_image(cloud)
    assert accepted.work_request_id is None
    assert accepted.image
    assert "opc-work-request-id" not in {**accepted.headers, **accepted.image.headers}


# --- Lists


def test_a_page_is_one_page_and_says_where_the_next_begins(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply([{"n": 1}, "odd"], headers={"opc-next-page": "2"}))
    answer = cloud.list_work_request_errors(WORK_REQUEST_ID, Page())
    assert (answer.document, answer.headers["opc-next-page"]) == ([{"n": 1}, "odd"], "2")
    assert len(server.requests) == 1


def test_all_pages_of_a_list_are_read_under_the_same_query(server: Loopback, cloud: Cloud) -> None:
    server.reply(
        Reply([{"id": "1"}, {"id": "2"}], headers={"opc-next-page": "page/2?&"}),
        Reply([], headers={"opc-next-page": "page-3"}),
        Reply([{"id": "3"}]),
    )
    found = list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))
    assert [work_request["id"] for work_request in found] == ["1", "2", "3"]
    targets = [request.target for request in server.requests]
    assert all(f"compartmentId={COMPARTMENT_ID}&resourceId={IMAGE_ID}" in target for target in targets)
    assert [target.partition("page=")[2] for target in targets] == ["", "page%2F2%3F%26", "page-3"]


def test_a_later_page_that_is_no_list_is_no_answer(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply([{}], headers={"opc-next-page": "2"}), Reply({"items": []}))
    with pytest.raises(NoAnswer):
        cloud.work_request_errors(WORK_REQUEST_ID)


@pytest.mark.parametrize("next_page", [lambda n: "again", lambda n: f"page-{n}"])
def test_a_list_that_has_no_end_ends_where_a_page_comes_again_or_after_fifty(
    next_page: Callable[[int], str], server: Loopback, cloud: Cloud
) -> None:
    server.reply(*(Reply([{"id": str(n)}], headers={"opc-next-page": next_page(n)}) for n in range(60)))
    found = list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))
    assert len(found) == len(server.requests) == (2 if next_page(1) == next_page(2) else 50)


def test_a_list_ends_after_a_thousand_entries(server: Loopback, cloud: Cloud) -> None:
    page = [{"id": "x"}] * 600
    server.reply(*(Reply(page, headers={"opc-next-page": str(n)}) for n in range(3)))
    assert len(list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))) == 1000
    assert len(server.requests) == 2


def test_of_a_work_requests_errors_stay_code_and_message(server: Loopback, cloud: Cloud) -> None:
    long = {"code": 7, "message": "M" * 5000}
    server.reply(Reply([{"code": "C", "message": "M", "timestamp": "T"}, [], long]))
    assert cloud.work_request_errors(WORK_REQUEST_ID) == [
        {"code": "C", "message": "M"},
        {"code": "", "message": "M" * 4096},
    ]


# --- Notifications


def test_a_message_id_is_what_publishing_gives(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"messageId": "message-1", "timeStamp": "2026-01-31T12:00:00Z"}))
    assert cloud.publish("title", "body") == "message-1"


@pytest.mark.parametrize("document", [{}, {"messageId": None}, {"messageId": ""}, {"messageId": 1}])
def test_publishing_without_a_message_id_is_no_answer(
    document: object, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer, match="without a message id"):
        cloud.publish("title", "body")


# --- Refusals


@pytest.mark.parametrize("status", [400, 404, 409, 412, 429, 500, 501, 503])
def test_a_refusal_keeps_its_status_code_message_and_request_id(
    status: int, server: Loopback, cloud: Cloud
) -> None:
    headers = {"opc-request-id": "request-1"}
    server.reply(Reply({"code": "ItsCode", "message": "Its message."}, status, headers))
    error = refused(cloud)
    assert (error.status, error.answered, error.code) == (status, status, "ItsCode")
    assert (error.message, error.request_id) == ("Its message.", "request-1")
    assert (error.retry_after, error.headers) == (None, {})
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", CALLS)
def test_every_call_can_be_refused(call: str, server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"code": "NotAuthorizedOrNotFound", "message": "x"}, 404))
    with pytest.raises(ServiceRefusal) as raised:
        CALLS[call](cloud)
    assert raised.value.answered == 404


@pytest.mark.parametrize(
    ("header", "passed_on", "seconds"),
    [
        ("17", "17", 17.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", "soon", None),
        ("0" * 64 + "7", None, 7.0),
        ("caf\xe9", None, None),
    ],
)
def test_the_pause_that_a_refusal_asks_for_is_kept_and_passed_on(
    header: str, passed_on: str | None, seconds: float | None, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply({"code": "TooManyRequests", "message": "x"}, 429, {"Retry-After": header}))
    error = refused(cloud)
    assert error.headers == ({"retry-after": passed_on} if passed_on else {})
    assert error.retry_after == seconds


@pytest.mark.parametrize("page", [*NO_JSON, b'{"error": "x"}', b"[1]", b'"text"', b"null", TOO_LONG.body])
def test_a_page_that_is_no_error_of_the_api_is_a_refusal_without_its_text(
    page: bytes, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(page, 503, {"content-type": "text/html"}))
    error = refused(cloud)
    assert (error.status, error.code) == (503, "ServiceUnavailable")
    assert error.message == "Compute answered 503 without saying why."


@pytest.mark.parametrize("code", [None, 7, {}, "", "C" * 129, "C" * 70_000, "C\n", "Café", "\ud83d"])
def test_a_code_that_is_none_is_named_for_the_status(code: object, server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"code": code, "message": "Its message."}, 404))
    error = refused(cloud)
    assert (error.status, error.code, error.message) == (404, "NotFound", "Its message.")


@pytest.mark.parametrize("message", [None, 7, [], ""])
def test_a_message_that_is_none_is_replaced(message: object, server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"code": "C" * 128, "message": message}, 400))
    error = refused(cloud)
    assert (error.code, error.message) == ("C" * 128, "Compute answered 400 without saying why.")


def test_a_message_in_odd_words_is_shortened_and_can_be_printed(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"code": "C", "message": "half \ud83d of it, whole \U0001f600" + "x" * 70_000}, 400))
    message = refused(cloud).message
    assert message.startswith("half ? of it, whole \U0001f600xxx")
    assert len(message) == 4096


def test_a_message_that_is_no_utf_8_does_not_hide_the_code(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(b'{"code": "C", "message": "caf\xe9"}', 400))
    error = refused(cloud)
    assert (error.code, error.message) == ("C", "caf\ufffd")


def test_a_refusal_that_breaks_off_is_no_answer(server: Loopback, cloud: Cloud) -> None:
    # Its code may be the one that tells that the export was accepted before.
    server.reply(Reply({"code": "C"}, 409, {"content-length": "100"}, close=True))
    with pytest.raises(NoAnswer):
        cloud.get_image(IMAGE_ID)
