"""An invocation is what the platform made of it, whatever a client sent along; its body is read strictly."""

from io import BytesIO
from typing import Any

import pytest
from fdk.context import InvokeContext, TracingContext

from handlers.errors import CannotParse, TooLarge
from handlers.triggers.invocation import read
from tests import events
from tests.fakes import CALL_ID
from tests.unit.examples import invocation

PLATFORM = {
    "fn-call-id": CALL_ID,
    "fn-deadline": "2026-01-31T12:02:00Z",
    "fn-invoke-type": "sync",
    "content-type": "application/json",
}
GATEWAY = {**PLATFORM, "fn-intent": "httprequest"}
# What a client of the gateway would like the function to believe.
SPOOFED = {
    "fn-http-h-fn-intent": "cloudevent",
    "fn-http-h-fn-deadline": "2099-01-01T00:00:00Z",
    "fn-http-h-fn-call-id": "another-call",
    "fn-http-h-fn-invoke-type": "detached",
    "fn-http-h-oci-subject-id": "ocid1.user.oc1..somebodyelse",
}
ORDERS = pytest.mark.parametrize("order", ["platform first", "client first"])


def context(headers: dict[str, str], call_id: str | None = CALL_ID, **more: Any) -> InvokeContext:
    """The FDK's own context, as it makes it of these headers."""
    return InvokeContext(
        None,
        None,
        "ocid1.fnfunc.oc1..function",
        None,
        call_id,
        deadline=headers.get("fn-deadline"),
        headers=headers,
        request_url="/prefix/openapi.json",
        method="GET",
        **more,
    )


def spoofed(order: str) -> dict[str, str]:
    return {**SPOOFED, **GATEWAY} if order == "client first" else {**GATEWAY, **SPOOFED}


def test_a_call_of_the_gateway_is_known_by_its_intent() -> None:
    call = read(context(GATEWAY), BytesIO(b"{}"))
    assert call.is_gateway
    assert (call.method, call.url, call.body) == ("GET", "/prefix/openapi.json", b"{}")
    assert call.function_id == "ocid1.fnfunc.oc1..function"


def test_a_caller_that_does_not_wait_is_known_by_its_invoke_type() -> None:
    assert read(context({**PLATFORM, "fn-invoke-type": "detached"}), None).is_detached
    assert not read(context(PLATFORM), None).is_detached


@ORDERS
def test_headers_of_the_platform_that_a_client_sends_change_nothing(order: str) -> None:
    call = read(context(spoofed(order)), None)
    assert call.is_gateway
    assert not call.is_detached
    assert (call.deadline, call.call_id) == ("2026-01-31T12:02:00Z", CALL_ID)


@ORDERS
def test_the_platforms_intent_is_put_back_for_the_fdks_reply(order: str) -> None:
    seen = context(spoofed(order))
    assert seen.Headers()["fn-intent"] != "httprequest"
    read(seen, None)
    assert seen.Headers()["fn-intent"] == "httprequest"


def test_headers_for_a_gateways_client_mean_nothing_in_another_call() -> None:
    call = read(context({**PLATFORM, **SPOOFED}), None)
    assert not call.is_gateway
    assert not call.is_detached


def test_only_the_clients_headers_count_in_a_gateways_call() -> None:
    headers = {**GATEWAY, "opc-request-id": "the-gateways", "if-match": "the-gateways"}
    call = read(context({**headers, "fn-http-h-if-match": "the-clients"}), None)
    assert call.header("if-match") == "the-clients"
    assert call.request_id == CALL_ID


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        (GATEWAY, "application/json"),
        ({**GATEWAY, "content-type": "text/xml", "fn-http-h-content-type": "a/b"}, "a/b"),
        ({"fn-intent": "httprequest"}, None),
    ],
)
def test_the_content_type_is_found_wherever_the_gateway_puts_it(
    headers: dict[str, str], content_type: str | None
) -> None:
    assert read(context(headers), None).header("content-type") == content_type


def test_two_calls_without_a_call_id_do_not_look_alike() -> None:
    first, second = (read(context(PLATFORM, call_id=None), None) for _ in range(2))
    assert first.call_id
    assert first.call_id != second.call_id


def test_the_trace_is_the_platforms_where_tracing_is_on() -> None:
    tracing = TracingContext(True, "http://collector", "the-trace", "span", "parent", "1", "0")
    assert read(context(PLATFORM, tracing_context=tracing), None).trace_id == "the-trace"
    assert read(context(PLATFORM), None).trace_id is None


def test_a_header_is_without_the_white_space_around_it_and_a_repeated_one_joined() -> None:
    call = invocation(headers={"if-match": ["a", "b"], "etag": " \tc\t "})
    assert (call.header("if-match"), call.header("etag"), call.header("accept")) == ("a, b", "c", None)


@pytest.mark.parametrize(
    ("given", "back", "on"),
    [
        ("a", "a", "a"),
        ("x" * 98, "x" * 98, "x" * 98),
        ("With_-09", "With_-09", "With_-09"),
        ("with space/and-more", "with space/and-more", None),
        ("x" * 99, CALL_ID, None),
        ("größer", CALL_ID, None),
        ("a\tb", CALL_ID, None),
        ("a\r\nb", CALL_ID, None),
        ("", CALL_ID, None),
        (None, CALL_ID, None),
    ],
)
def test_a_callers_request_id_is_given_back_if_printable_and_sent_on_if_plain(
    given: str | None, back: str, on: str | None
) -> None:
    call = invocation(headers={} if given is None else {"opc-request-id": given})
    assert (call.request_id, call.request_id_to_send, call.client_request_id) == (back, on, given)


