"""A call is what the platform made of it, whatever a client sent along; its body is read strictly."""

import json
from io import BytesIO
from typing import Any

import pytest
from fdk.context import InvokeContext, TracingContext

from handlers.errors import CannotParse, ExportError, MethodNotAllowed, ServiceRefusal, TooLarge
from handlers.triggers.fdk_call import JSON, Call, Reply, error_reply, respond
from tests import events
from tests.unit.world import CALL_ID, World

PLATFORM = {
    "fn-call-id": CALL_ID,
    "fn-deadline": "2026-01-31T12:02:00Z",
    "fn-invoke-type": "sync",
    "content-type": "application/json",
}
GATEWAY = {**PLATFORM, "fn-intent": "httprequest"}
KIB, MIB = 1024, 1024 * 1024
MARK = b"\xef\xbb\xbf"
EVENT = events.read("createimage.end")
KEYS = b'"eventType":"x","cloudEventsVersion":"0.1",'


def context(headers: dict[str, Any], call_id: str | None = CALL_ID, **more: Any) -> InvokeContext:
    """The FDK's own, as it makes it of these headers."""
    deadline = headers.get("fn-deadline")
    return InvokeContext(None, None, None, None, call_id, deadline=deadline, headers=headers, **more)


def call(body: bytes = b"", **headers: Any) -> Call:
    """A direct call; in a header's name, an underscore is a hyphen."""
    return Call(context({name.replace("_", "-"): value for name, value in headers.items()}), BytesIO(body))


# What else a client may spoof is tried in tests/security.
def test_a_gateways_call_is_known_whatever_intent_its_client_sends() -> None:
    seen = context({**GATEWAY, "fn-http-h-fn-intent": "cloudevent"})
    assert seen.Headers()["fn-intent"] != "httprequest"
    assert Call(seen, None).is_gateway
    # The FDK's reply depends on it.
    assert seen.Headers()["fn-intent"] == "httprequest"
    # In another call, headers for a gateway's client mean nothing.
    assert not Call(context({**PLATFORM, "fn-http-h-fn-intent": "httprequest"}), None).is_gateway


@pytest.mark.parametrize(
    ("headers", "name", "value"),
    [
        ({"if-match": "the-gateways", "fn-http-h-if-match": "the-clients"}, "if-match", "the-clients"),
        ({"opc-request-id": "the-gateways"}, "opc-request-id", None),
        ({"content-type": "text/xml", "fn-http-h-content-type": "a/b"}, "content-type", "a/b"),
        ({"content-type": "a/b"}, "content-type", "a/b"),
        ({}, "content-type", None),
    ],
)
def test_of_a_gateways_call_the_clients_headers_count_and_the_content_type_wherever_it_is(
    headers: dict[str, str], name: str, value: str | None
) -> None:
    assert Call(context({"fn-intent": "httprequest", **headers}), None).header(name) == value


def test_two_calls_without_a_call_id_do_not_look_alike() -> None:
    first, second = (Call(context(PLATFORM, call_id=None), None) for _ in range(2))
    assert first.call_id
    assert first.call_id != second.call_id


def test_the_trace_is_the_platforms_where_tracing_is_on() -> None:
    tracing = TracingContext(True, "http://collector", "the-trace", "span", "parent", "1", "0")
    assert Call(context(PLATFORM, tracing_context=tracing), None).trace_id == "the-trace"
    assert call().trace_id is None


def test_a_header_is_without_the_white_space_around_it_and_a_repeated_one_joined() -> None:
    made = call(if_match=["a ", "b"], etag=" \tc\t ")
    assert (made.header("if-match"), made.header("etag"), made.header("accept")) == ("a, b", "c", None)


@pytest.mark.parametrize(
    ("given", "back", "on"),
    [
        ("x" * 98, "x" * 98, "x" * 98),
        ("With_-09", "With_-09", "With_-09"),
        ("with space/and-more", "with space/and-more", None),
        *((odd, CALL_ID, None) for odd in ("x" * 99, "größer", "a\tb", "a\r\nb", "")),
    ],
)
def test_a_callers_request_id_is_given_back_if_printable_and_sent_on_if_plain(
    given: str, back: str, on: str | None
) -> None:
    made = call(opc_request_id=given)
    assert (made.request_id, made.request_id_to_send, made.client_request_id) == (back, on, given)


def filled(size: int, start: bytes = b'{"a":"') -> bytes:
    """A JSON object of that many bytes."""
    return start + b"x" * (size - len(start) - 2) + b'"}'


def test_a_request_has_at_most_64_kib() -> None:
    assert call(filled(64 * KIB)).document
    with pytest.raises(TooLarge, match="65536 bytes"):
        _ = call(filled(64 * KIB + 1)).document


def test_an_event_has_at_most_1_mib_and_may_begin_with_a_byte_order_mark() -> None:
    start = b"{" + KEYS + b'"a":"'
    assert call(filled(MIB, start)).event
    assert call(MARK + EVENT).event == events.load("createimage.end")
    with pytest.raises(TooLarge, match="1048576 bytes"):
        _ = call(filled(MIB + 1, start)).event


