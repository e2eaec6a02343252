"""Invocations for tests of the triggers, as ``handlers.triggers.invocation.read`` makes them."""

import json
from collections.abc import Mapping
from typing import Any

from handlers.triggers.invocation import Invocation

CALL_ID = "01KG0CALLOFTHISTEST"
PREFIX = "/any/prefix"


def invocation(
    body: object = b"",
    *,
    is_gateway: bool = False,
    is_detached: bool = False,
    method: str = "",
    url: str = "",
    headers: Mapping[str, Any] | None = None,
) -> Invocation:
    """An invocation; a ``body`` that is not bytes is sent as JSON."""
    return Invocation(
        is_gateway=is_gateway,
        is_detached=is_detached,
        call_id=CALL_ID,
        function_id="",
        deadline="2026-01-31T12:02:00Z",
        method=method,
        url=url,
        headers=headers or {},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def gateway_request(
    method: str, path: str, body: object = b"", headers: Mapping[str, Any] | None = None
) -> Invocation:
    """A request of a gateway's client, under some deployment's prefix."""
    return invocation(body, is_gateway=True, method=method, url=PREFIX + path, headers=headers)