def test_an_object_in_utf_8_is_read() -> None:
    assert invocation('{"name": "größer"}'.encode()).document == {"name": "größer"}


def filled(size: int, start: bytes = b'{"a":"') -> bytes:
    """A JSON object of that many bytes."""
    return start + b"x" * (size - len(start) - 2) + b'"}'


KIB, MIB = 1024, 1024 * 1024
EVENT = events.read("createimage.end")
KEYS = b'"eventType":"x","cloudEventsVersion":"0.1",'


def test_a_request_has_at_most_64_kib() -> None:
    assert invocation(filled(64 * KIB)).document
    with pytest.raises(TooLarge, match="65536 bytes") as refused:
        _ = invocation(filled(64 * KIB + 1)).document
    assert (refused.value.status, refused.value.code) == (413, "RequestEntityTooLarge")


def test_an_event_has_at_most_1_mib_and_may_begin_with_a_byte_order_mark() -> None:
    start = b"{" + KEYS + b'"a":"'
    assert invocation(filled(MIB, start)).event
    assert invocation(b"\xef\xbb\xbf" + EVENT).event == events.load("createimage.end")
    with pytest.raises(TooLarge, match="1048576 bytes"):
        _ = invocation(filled(MIB + 1, start)).event


UNREADABLE = [
    pytest.param(b"", "not JSON", id="nothing"),
    pytest.param(b"{", "not JSON", id="cut off"),
    pytest.param(b"name=web", "not JSON", id="a form"),
    pytest.param('{"name": "größer"}'.encode("latin-1"), "not JSON", id="Latin-1"),
    pytest.param('{"name": "web"}'.encode("utf-16"), "not JSON", id="UTF-16"),
    pytest.param(b'\xef\xbb\xbf{"name": "web"}', "byte order mark", id="a byte order mark"),
    pytest.param(b'{"size": NaN}', "not JSON", id="NaN"),
    pytest.param(b'{"size": -Infinity}', "not JSON", id="infinity"),
    pytest.param(b'{"name": "\\ud800"}', "not JSON", id="half a surrogate pair"),
    pytest.param(b'{"name": "web",}', "not JSON", id="a trailing comma"),
    pytest.param(b'{"name": "a\nb"}', "not JSON", id="a raw line break in a text"),
    pytest.param(b'{"name": "web"} {}', "not JSON", id="two documents"),
    pytest.param(b'{"a":' * 3000 + b"1" + b"}" * 3000, "not JSON", id="nesting without end"),
    pytest.param(b'{"a": 1, "a": 1}', "more than once", id="a repeated key"),
    pytest.param(b'{"b": [{"a": 1, "\\u0061": 2}]}', "more than once", id="a repeated key, further in"),
    *(pytest.param(text, "not a JSON object", id=str(text)) for text in (b"[]", b"null", b'"x"', b"1")),
]


@pytest.mark.parametrize(("body", "why"), UNREADABLE)
def test_what_two_readers_could_understand_differently_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(CannotParse, match=why) as refused:
        _ = invocation(body).document
    assert (refused.value.status, refused.value.code) == (400, "CannotParseRequest")


def test_nesting_that_one_of_the_readers_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # How deep that is differs between versions of Python.
    def gives_up(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("json.loads", gives_up)
    with pytest.raises(CannotParse, match="nested too deeply"):
        _ = invocation(b"{}").document


def test_a_refusal_repeats_nothing_of_the_body() -> None:
    with pytest.raises(CannotParse) as refused:
        _ = invocation(b'{"token": "my-secret", oops}').document
    assert "my-secret" not in refused.value.message
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(EVENT, id="a created image"),
        pytest.param(events.read("object-created"), id="another kind"),
        pytest.param(b'{"eventT\\u0079pe": "x", "cloudEventsVersion": "0.1"}', id="escaped keys"),
        pytest.param(b"\xef\xbb\xbf" + EVENT, id="a byte order mark"),
        pytest.param(filled(66 * KIB, b"{" + KEYS + b'"a":"'), id="66 KiB"),
        pytest.param(filled(MIB + 1, b"{" + KEYS + b'"a":"'), id="unreadable: over 1 MiB"),
        pytest.param(b"{" + KEYS + b'"a": "\\ud800"}', id="unreadable: half an emoji"),
        pytest.param(b"{" + KEYS + b'"a": 1, "a": 2}', id="unreadable: a repeated key"),
        pytest.param(b"{" + KEYS + '"a": "größer"}'.encode("latin-1"), id="unreadable: Latin-1"),
        pytest.param(b"[{" + KEYS + b'"a": 1}]', id="unreadable: a list"),
        pytest.param(b"{" + KEYS, id="unreadable: cut off"),
    ],
)
def test_an_event_is_known_by_its_body_also_one_that_cannot_be_read(body: bytes) -> None:
    assert invocation(body).is_event


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"eventType": "com.oraclecloud.computeapi.createimage.end"}, id="no version"),
        pytest.param({"cloudEventsVersion": "0.1"}, id="no type"),
        pytest.param({"data": {"eventType": "x", "cloudEventsVersion": "0.1"}}, id="further in"),
        pytest.param(b"eventType", id="one word, and no JSON"),
        pytest.param(events.load("direct"), id="a direct call"),
        pytest.param(filled(66 * KIB), id="a large call"),
    ],
)
def test_anything_else_is_no_event(body: object) -> None:
    assert not invocation(body).is_event
    assert not invocation(EVENT, is_gateway=True).is_event
