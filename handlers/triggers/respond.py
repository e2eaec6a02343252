"""Hands a reply to the FDK, without secrets."""

import re
from typing import Any

import orjson
from fdk.response import Response

from handlers import redaction
from handlers.triggers.reply import Reply

# The platform counts an invocation as failed by this status, and drops the body. (FDK,
# FN_ENFORCED_RESPONSE_CODES)
FAILED = 502
# A service's code or id becomes a header's value as it is, and a line's end would begin another header.
_NO_HEADER_TEXT = re.compile(r"[^ -~]")


def respond(context: Any, reply: Reply) -> Response:
    """The FDK's response. A service's own spelling of a body is kept, unless a secret was in it."""
    clean = redaction.clean(reply.document)
    body = reply.body if reply.body is not None and clean == reply.document else orjson.dumps(clean)
    # A fresh dict: the FDK adds its own headers to the one it gets.
    headers = {
        name: _NO_HEADER_TEXT.sub("?", redaction.redact(value)) for name, value in reply.headers.items()
    }
    return Response(context, response_data=body, headers=headers, status_code=reply.status)
