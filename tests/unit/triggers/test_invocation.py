"""An invocation is what the platform made of it, whatever headers a client sent along."""

from io import BytesIO

import pytest
from fdk.context import InvokeContext

from handlers.triggers.invocation import Invocation, read
from tests import events
from tests.unit.triggers.invocations import CALL_ID, invocation

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


def context(headers: dict[str, str], call_id: str | None = CALL_ID) -> InvokeContext:
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
    )


def test_a_call_of_the_gateway_is_known_by_its_intent() -> None:
    call = read(context(GATEWAY), BytesIO(b"{}"))
    assert call.is_gateway
    assert (call.method, call.url, call.body) == ("GET", "/prefix/openapi.json", b"{}")
    assert call.function_id == "ocid1.fnfunc.oc1..function"


def test_any_other_call_is_not_the_gateways() -> None:
    call = read(context(PLATFORM), None)
    assert not call.is_gateway
    assert call.body == b""


def test_a_caller_that_does_not_wait_is_known_by_its_invoke_type() -> None:
    assert read(context({**PLATFORM, "fn-invoke-type": "detached"}), None).is_detached
    assert not read(context(PLATFORM), None).is_detached


@pytest.mark.parametrize("client_first", [False, True], ids=["platform first", "client first"])
def test_headers_of_the_platform_that_a_client_sends_change_nothing(client_first: bool) -> None:
    headers = {**SPOOFED, **GATEWAY} if client_first else {**GATEWAY, **SPOOFED}
    call = read(context(headers), None)
    assert call.is_gateway
    assert not call.is_detached
    assert not call.is_unread
    assert call.deadline == "2026-01-31T12:02:00Z"
    assert call.call_id == CALL_ID


@pytest.mark.parametrize("client_first", [False, True], ids=["platform first", "client first"])
def test_the_platforms_intent_is_put_back_for_the_fdks_reply(client_first: bool) -> None:
    seen = context({**SPOOFED, **GATEWAY} if client_first else {**GATEWAY, **SPOOFED})
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


def test_the_content_type_is_found_wherever_the_gateway_puts_it() -> None:
    plain = {**GATEWAY, "content-type": "application/json"}
    assert read(context(plain), None).header("content-type") == "application/json"
    prefixed = {**GATEWAY, "content-type": "text/xml", "fn-http-h-content-type": "application/json"}
    assert read(context(prefixed), None).header("content-type") == "application/json"
    neither = {name: value for name, value in GATEWAY.items() if name != "content-type"}
    assert read(context(neither), None).header("content-type") is None


def test_two_calls_without_a_call_id_do_not_look_alike() -> None:
    first, second = (read(context(PLATFORM, call_id=None), None) for _ in range(2))
    assert first.call_id
    assert first.call_id != second.call_id


def test_a_repeated_header_is_joined_as_http_does() -> None:
    call = invocation(headers={"if-match": ["a", "b"], "etag": "c"})
    assert (call.header("if-match"), call.header("etag"), call.header("accept")) == ("a, b", "c", None)


@pytest.mark.parametrize("body", [events.read("createimage.end"), events.read("object-created")])
def test_an_event_is_known_by_its_body(body: bytes) -> None:
    assert invocation(body).is_event


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"eventType": "com.oraclecloud.computeapi.createimage.end"}, id="no version"),
        pytest.param({"cloudEventsVersion": "0.1"}, id="no type"),
        pytest.param([events.load("createimage.end")], id="in a list"),
        pytest.param(b"eventType cloudEventsVersion", id="no JSON"),
        pytest.param(events.load("direct"), id="a direct call"),
    ],
)
def test_anything_else_is_no_event(body: object) -> None:
    assert not invocation(body).is_event


EVENT = events.read("createimage.end")


@pytest.mark.parametrize(
    ("call", "unread"),
    [
        pytest.param(invocation(EVENT), True, id="an event"),
        pytest.param(invocation(EVENT, is_detached=True), True, id="a detached event"),
        pytest.param(invocation(b"{}", is_detached=True), True, id="a detached call"),
        pytest.param(invocation(b"{}"), False, id="a direct call"),
        pytest.param(invocation(b"{}", is_gateway=True), False, id="a gateway's call"),
        pytest.param(invocation(EVENT, is_gateway=True), False, id="an event sent through a gateway"),
    ],
)
def test_nobody_reads_the_reply_to_an_event_or_a_detached_call(call: Invocation, unread: bool) -> None:
    assert call.is_unread is unread


@pytest.mark.parametrize("given", ["a", "x" * 98, "with space/and-more"])
def test_the_callers_request_id_is_kept_if_it_is_printable_and_short(given: str) -> None:
    assert invocation(headers={"opc-request-id": given}).request_id == given


@pytest.mark.parametrize("given", ["", "x" * 99, "größer", "a\tb", "a\r\nb", None])
def test_otherwise_the_call_id_is_the_request_id(given: str | None) -> None:
    assert invocation(headers={"opc-request-id": given} if given is not None else {}).request_id == CALL_ID


def test_a_body_is_in_no_repr() -> None:
    assert "planted" not in repr(invocation(b'{"secret": "planted"}'))
