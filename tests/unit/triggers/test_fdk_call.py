"""A call is what the platform made of it, whatever a client sent along; its body is read strictly."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fdk.context import InvokeContext

from handlers.errors import CannotParse, TooLarge
from handlers.triggers.fdk_call import Call
from tests import events
from tests.unit.world import CALL_ID

GATEWAY = {"fn-intent": "httprequest"}
KIB, MIB = 1024, 1024 * 1024
MARK = b"\xef\xbb\xbf"
EVENT = events.read("createimage.end")
KEYS = b'"eventType":"x","cloudEventsVersion":"0.1",'


def context(headers: dict[str, Any], call_id: str | None = CALL_ID) -> InvokeContext:
    """The FDK's own, as it makes it of these headers."""
    return InvokeContext(None, None, None, None, call_id, headers=headers)


def call(body: bytes = b"", **headers: Any) -> Call:
    """A direct call; in a header's name, an underscore is a hyphen."""
    return Call(context({name.replace("_", "-"): value for name, value in headers.items()}), BytesIO(body))


# What a client may spoof is tried in tests/security.
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
    assert Call(context({**GATEWAY, **headers}), None).header(name) == value


def test_two_calls_without_a_call_id_do_not_look_alike() -> None:
    first, second = (Call(context({}, call_id=None), None) for _ in range(2))
    assert first.call_id
    assert first.call_id != second.call_id


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


@pytest.mark.parametrize(
    ("read", "most"),
    [(lambda made: made.document, 64 * KIB), (lambda made: made.event, MIB)],
    ids=["a request", "an event"],
)
def test_a_request_has_at_most_64_kib_and_an_event_1_mib(read: Callable[[Call], Any], most: int) -> None:
    assert read(call(filled(most)))
    with pytest.raises(TooLarge, match=f"{most} bytes"):
        read(call(filled(most + 1)))


BREAKS = "The body is not JSON in UTF-8: it breaks at line {}, column {}."


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b" \n", "The body is missing.", id="nothing"),
        pytest.param(b'{\n "name": web}', BREAKS.format(2, 10), id="a word without quotes"),
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
    # In a direct call, headers for a gateway's client mean nothing.
    assert call(body, fn_http_h_fn_intent="httprequest").is_event
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
