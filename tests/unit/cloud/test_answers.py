"""What services answer, and what is no answer of theirs."""

import json
from typing import Any

import pytest

from handlers.cloud.api import AcceptedExport, Page
from handlers.cloud.transport import Response
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
    Scripted,
    answering,
    reply,
)

HALF_AN_EMOJI = b'"\\ud83d"'
NO_JSON = [b"", b"<html>welcome</html>", b'{"id":', b"\xff\xfe", b"NaN", HALF_AN_EMOJI, b"[" * 100_000]
BROKEN_OFF = Response(200, {}, None)


def nested(levels: int) -> dict[str, Any]:
    """An object of that many levels, of objects and lists in turn."""
    document: Any = []
    for level in range(levels - 1, 0, -1):
        document = {"x": document} if level % 2 else [document]
    return dict(document)


def export_image(answer: Response) -> AcceptedExport:
    accepted: AcceptedExport = CALLS["ExportImage"](answering(answer))
    return accepted


def refused(document: Any, status: int, **headers: str) -> ServiceRefusal:
    with pytest.raises(ServiceRefusal) as raised:
        answering(reply(document, status, **headers)).get_image(IMAGE_ID)
    return raised.value


def test_an_image_keeps_every_field_and_its_spelling() -> None:
    spelt = json.dumps(IMAGE, indent=7).encode()
    answer = answering(reply(spelt, etag="e", opc_request_id="r")).get_image(IMAGE_ID)
    assert (answer.document, answer.body) == (IMAGE, spelt)
    assert (answer.etag, answer.request_id) == ("e", "r")


UNREADABLE = [*map(reply, (*NO_JSON, None, 7, "text", True)), BROKEN_OFF]


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        *((call, answer) for call in (*OBJECTS, *LISTS) for answer in UNREADABLE),
        *((call, reply([])) for call in OBJECTS),
        *((call, reply({})) for call in LISTS),
    ],
)
def test_a_success_of_another_kind_or_that_cannot_be_read_is_no_answer(call: str, answer: Response) -> None:
    with pytest.raises(NoAnswer) as raised:
        CALLS[call](answering(answer))
    assert "welcome" not in raised.value.message


def test_a_success_may_be_a_hundred_levels_deep_and_no_deeper() -> None:
    cloud = answering(reply(nested(100)), reply(nested(101)), reply({"x": "[" * 200}))
    assert cloud.get_image(IMAGE_ID).document == nested(100)
    with pytest.raises(NoAnswer):
        cloud.get_image(IMAGE_ID)
    assert cloud.get_image(IMAGE_ID).document == {"x": "[" * 200}
    # And a record has the deepest image in it.
    record = {"image": nested(100)}
    assert answering(reply(record)).get_object(PLACE).document == record


# --- ExportImage


def test_an_export_is_accepted_with_its_work_request_and_its_image() -> None:
    accepted = export_image(reply(IMAGE, opc_work_request_id=WORK_REQUEST_ID, etag="e"))
    assert accepted.work_request_id == WORK_REQUEST_ID
    assert accepted.image
    assert accepted.image.document == IMAGE
    assert accepted.headers["etag"] == "e"


@pytest.mark.parametrize("answer", [*UNREADABLE, reply([IMAGE]), reply(nested(700))])
def test_an_export_is_accepted_by_its_work_request_whatever_the_body(answer: Response) -> None:
    accepted = export_image(answer._replace(headers={"opc-work-request-id": WORK_REQUEST_ID}))
    assert (accepted.work_request_id, accepted.image) == (WORK_REQUEST_ID, None)


@pytest.mark.parametrize("headers", [{}, {"opc_work_request_id": ""}, {"opc_work_request_id": "w" * 256}])
def test_a_work_request_that_is_missing_is_none(headers: dict[str, str]) -> None:
    accepted = export_image(reply(IMAGE, **headers))
    assert accepted.work_request_id is None
    assert accepted.image
    assert "opc-work-request-id" not in {**accepted.headers, **accepted.image.headers}


# --- Lists


def test_a_page_is_one_page_and_says_where_the_next_begins() -> None:
    page = reply([{"n": 1}, "odd"], opc_next_page="2")
    answer = answering(page).list_work_request_errors(WORK_REQUEST_ID, Page())
    assert (answer.document, answer.headers["opc-next-page"]) == ([{"n": 1}, "odd"], "2")


def test_all_pages_of_a_list_are_read_under_the_same_query() -> None:
    scripted = Scripted(
        reply([{"id": "1"}, {"id": "2"}], opc_next_page="page/2?&"),
        reply([], opc_next_page="page-3"),
        reply([{"id": "3"}]),
    )
    found = list(scripted.cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))
    assert [work_request["id"] for work_request in found] == ["1", "2", "3"]
    targets = [request.path_url for request in scripted.requests]
    assert all(f"compartmentId={COMPARTMENT_ID}&resourceId={IMAGE_ID}" in target for target in targets)
    assert [target.partition("page=")[2] for target in targets] == ["", "page%2F2%3F%26", "page-3"]


