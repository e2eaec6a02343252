"""What goes back to the FDK."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from fdk.response import Response

from handlers.context import Context
from handlers.errors import ExportError
from handlers.operations import JSON

# The platform counts an invocation as failed by this status, and drops the body. (FDK,
# FN_ENFORCED_RESPONSE_CODES)
FAILED = 502
# A service's code or id becomes a header's value as it is, and a line's end would begin another header.
_NO_HEADER_TEXT = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, headers, and a body in JSON."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply whose body is made here."""
    return Reply(status, orjson.dumps(document), {**JSON, **(headers or {})})


def error_reply(error: ExportError, context: Context, request_id: str, **more: Any) -> Reply:
    """An error in the API reference's form. ``request_id``: the one to give where no service gave any."""
    document = {**more, "code": context.shown_code(error), "message": context.shown_message(error)}
    headers = {**error.headers, "opc-request-id": error.request_id or request_id}
    return json_reply(error.status, document, clean_headers(headers, context))


def clean_headers(headers: Mapping[str, str], context: Context) -> dict[str, str]:
    """Headers that others wrote, without secrets, and without what would end a header's line."""
    clean = context.redactor.document
    return {name: _NO_HEADER_TEXT.sub("?", clean(value, name)) for name, value in headers.items()}


def respond(context: Any, reply: Reply) -> Response:
    """The FDK's response."""
    # A fresh dict: the FDK adds its own headers to the one it gets.
    return Response(context, response_data=reply.body, headers=dict(reply.headers), status_code=reply.status)
