"""One invocation as the platform made it, whatever headers a client sent along.

The FDK merges the headers of a gateway's client into the platform's, under the same names, so that a client
can set or double any of them. (FDK, headers.decap_headers) Here they are taken apart again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol
from uuid import uuid4

from handlers.errors import Refused
from handlers.triggers import body

_INTENT, _GATEWAY_INTENT = "fn-intent", "httprequest"
_LONGEST_REQUEST_ID = 98


class Context(Protocol):
    """The part of the FDK's InvokeContext that is used."""

    def CallID(self) -> str | None: ...  # noqa: N802  # the FDK's names
    def FnID(self) -> str | None: ...  # noqa: N802
    def Deadline(self) -> str: ...  # noqa: N802
    def Method(self) -> str | None: ...  # noqa: N802
    def RequestURL(self) -> str | None: ...  # noqa: N802
    def Headers(self) -> dict[str, Any]: ...  # noqa: N802
    def HTTPHeaders(self) -> dict[str, Any]: ...  # noqa: N802


@dataclass(frozen=True)
class Invocation:
    """``headers``: those of the gateway's client, or of a direct call."""

    is_gateway: bool
    is_detached: bool
    call_id: str
    function_id: str
    deadline: str
    method: str
    url: str
    headers: Mapping[str, Any]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """A header's value; a repeated one's values joined as HTTP does."""
        value = self.headers.get(name)
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    @cached_property
    def document(self) -> dict[str, Any]:
        """The body, a JSON object. Raises CannotParse or TooLarge."""
        return body.parse(self.body)

    @property
    def is_event(self) -> bool:
        """Whether the body is an event of OCI Events, whoever delivered it."""
        try:
            return "eventType" in self.document and "cloudEventsVersion" in self.document
        except Refused:
            return False

    @property
    def is_unread(self) -> bool:
        """Whether nobody reads the reply, so that a failure has to show otherwise."""
        return not self.is_gateway and (self.is_detached or self.is_event)

    @property
    def request_id(self) -> str:
        """The opc-request-id of a reply that no service gave one: the caller's, else the call id."""
        given = self.header("opc-request-id")
        if given and len(given) <= _LONGEST_REQUEST_ID and given.isascii() and given.isprintable():
            return given
        return self.call_id


def read(context: Context, data: BytesIO | None) -> Invocation:
    """Takes the FDK's context apart. Puts the platform's intent back, which the FDK's reply depends on."""
    merged, from_client = context.Headers(), context.HTTPHeaders()
    # Only the gateway's calls have client headers; a client can change the merged intent, but not that.
    is_gateway = bool(from_client) or merged.get(_INTENT) == _GATEWAY_INTENT
    if is_gateway:
        merged[_INTENT] = _GATEWAY_INTENT
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
    )


def _with_content_type(from_client: Mapping[str, Any], merged: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gateways may hand the content type over under its own name only."""
    if "content-type" in from_client or "content-type" not in merged:
        return from_client
    return {**from_client, "content-type": merged["content-type"]}