def test_a_later_page_that_is_no_list_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        answering(reply([{}], opc_next_page="2"), reply({"items": []})).work_request_errors(WORK_REQUEST_ID)


@pytest.mark.parametrize(
    ("entries", "next_page", "pages", "found"),
    [
        pytest.param(1, "again", 2, 2, id="where a page comes again"),
        pytest.param(1, "page-{}", 50, 50, id="after fifty pages"),
        pytest.param(600, "page-{}", 2, 1000, id="after a thousand entries"),
    ],
)
def test_a_list_that_has_no_end_ends(entries: int, next_page: str, pages: int, found: int) -> None:
    page = [{"id": "x"}] * entries
    scripted = Scripted(*(reply(page, opc_next_page=next_page.format(number)) for number in range(60)))
    assert len(list(scripted.cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))) == found
    assert len(scripted.requests) == pages


def test_of_a_work_requests_errors_stay_code_and_message() -> None:
    long = {"code": 7, "message": "M" * 5000}
    cloud = answering(reply([{"code": "C", "message": "M", "timestamp": "T"}, [], long]))
    assert cloud.work_request_errors(WORK_REQUEST_ID) == [
        {"code": "C", "message": "M"},
        {"code": "", "message": "M" * 4096},
    ]


# --- Notifications


def test_a_message_id_is_what_publishing_gives() -> None:
    cloud = answering(reply({"messageId": "message-1", "timeStamp": "2026-01-31T12:00:00Z"}))
    assert cloud.publish("title", "body") == "message-1"


@pytest.mark.parametrize("document", [{}, {"messageId": None}, {"messageId": ""}, {"messageId": 1}])
def test_publishing_without_a_message_id_is_no_answer(document: object) -> None:
    with pytest.raises(NoAnswer, match="without a message id"):
        answering(reply(document)).publish("title", "body")


# --- Refusals


@pytest.mark.parametrize("status", [400, 404, 409, 412, 429, 500, 501, 503])
def test_a_refusal_keeps_its_status_code_message_and_request_id(status: int) -> None:
    error = refused({"code": "ItsCode", "message": "Its message."}, status, opc_request_id="request-1")
    assert (error.status, error.answered, error.code) == (status, status, "ItsCode")
    assert (error.message, error.request_id) == ("Its message.", "request-1")
    assert (error.retry_after, error.headers) == (None, {})


@pytest.mark.parametrize(
    ("header", "passed_on", "seconds"),
    [
        ("17", "17", 17.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", "soon", None),
        ("0" * 64 + "7", None, 7.0),
    ],
)
def test_the_pause_that_a_refusal_asks_for_is_kept_and_passed_on(
    header: str, passed_on: str | None, seconds: float | None
) -> None:
    error = refused({"code": "TooManyRequests", "message": "x"}, 429, retry_after=header)
    assert error.headers == ({"retry-after": passed_on} if passed_on else {})
    assert error.retry_after == seconds


@pytest.mark.parametrize("page", [*NO_JSON, b'{"error": "x"}', b"[1]", b'"text"', b"null"])
def test_a_page_that_is_no_error_of_the_api_is_a_refusal_without_its_text(page: bytes) -> None:
    error = refused(page, 503)
    assert (error.status, error.code) == (503, "ServiceUnavailable")
    assert error.message == "Compute answered 503 without saying why."


@pytest.mark.parametrize("code", [None, 7, {}, "", "C" * 129, "C" * 70_000, "C\n", "Café", "\ud83d"])
def test_a_code_that_is_none_is_named_for_the_status(code: object) -> None:
    error = refused({"code": code, "message": "Its message."}, 404)
    assert (error.status, error.code, error.message) == (404, "NotFound", "Its message.")


ODD, SHOWN = "half \ud83d of it, whole \U0001f600", "half ? of it, whole \U0001f600"
UNSAID = "Compute answered 400 without saying why."


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        *((nothing, UNSAID) for nothing in (None, 7, [], "")),
        pytest.param(ODD + "x" * 70_000, SHOWN + "x" * (4096 - len(SHOWN)), id="odd and long"),
    ],
)
def test_a_message_is_shortened_and_can_be_printed_and_one_that_is_none_is_replaced(
    message: object, kept: str
) -> None:
    error = refused({"code": "C" * 128, "message": message}, 400)
    assert (error.code, error.message) == ("C" * 128, kept)


def test_a_message_that_is_no_utf_8_does_not_hide_the_code() -> None:
    error = refused(b'{"code": "C", "message": "caf\xe9"}', 400)
    assert (error.code, error.message) == ("C", "caf\ufffd")


def test_a_refusal_that_breaks_off_is_no_answer() -> None:
    # Its code may be the one that tells that the export was accepted before.
    with pytest.raises(NoAnswer):
        answering(Response(409, {}, None)).get_image(IMAGE_ID)
