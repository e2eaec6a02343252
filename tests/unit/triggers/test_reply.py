"""What goes back to the FDK: nothing is lost on the way, and no secret gets out."""

import json

import pytest
from fdk.context import InvokeContext
from fdk.response import Response

from handlers.errors import ExportError, MethodNotAllowed, Misconfigured, NotFound
from handlers.operations import JSON
from handlers.triggers.reply import Reply, clean_headers, error_reply, json_reply, respond
from tests.fakes import PAR_TOKEN, context, refusal

URL = f"https://objectstorage.example.com/p/{PAR_TOKEN}/n/a/b/c/o/d"


def responded(reply: Reply) -> Response:
    headers = {"fn-intent": "httprequest"}
    return respond(InvokeContext(None, None, None, None, None, headers=headers), reply)


def test_body_status_and_headers_reach_the_gateway() -> None:
    response = responded(Reply(409, b'{ "a": 1.50 }', {**JSON, "opc-request-id": "r"}))
    headers = response.context().GetResponseHeaders()
    assert response.body_bytes() == b'{ "a": 1.50 }'
    assert (headers["fn-http-status"], headers["fn-http-h-opc-request-id"]) == ("409", "r")
    assert headers["content-type"] == "application/json"


def test_a_document_of_our_own_is_written_as_json() -> None:
    reply = json_reply(404, {"code": "NotFound"}, {"allow": "GET"})
    assert (reply.status, reply.body, reply.headers) == (
        404,
        b'{"code":"NotFound"}',
        {**JSON, "allow": "GET"},
    )


@pytest.mark.parametrize(
    ("error", "request_id", "headers"),
    [
        (refusal(409, "Conflict", request_id="computes-own"), "computes-own", {}),
        (refusal(409, "Conflict"), "the-callers", {}),
        (refusal(429, "TooManyRequests", headers={"retry-after": "7"}), "the-callers", {"retry-after": "7"}),
        (NotFound("There is no such route."), "the-callers", {}),
        (MethodNotAllowed("GET"), "the-callers", {"allow": "GET"}),
        (Misconfigured("X is missing."), "the-callers", {}),
    ],
)
def test_an_error_has_code_message_and_the_request_id_of_the_service_or_else_the_callers(
    error: ExportError, request_id: str, headers: dict[str, str]
) -> None:
    reply = error_reply(error, context(), "the-callers", status=1)
    assert reply.status == error.status
    assert json.loads(reply.body) == {"status": 1, "code": error.code, "message": error.message}
    assert reply.headers == {**JSON, **headers, "opc-request-id": request_id}


def test_no_secret_is_in_an_error() -> None:
    asked = context()
    asked.redactor.hide("known-in-this-call")
    error = refusal(400, "known-in-this-call", f"No: {URL}", request_id="known-in-this-call")
    reply = error_reply(error, asked, "r")
    assert json.loads(reply.body) == {"code": "***", "message": f"No: {URL.replace(PAR_TOKEN, '***')}"}
    assert reply.headers["opc-request-id"] == "***"


def test_headers_that_others_wrote_have_no_secret_and_end_no_line() -> None:
    given = {"etag": f"e\r\nx: y\u2028{URL}", "opc-next-page": "eyJhbGciOiJub25lIn0"}
    clean = clean_headers(given, context())
    assert clean == {
        "etag": f"e??x: y?{URL.replace(PAR_TOKEN, '***')}",
        "opc-next-page": "eyJhbGciOiJub25lIn0",
    }
