"""One invocation as the platform made it, whatever headers a client sent along.

The FDK merges the headers of a gateway's client into the platform's, under the same names, so that a client
can set or double any of them. (FDK, headers.decap_headers) Here they are taken apart again.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol
from uuid import uuid4

import orjson

from handlers.errors import CannotParse, Refused, TooLarge

_INTENT, _GATEWAY_INTENT = "fn-intent", "httprequest"
_LARGEST_REQUEST, _LARGEST_EVENT = 64 * 1024, 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Every event of OCI Events has both, and no other request has.
_EVENT_KEYS = ("eventType", "cloudEventsVersion")
_SENT_ON = re.compile(r"[A-Za-z0-9_-]{1,98}")
_GIVEN_BACK = re.compile(r"[ -~]{1,98}")


class TracingContext(Protocol):
    """The part of the FDK's TracingContext that is used: None where tracing is switched off."""

    def trace_id(self) -> str | None: ...


class FdkContext(Protocol):
    """The part of the FDK's InvokeContext that is used."""

    def CallID(self) -> str | None: ...  # noqa: N802  # the FDK's names
    def FnID(self) -> str | None: ...  # noqa: N802
    def Deadline(self) -> str: ...  # noqa: N802
    def Method(self) -> str | None: ...  # noqa: N802
    def RequestURL(self) -> str | None: ...  # noqa: N802
    def Headers(self) -> dict[str, Any]: ...  # noqa: N802
    def HTTPHeaders(self) -> dict[str, Any]: ...  # noqa: N802
    def TracingContext(self) -> TracingContext | None: ...  # noqa: N802


@dataclass(frozen=True)
class Invocation:
    """``headers``: of the gateway's client, or of a direct call. ``trace_id``: the platform's, if any."""

    is_gateway: bool
    is_detached: bool
    call_id: str
    function_id: str
    deadline: str
    method: str
    url: str
    headers: Mapping[str, Any]
    body: bytes = field(repr=False)
    trace_id: str | None = None

    def header(self, name: str) -> str | None:
        """A header's value without surrounding white space; a repeated one's values joined as HTTP does."""
        value = self.headers.get(name)
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        return None if value is None else str(value).strip(" \t")

    @property
    def document(self) -> dict[str, Any]:
        """The body of a request, a JSON object. Raises CannotParse or TooLarge."""
        if len(self.body) > _LARGEST_REQUEST:
            raise TooLarge(f"The body must not be longer than {_LARGEST_REQUEST} bytes.")
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

    @property
    def client_request_id(self) -> str | None:
        """The caller's own opc-request-id, whatever it is."""
        return self.header("opc-request-id")

    @property
    def request_id_to_send(self) -> str | None:
        """The same, if a service can make its own of it."""
        given = self.client_request_id
        return given if given and _SENT_ON.fullmatch(given) else None

    @property
    def request_id(self) -> str:
        """The opc-request-id of a reply that no service gave one: the caller's, else the call id."""
        given = self.client_request_id
        return given if given and _GIVEN_BACK.fullmatch(given) else self.call_id

    @cached_property
    def _parsed(self) -> dict[str, Any]:
        body = self.body.removeprefix(_BYTE_ORDER_MARK)
        try:
            # The strict one: no NaN, no lone surrogates, no other encodings, no bottomless nesting.
            document = orjson.loads(body)
            # It takes the last of repeated keys, though; a reader before us may have taken the first.
            json.loads(body, object_pairs_hook=_each_key_once)
        except _RepeatedKeyError:
            raise CannotParse("A key stands more than once in the body.") from None
        except RecursionError:
            raise CannotParse("The body is nested too deeply.") from None
        except ValueError:
            raise CannotParse("The body is not JSON in UTF-8.") from None
        if not isinstance(document, dict):
            raise CannotParse("The body is not a JSON object.")
        return document


def read(context: FdkContext, data: BytesIO | None) -> Invocation:
    """Takes the FDK's context apart. Puts the platform's intent back, which the FDK's reply depends on."""
    merged, from_client = context.Headers(), context.HTTPHeaders()
    # Only the gateway's calls have client headers; a client can change the merged intent, but not that.
    is_gateway = bool(from_client) or merged.get(_INTENT) == _GATEWAY_INTENT
    if is_gateway:
        merged[_INTENT] = _GATEWAY_INTENT
    tracing = context.TracingContext()
    return Invocation(
        is_gateway=is_gateway,
        # A gateway waits for its reply, whatever its client says.
        is_detached=not is_gateway and merged.get("fn-invoke-type") == "detached",
        # Retry tokens are made of it: without one, two calls must still not look alike.
        call_id=context.CallID() or uuid4().hex,
        function_id=context.FnID() or "",
        # The FDK reads these from the platform's headers before it merges.
        deadline=context.Deadline(),
        method=context.Method() or "",
        url=context.RequestURL() or "",
        headers=_with_content_type(from_client, merged) if is_gateway else merged,
        body=data.getvalue() if data is not None else b"",
        trace_id=tracing.trace_id() if tracing else None,
    )


def _with_content_type(from_client: Mapping[str, Any], merged: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gateways may hand the content type over under its own name only."""
    if "content-type" in from_client or "content-type" not in merged:
        return from_client
    return {**from_client, "content-type": merged["content-type"]}


class _RepeatedKeyError(ValueError):
    """A key stands twice in one object."""


def _each_key_once(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) != len({key for key, _ in pairs}):
        raise _RepeatedKeyError
