"""A reply becomes the FDK's response: nothing is lost on the way, and no secret gets out."""

import json

import pytest
from fdk.context import InvokeContext
from fdk.response import Response

from handlers import redaction
from handlers.triggers.reply import JSON, Reply
from handlers.triggers.respond import respond
from tests.fakes import PAR_TOKEN

SECRET_URL = f"https://objectstorage.example.com/p/{PAR_TOKEN}/n/a/b/c/o/d"


def responded(reply: Reply, *, is_gateway: bool = True) -> Response:
    headers = {"fn-intent": "httprequest"} if is_gateway else {}
    return respond(InvokeContext(None, None, None, None, None, headers=headers), reply)


def test_a_services_own_spelling_of_the_body_is_kept() -> None:
    spelt = b'{ "size": 1.50, "name": "gr\\u00f6\\u00dfer" }'
    assert responded(Reply(200, json.loads(spelt), JSON, spelt)).body_bytes() == spelt


def test_a_document_of_our_own_is_written_as_json() -> None:
    response = responded(Reply(404, {"code": "NotFound"}, JSON))
    assert (response.status(), response.body_bytes()) == (404, b'{"code":"NotFound"}')


def test_status_and_headers_reach_the_gateway() -> None:
    headers = responded(Reply(409, {}, {**JSON, "opc-request-id": "r"})).context().GetResponseHeaders()
    assert headers["fn-http-status"] == "409"
    assert headers["fn-http-h-opc-request-id"] == "r"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("document", [{"message": SECRET_URL}, {SECRET_URL: [{"deep": SECRET_URL}]}])
def test_a_secret_in_a_body_is_masked_also_where_a_service_spelt_it(document: dict[str, object]) -> None:
    for body in (None, json.dumps(document).encode()):
        sent = responded(Reply(400, document, JSON, body)).body_bytes()
        assert PAR_TOKEN.encode() not in sent
        assert b"/p/***/n/" in sent


def test_a_secret_in_a_header_is_masked() -> None:
    headers = responded(Reply(200, {}, {**JSON, "etag": SECRET_URL})).context().GetResponseHeaders()
    assert PAR_TOKEN not in str(headers)


def test_a_secret_of_this_invocation_is_masked_wherever_it_stands() -> None:
    redaction.learn("LearnedSecret")
    assert b"LearnedSecret" not in responded(Reply(200, {"x": "aLearnedSecretb"}, JSON)).body_bytes()


def test_the_headers_that_all_replies_share_stay_as_they_are() -> None:
    responded(Reply(200, {}, JSON))
    assert JSON == {"content-type": "application/json"}


def test_a_body_is_in_no_repr() -> None:
    assert "planted" not in repr(Reply(200, {}, JSON, b"planted"))
