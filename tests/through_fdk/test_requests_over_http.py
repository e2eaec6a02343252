"""Requests over HTTP, as the gateway hands them on."""

import json

import pytest

from handlers.exports import retry_token
from tests import events
from tests.fakes import IMAGE_ID
from tests.through_fdk.conftest import CALL_ID, Deployed

EXPORT = f"/20160918/images/{IMAGE_ID}/actions/export"
BODY = events.read("gateway.tuple")


def test_the_image_is_answered_as_compute_spelt_it(deployed: Deployed) -> None:
    answered = deployed.export(IMAGE_ID)
    image = {**deployed.services.compute.images[IMAGE_ID], "lifecycleState": "EXPORTING"}
    assert answered.body == json.dumps(image).encode()
    assert answered.headers["content-type"] == "application/json"


def test_if_match_and_retry_token_are_passed_on_as_they_are(deployed: Deployed) -> None:
    headers = {"if_match": 'W/"etag 1"', "opc_retry_token": "a b-c/d="}
    deployed.export(IMAGE_ID, **headers)
    (call,) = deployed.services.calls("export_image")
    assert (call.arguments["if_match"], call.arguments["retry_token"]) == ('W/"etag 1"', "a b-c/d=")


def test_without_them_none_is_sent_and_the_token_is_the_calls(deployed: Deployed) -> None:
    deployed.export(IMAGE_ID)
    (call,) = deployed.services.calls("export_image")
    assert call.arguments["if_match"] is None
    assert call.arguments["retry_token"] == retry_token.for_call(CALL_ID)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_the_body_has_to_be_declared_as_json(content_type: str, status: int, deployed: Deployed) -> None:
    answered = deployed.http("POST", EXPORT, BODY, {"content-type": content_type})
    assert answered.status == status
    assert status == 200 or answered.json()["code"] == "UnsupportedMediaType"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "CannotParseRequest"),
        (b"[]", 400, "CannotParseRequest"),
        (b"\xff", 400, "CannotParseRequest"),
        (b'{"a":"' + b"x" * 64 * 1024 + b'"}', 413, "RequestEntityTooLarge"),
        (b"{}", 400, "MissingParameter"),
        (b'{"destinationType": "x"}', 400, "InvalidParameter"),
    ],
    ids=["empty", "a list", "no UTF-8", "too large", "missing", "wrong"],
)
def test_a_body_that_is_no_request_is_refused(
    body: bytes, status: int, code: str, deployed: Deployed
) -> None:
    answered = deployed.http("POST", EXPORT, body)
    assert (answered.status, answered.json()["code"]) == (status, code)
    assert set(answered.json()) == {"code", "message"}
    assert deployed.services.calls() == []


def test_a_wrong_method_and_a_wrong_path_are_told_apart(deployed: Deployed) -> None:
    answered = deployed.http("GET", EXPORT)
    assert (answered.status, answered.headers["allow"]) == (405, "POST")
    answered = deployed.http("POST", "/20160918/workRequests/x/errors")
    assert (answered.status, answered.headers["allow"]) == (405, "GET")
    answered = deployed.http("POST", EXPORT + "s")
    assert (answered.status, answered.json()["code"]) == (404, "NotFound")
    assert "allow" not in answered.headers


def test_the_work_request_of_anything_but_an_export_is_as_good_as_none(deployed: Deployed) -> None:
    other = deployed.services.work_requests.add(operationType="LaunchInstance")["id"]
    replies = [
        deployed.http("GET", f"/20160918/workRequests/{work_request_id}{part}")
        for work_request_id in (other, other[:-1] + "9")
        for part in ("", "/errors", "/logs")
    ]
    assert {(reply.status, reply.body) for reply in replies} == {(404, replies[0].body)}


def test_errors_and_logs_of_an_export_are_shown(deployed: Deployed) -> None:
    work_requests = deployed.services.work_requests
    work_request_id = work_requests.add()["id"]
    work_requests.its_errors[work_request_id] = [{"code": "C", "message": "M"}]
    work_requests.its_logs[work_request_id] = [{"message": "Started."}]
    path = f"/20160918/workRequests/{work_request_id}"
    assert deployed.http("GET", path + "/errors").json() == [{"code": "C", "message": "M"}]
    assert deployed.http("GET", path + "/logs").json() == [{"message": "Started."}]


@pytest.mark.parametrize(
    ("given", "answered"),
    [("mine/and-more", "mine/and-more"), ("x" * 98, "x" * 98), ("x" * 99, CALL_ID), ("größer", CALL_ID)],
)
def test_a_refusal_has_the_callers_request_id_or_the_call_id(
    given: str, answered: str, deployed: Deployed
) -> None:
    reply = deployed.http("GET", "/nowhere", headers={"opc-request-id": given})
    assert reply.headers["opc-request-id"] == answered
