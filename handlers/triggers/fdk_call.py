"""The FDK's call, taken apart, whatever headers a client sent along; and the reply that the FDK gets.

The FDK merges the headers of a gateway's client into the platform's, under the same names, so that a client
can set or double any of them. (FDK, headers.decap_headers) Here they are taken apart again.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from fdk.context import InvokeContext
from fdk.response import Response

from handlers.context import Context
from handlers.errors import CannotParse, ExportError, Refused, TooLarge

# The platform counts an invocation as failed by this status, and drops the body. (FDK,
# FN_ENFORCED_RESPONSE_CODES)
FAILED = 502
JSON = {"content-type": "application/json"}

_INTENT, _GATEWAY_INTENT = "fn-intent", "httprequest"
_LARGEST_REQUEST, _LARGEST_EVENT = 64 * 1024, 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Every event of OCI Events has both, and no other request has.
_EVENT_KEYS = ("eventType", "cloudEventsVersion")
_SENT_ON = re.compile(r"[A-Za-z0-9_-]{1,98}")
_GIVEN_BACK = re.compile(r"[ -~]{1,98}")
# A service's code or id becomes a header's value as it is, and a line's end would begin another header.
_NO_HEADER_TEXT = re.compile(r"[^ -~]")


class Call:
    """One invocation as the platform made it.

    ``headers``: of the gateway's client, or of a direct call. ``trace_id``: the platform's, if any.
    ``client_request_id``: the caller's own opc-request-id, whatever it is. ``request_id_to_send``: the same,
    if a service can make its own of it. ``request_id``: for a reply that no service gave one, the caller's if
    it is printable, else the call id.
    """

    def __init__(self, context: InvokeContext, data: BytesIO | None) -> None:
        """Puts the platform's intent back, which the FDK's reply depends on."""
        merged, from_client = context.Headers(), context.HTTPHeaders()
        # Only the gateway's calls have client headers; a client can change the merged intent, but not that.
        self.is_gateway = bool(from_client) or merged.get(_INTENT) == _GATEWAY_INTENT
        if self.is_gateway:
            merged[_INTENT] = _GATEWAY_INTENT
        # Of a direct call: a gateway waits for its reply, whatever its client says.
        self.is_detached = merged.get("fn-invoke-type") == "detached"
        # Retry tokens are made of it: without one, two calls must still not look alike.
        self.call_id = context.CallID() or uuid4().hex
        self.function_id = context.FnID() or ""
        # The FDK reads these from the platform's headers before it merges.
        self.deadline = context.Deadline()
        self.method, self.url = context.Method() or "", context.RequestURL() or ""
        self.headers: dict[str, Any] = dict(from_client) if self.is_gateway else merged
        if "content-type" in merged:
            # Gateways may hand it over under its own name only.
            self.headers.setdefault("content-type", merged["content-type"])
        self.body = data.getvalue() if data is not None else b""
        tracing = context.TracingContext()
        self.trace_id = tracing.trace_id() if tracing else None
        self.client_request_id = given = self.header("opc-request-id")
        self.request_id_to_send = given if given and _SENT_ON.fullmatch(given) else None
        self.request_id = given if given and _GIVEN_BACK.fullmatch(given) else self.call_id

    def header(self, name: str) -> str | None:
        """A header's value without surrounding white space; a repeated one's values joined as HTTP does."""
        value = self.headers.get(name)
        if isinstance(value, list):
            value = ", ".join(str(each).strip() for each in value)
        return None if value is None else str(value).strip()

    @property
    def document(self) -> dict[str, Any]:
        """The body of a request, a JSON object. Raises CannotParse or TooLarge."""
        if len(self.body) > _LARGEST_REQUEST:
            raise TooLarge(f"The body must not be longer than {_LARGEST_REQUEST} bytes.")
        if not self.body.strip():
            raise CannotParse("The body is missing.")
        if self.body.startswith(_BYTE_ORDER_MARK):
            raise CannotParse("The body begins with a byte order mark.")
        return self._parsed

    @property
    def event(self) -> dict[str, Any]:
        """The body of an event, which may be longer and begin with a byte order mark."""
        if len(self.body) > _LARGEST_EVENT:
            raise TooLarge(f"An event must not be longer than {_LARGEST_EVENT} bytes.")
        return self._parsed

    @cached_property
    def is_event(self) -> bool:
        """Whether an event of OCI Events was delivered, by whomever; also one that can't be read."""
        if self.is_gateway:
            return False
        try:
            return all(key in self.event for key in _EVENT_KEYS)
        except Refused:
            return all(key.encode() in self.body for key in _EVENT_KEYS)

    @cached_property
    def _parsed(self) -> dict[str, Any]:
        body = self.body.removeprefix(_BYTE_ORDER_MARK)
        try:
            # The strict one: no NaN, no lone surrogates, no other encodings, no bottomless nesting.
            document = orjson.loads(body)
            # It takes the last of repeated keys, though; a reader before us may have taken the first.
            json.loads(body, object_pairs_hook=_each_key_once)
        except RecursionError:
            raise CannotParse("The body is nested too deeply.") from None
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise CannotParse(f"The body is not JSON in UTF-8: it breaks at {place}.") from None
        if not isinstance(document, dict):
            raise CannotParse("The body is not a JSON object.")
        return document


class Reply(NamedTuple):
    """What goes back to the FDK: a status, a body in JSON, and headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = JSON


def json_reply(status: int, document: Any, context: Context, headers: Mapping[str, str | None] = {}) -> Reply:
    """A reply whose body is made here, without secrets."""
    return Reply(status, orjson.dumps(context.redactor.document(document)), clean_headers(headers, context))


def error_reply(error: ExportError, context: Context, call: Call, **more: Any) -> Reply:
    """An error in the API reference's form, with the refusing service's request id, or a caller's."""
    headers = {**error.headers, "opc-request-id": error.request_id or call.request_id}
    document = {**more, "code": error.code, "message": error.message}
    return json_reply(error.status, document, context, headers)


def clean_headers(headers: Mapping[str, str | None], context: Context) -> dict[str, str]:
    """Headers that others wrote, without secrets, and without what would end a header's line."""
    clean = context.redactor.document({name: value for name, value in headers.items() if value is not None})
    return {**{name: _NO_HEADER_TEXT.sub("?", value) for name, value in clean.items()}, **JSON}


def respond(context: InvokeContext, reply: Reply) -> Response:
    """The FDK's response."""
    # A fresh dict: the FDK adds its own headers to the one it gets.
    return Response(context, response_data=reply.body, headers=dict(reply.headers), status_code=reply.status)


def _each_key_once(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) != len({key for key, _ in pairs}):
        raise CannotParse("A key stands more than once in the body.")
