"""Makes a message fit into what Notifications takes: the longest texts are shortened first, ids never."""

from collections.abc import Mapping
from typing import Any

import orjson

# PublishMessage takes 64 KiB for the request as a whole (SDK, NotificationDataPlaneClient.publish_message).
LARGEST_REQUEST = 64 * 1024
_LIMITS = (32_768, 8_192, 2_048, 512, 128)
_ELLIPSIS = "…"
_FREE_TEXTS = ("imageName", "message", "code", "etag")


def shorten_to_fit(title: str, event: Mapping[str, Any]) -> str:
    """The event in indented JSON, its free texts cut to the largest limit under which the request fits.

    With too many errors for that, only the first ones are kept.
    """
    body = _dump(event)
    if _fits(title, body):
        return body
    for limit in _LIMITS:
        event = {**event, "data": _cut(event["data"], limit)}
        body = _dump(event)
        if _fits(title, body):
            return body
    while (errors := event["data"].get("errors")) and not _fits(title, body):
        event = {**event, "data": {**event["data"], "errors": errors[: len(errors) // 2]}}
        body = _dump(event)
    return body


def _dump(event: Mapping[str, Any]) -> str:
    return orjson.dumps(event, option=orjson.OPT_INDENT_2).decode()


def _fits(title: str, body: str) -> bool:
    return len(orjson.dumps({"title": title, "body": body})) <= LARGEST_REQUEST


def _cut(holder: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The same with its free texts, and those of its errors, at most ``limit`` characters long."""
    shorter = dict(holder)
    for key in _FREE_TEXTS:
        text = holder.get(key)
        if isinstance(text, str) and len(text) > limit:
            shorter[key] = text[:limit] + _ELLIPSIS
    if "errors" in holder:
        shorter["errors"] = [_cut(error, limit) for error in holder["errors"]]
    return shorter
