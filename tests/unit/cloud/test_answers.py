"""What services answer, read as it is on the wire; and what is no answer of theirs."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.work_requests import WorkRequests
from handlers.errors import NoAnswer
from tests.fakes import COMPARTMENT_ID, IMAGE_ID, TOPIC_ID
from tests.unit.cloud.loopback import Loopback, Reply

WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.iad.aaaa"
RETRY_TOKEN = "retry-token-1"  # noqa: S105  # no secret
IMAGE = {"id": IMAGE_ID, "launchMode": "A_MODE_OF_TOMORROW", "imageVolumeDetails": {"x": [1.50, None]}}
Calling = Callable[[Loopback, Any], Any]


def far() -> float:
    return time.monotonic() + 60


def export_image(server: Loopback, signer: Any) -> Any:
    return Compute(signer, server.endpoint).export_image(
        IMAGE_ID, {}, retry_token=RETRY_TOKEN, if_match=None, until=far()
    )


def get_image(server: Loopback, signer: Any) -> Any:
    return Compute(signer, server.endpoint).get_image(IMAGE_ID, until=far())


def get_work_request(server: Loopback, signer: Any) -> Any:
    return WorkRequests(signer, server.endpoint).get(WORK_REQUEST_ID, until=far())


def list_work_requests(server: Loopback, signer: Any) -> Any:
    return WorkRequests(signer, server.endpoint).of_resource(COMPARTMENT_ID, IMAGE_ID, until=far())


def list_errors(server: Loopback, signer: Any) -> Any:
    return WorkRequests(signer, server.endpoint).errors(WORK_REQUEST_ID, until=far())


def list_logs(server: Loopback, signer: Any) -> Any:
    return WorkRequests(signer, server.endpoint).logs(WORK_REQUEST_ID, until=far())


def publish(server: Loopback, signer: Any) -> Any:
    return Notifications(signer, server.endpoint, TOPIC_ID).publish("title", "body", until=far())


def test_an_image_keeps_every_field_and_its_spelling(server: Loopback, signer: Any) -> None:
    spelt = json.dumps(IMAGE, indent=7).encode()
    server.reply(Reply(spelt, headers={"etag": "e", "OPC-Work-Request-Id": "w", "opc-request-id": "r"}))
    answer = export_image(server, signer)
    assert (answer.document, answer.body) == (IMAGE, spelt)
    assert (answer.etag, answer.work_request_id, answer.request_id) == ("e", "w", "r")
    assert answer.retry_after is None


def test_the_pause_that_a_service_asks_for_is_in_the_answer(server: Loopback, signer: Any) -> None:
    server.reply(Reply({"id": WORK_REQUEST_ID}, headers={"Retry-After": "5"}))
    assert get_work_request(server, signer).retry_after == 5.0


def test_a_message_id_is_what_publishing_gives(server: Loopback, signer: Any) -> None:
    server.reply(Reply({"messageId": "message-1", "timeStamp": "2026-01-31T12:00:00Z"}))
    assert publish(server, signer) == "message-1"


@pytest.mark.parametrize("document", [{}, {"messageId": None}, {"messageId": ""}, {"messageId": 1}, []])
def test_publishing_without_a_message_id_is_no_answer(
    document: object, server: Loopback, signer: Any
) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer, match="Notifications answered without a message id"):
        publish(server, signer)


@pytest.mark.parametrize("call", [export_image, get_image, get_work_request])
@pytest.mark.parametrize("document", [[], "image", None, 7])
def test_a_success_that_is_no_object_is_no_answer(
    call: Calling, document: object, server: Loopback, signer: Any
) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer, match="answered with something other than"):
        call(server, signer)


@pytest.mark.parametrize(
    "call", [export_image, get_image, get_work_request, list_work_requests, list_errors, list_logs, publish]
)
@pytest.mark.parametrize("body", [b"", b"<html>welcome</html>", b'{"id":', b"\xff\xfe", b"NaN", b"[" * 2000])
def test_a_success_that_is_no_json_is_no_answer(
    call: Calling, body: bytes, server: Loopback, signer: Any
) -> None:
    server.reply(Reply(body, headers={"content-type": "text/html"}))
    with pytest.raises(NoAnswer, match="gave no usable answer") as raised:
        call(server, signer)
    assert "welcome" not in raised.value.message


@pytest.mark.parametrize("call", [list_work_requests, list_errors, list_logs])
def test_all_pages_of_a_list_are_one(call: Calling, server: Loopback, signer: Any) -> None:
    server.reply(
        Reply([{"n": 1}, {"n": 2}], headers={"opc-next-page": "page/2?&"}),
        Reply([], headers={"opc-next-page": "page-3"}),
        Reply([{"n": 3}], headers={"opc-request-id": "r"}),
    )
    answer = call(server, signer)
    assert answer.document == json.loads(answer.body) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert "opc-next-page" not in answer.headers
    assert answer.request_id == "r"
    first, second, third = (request.target for request in server.requests)
    assert "page=" not in first
    assert second.endswith("page=page%2F2%3F%26")
    assert third.endswith("page=page-3")


def test_the_query_is_the_same_for_every_page(server: Loopback, signer: Any) -> None:
    server.reply(Reply([{}], headers={"opc-next-page": "2"}))
    server.reply(Reply([{}]))
    list_work_requests(server, signer)
    assert all(f"resourceId={IMAGE_ID}" in request.target for request in server.requests)
    assert all(f"compartmentId={COMPARTMENT_ID}" in request.target for request in server.requests)


@pytest.mark.parametrize("call", [list_work_requests, list_errors, list_logs])
@pytest.mark.parametrize("document", [{"items": []}, {}, "list", None])
def test_a_list_that_is_none_is_no_answer(
    call: Calling, document: object, server: Loopback, signer: Any
) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer, match="something other than a list"):
        call(server, signer)


def test_a_later_page_that_is_no_list_is_no_answer(server: Loopback, signer: Any) -> None:
    server.reply(Reply([{}], headers={"opc-next-page": "2"}), Reply({"items": []}))
    with pytest.raises(NoAnswer, match="something other than a list"):
        list_errors(server, signer)