BREAKS = "The body is not JSON in UTF-8: it breaks at line {}, column {}."


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b" \n", "The body is missing.", id="nothing"),
        pytest.param(b'{\n "name": web}', BREAKS.format(2, 10), id="a word without quotes"),
        pytest.param(b'{"name": "web",}', BREAKS.format(1, 15), id="a trailing comma"),
        pytest.param(b'{"name": "web"} {}', BREAKS.format(1, 17), id="two documents"),
        pytest.param(b'{"size": NaN}', "not JSON", id="NaN"),
        pytest.param(b'{"size": ' + b"1" * 5000 + b"}", "not JSON", id="a number that one can't read"),
        pytest.param(b'{"name": "a\nb"}', "not JSON", id="a raw line break in a text"),
        pytest.param(b'{"name": "\\ud800"}', "not JSON", id="half a surrogate pair"),
        pytest.param('{"name": "größer"}'.encode("latin-1"), "not JSON", id="Latin-1"),
        pytest.param('{"name": "web"}'.encode("utf-16"), "not JSON", id="UTF-16"),
        pytest.param(MARK + b'{"name": "web"}', "byte order mark", id="a byte order mark"),
        pytest.param(b'{"a":' * 3000 + b"1" + b"}" * 3000, "not JSON", id="nesting without end"),
        pytest.param(b'{"a": 1, "a": 1}', "more than once", id="a repeated key"),
        pytest.param(b'{"b": [{"a": 1, "\\u0061": 2}]}', "more than once", id="a repeated key, further in"),
        *(pytest.param(text, "not a JSON object", id=str(text)) for text in (b"[]", b"null", b'"x"')),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(CannotParse, match=why.replace(".", r"\.")) as refused:
        _ = call(body).document
    # Nothing of the body is repeated.
    assert "web" not in refused.value.message


def test_nesting_that_one_of_the_readers_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # How deep that is differs between versions of Python.
    def gives_up(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("json.loads", gives_up)
    with pytest.raises(CannotParse, match="nested too deeply"):
        _ = call(b"{}").document


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"eventT\\u0079pe": "x", "cloudEventsVersion": "0.1"}', id="escaped keys"),
        pytest.param(MARK + EVENT, id="a byte order mark"),
        pytest.param(filled(66 * KIB, b"{" + KEYS + b'"a":"'), id="66 KiB"),
        pytest.param(filled(MIB + 1, b"{" + KEYS + b'"a":"'), id="unreadable: over 1 MiB"),
        pytest.param(b"{" + KEYS + b'"a": 1, "a": 2}', id="unreadable: a repeated key"),
        pytest.param(b"[{" + KEYS + b'"a": 1}]', id="unreadable: a list"),
        pytest.param(b"{" + KEYS, id="unreadable: cut off"),
    ],
)
def test_an_event_is_known_by_its_body_also_one_that_cannot_be_read(body: bytes) -> None:
    assert call(body).is_event
    assert not Call(context(GATEWAY), BytesIO(body)).is_event


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"eventType": "com.oraclecloud.computeapi.createimage.end"}', id="no version"),
        pytest.param(b'{"cloudEventsVersion": "0.1"}', id="no type"),
        pytest.param(b'{"data": {"eventType": "x", "cloudEventsVersion": "0.1"}}', id="further in"),
        pytest.param(b"eventType", id="one word, and no JSON"),
        pytest.param(filled(66 * KIB), id="a large call"),
    ],
)
def test_anything_else_is_no_event(body: bytes) -> None:
    assert not call(body).is_event


def test_body_status_and_headers_reach_the_gateway() -> None:
    reply = Reply(409, b'{ "a": 1.50 }', {**JSON, "opc-request-id": "r"})
    response = respond(context({"fn-intent": "httprequest"}), reply)
    headers = response.context().GetResponseHeaders()
    assert response.body_bytes() == b'{ "a": 1.50 }'
    assert (headers["fn-http-status"], headers["fn-http-h-opc-request-id"]) == ("409", "r")
    assert headers["content-type"] == "application/json"


def refusal(request_id: str | None, headers: dict[str, str] | None = None) -> ServiceRefusal:
    return ServiceRefusal(429, "TooMany", "No.", service="S", request_id=request_id, headers=headers)


@pytest.mark.parametrize(
    ("error", "request_id", "headers"),
    [
        (refusal("computes-own"), "computes-own", {}),
        (refusal(None, {"retry-after": "7"}), "the-callers", {"retry-after": "7"}),
        (refusal("r\r\nx: y\u2028"), "r??x: y?", {}),
        (MethodNotAllowed("GET"), "the-callers", {"allow": "GET"}),
    ],
)
def test_an_error_has_code_message_and_the_request_id_of_the_service_or_else_the_callers(
    error: ExportError, request_id: str, headers: dict[str, str], world: World
) -> None:
    reply = error_reply(error, world.context(), call(opc_request_id="the-callers"), status=1)
    assert reply.status == error.status
    assert json.loads(reply.body) == {"status": 1, "code": error.code, "message": error.message}
    assert reply.headers == {**JSON, **headers, "opc-request-id": request_id}
