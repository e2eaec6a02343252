"""The messages that a topic gets: a title of one line, and a CloudEvents 1.0 event in indented JSON.

The event's id says what is announced, and is the same whenever the same thing is announced again, so that a
subscriber can drop the second. (CloudEvents specification 1.0, "id")
"""

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from handlers.clock import rfc3339
from handlers.context import Context
from handlers.errors import ExportError
from handlers.redaction import escape_for_display

# PublishMessage takes 64 KiB for the request as a whole (SDK, NotificationDataPlaneClient.publish_message).
LARGEST_REQUEST = 64 * 1024
# Longer than every name and id of Oracle's: what is cut is somebody's words.
_LIMITS = (32_768, 8_192, 2_048, 1_024)
_LONGEST_TITLE = 200
_ELLIPSIS = "…"

Kind = Literal["accepted", "succeeded", "failed", "rejected"]


def publish(context: Context, kind: Kind, identity: str, data: Mapping[str, Any]) -> str:
    """Publishes what happened to an export: the message's id. Raises ExportError.

    ``identity``: with the kind, what makes the event one. ``data`` has ``imageId`` and ``imageName``.
    """
    # Redacted before it is cut: half a secret would no longer look like one.
    shown_identity, shown = context.redactor.document([identity, data])
    event = {
        "specversion": "1.0",
        "id": f"{shown_identity}/{kind}",
        "source": context.source,
        "type": f"imageexport.{kind}",
        **({"subject": shown["imageId"]} if shown["imageId"] else {}),
        "time": rfc3339(context.clock.now()),
        "datacontenttype": "application/json",
        "data": shown,
    }
    about = shown["imageName"] or shown["imageId"] or shown_identity
    title = f"Image export {kind}: {_one_line(about)}"[:_LONGEST_TITLE].rstrip()
    return context.cloud.publish(title, _fitted(title, event))


def publish_rejection(context: Context, error: ExportError, identity: str | None = None) -> str:
    """Publishes that a request that nobody waits for was refused for good: the message's id.

    ``identity``: of the request, if it is not the event or the call as a whole.
    """
    destination = context.destination
    return publish(
        context,
        "rejected",
        identity or context.requester.id,
        {
            "imageId": context.image_id,
            "imageName": context.image_name,
            "destination": destination.document if destination else None,
            "exportFormat": context.export_format,
            "code": error.code,
            "message": error.message,
            "trigger": context.requester.document,
        },
    )


def _fitted(title: str, event: Mapping[str, Any]) -> str:
    """The event in indented JSON, its texts cut to the largest limit under which the request fits.

    With too many errors for that, only the first ones are kept.
    """
    for limit in _LIMITS:
        if _fits(title, event):
            break
        event = _cut(event, limit)
    while not _fits(title, event) and (errors := event["data"].get("errors")):
        event = {**event, "data": {**event["data"], "errors": errors[: len(errors) // 2]}}
    return _text(event)


def _fits(title: str, event: Mapping[str, Any]) -> bool:
    # What is too long already need not be escaped, which takes up to a second for a million characters.
    return (
        len(orjson.dumps(event)) <= LARGEST_REQUEST
        and len(orjson.dumps({"title": title, "body": _text(event)})) <= LARGEST_REQUEST
    )


def _text(event: Mapping[str, Any]) -> str:
    return escape_for_display(orjson.dumps(event, option=orjson.OPT_INDENT_2).decode())


def _cut(value: Any, limit: int) -> Any:
    if isinstance(value, dict):
        return {key: _cut(inner, limit) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cut(inner, limit) for inner in value]
    if isinstance(value, str) and len(value) > limit:
        return value[:limit] + _ELLIPSIS
    return value


def _one_line(text: str) -> str:
    """A title is an e-mail's subject: no line ends, and nothing that turns or hides what stands beside it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
