"""The messages that a topic gets: a title of one line, and a CloudEvents 1.0 event in indented JSON.

The event's id and type together are the same whenever the same thing is announced again, so that a subscriber
can drop the second. (CloudEvents specification 1.0, "id")
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from handlers import redaction
from handlers.errors import ExportError
from handlers.exports.clock import rfc3339
from handlers.exports.commands import AnnounceEnding, Command, Started, StartExport, Trigger
from handlers.exports.shortening import shorten_to_fit

_LONGEST_TITLE = 200


class Message(NamedTuple):
    """What PublishMessage takes."""

    title: str
    body: str


def accepted(command: StartExport, started: Started, source: str, now: datetime) -> Message:
    """An export began: ``imageexport.accepted``, with the work request's id."""
    image, event = started.image, command.event
    name = (image and image.text("displayName")) or (event.name if event else None)
    data = {
        "workRequestId": started.work_request_id,
        "imageId": command.image_id,
        "imageName": name,
        "compartmentId": (image and image.text("compartmentId")) or (event.compartment_id if event else None),
        "destination": command.destination.names,
        "exportFormat": command.export_format,
        "etag": image and image.etag,
        "opcRequestId": image and image.request_id,
        "trigger": _trigger(command.trigger),
    }
    # An event has to have an id: the retry token is the same for the same request, like the id that is
    # missing.
    identity = started.work_request_id or command.retry_token
    return _Announcement("accepted", identity, name, command.image_id, data).message(source, now)


def ended(
    command: AnnounceEnding,
    work_request: Mapping[str, Any],
    errors: list[dict[str, str]],
    source: str,
    now: datetime,
) -> Message:
    """An export ended: ``imageexport.succeeded``, or ``imageexport.failed`` (canceled ones, too)."""
    kept = ("status", "timeAccepted", "timeStarted", "timeFinished", "percentComplete")
    data = {
        "workRequestId": work_request.get("id"),
        "imageId": command.image_id,
        "imageName": command.image_name,
        "compartmentId": command.compartment_id or work_request.get("compartmentId"),
        **{key: work_request.get(key) for key in kept},
        "errors": errors,
    }
    kind = "succeeded" if work_request.get("status") == "SUCCEEDED" else "failed"
    identity = str(work_request.get("id"))
    return _Announcement(kind, identity, command.image_name, command.image_id, data).message(source, now)


def rejected(
    error: ExportError, trigger: Trigger, command: Command | None, source: str, now: datetime
) -> Message:
    """A request that nobody waits for was refused for good: ``imageexport.rejected``.

    ``command``: None if the request was not understood.
    """
    export = command if isinstance(command, StartExport) else None
    image_id = command.image_id if isinstance(command, StartExport | AnnounceEnding) else None
    data = {
        "imageId": image_id,
        "destination": export.destination.names if export else None,
        "exportFormat": export.export_format if export else None,
        "code": error.code,
        "message": error.message,
        "trigger": _trigger(trigger),
    }
    return _Announcement("rejected", trigger.id, None, image_id, data).message(source, now)


def _trigger(trigger: Trigger) -> dict[str, str]:
    return {"kind": trigger.kind, "id": trigger.id}


def _one_line(text: str) -> str:
    """A title is an e-mail's subject: no line ends, and nothing that turns or hides what stands beside it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Announcement(NamedTuple):
    """What differs between announcements, before it is put into its envelope."""

    kind: str
    identity: str
    image_name: str | None
    image_id: str | None
    data: dict[str, Any]

    def message(self, source: str, now: datetime) -> Message:
        event = {
            "specversion": "1.0",
            "id": redaction.redact(self.identity),
            "source": source,
            "type": f"imageexport.{self.kind}",
            **({"subject": self.image_id} if self.image_id else {}),
            "time": rfc3339(now),
            "datacontenttype": "application/json",
            "data": redaction.clean(self.data),
        }
        about = self.image_name or self.image_id or self.identity
        line = _one_line(f"Image export {self.kind}: {about}")
        # Redacted before shortening: a secret cut in half would no longer look like one.
        title = redaction.redact(line)[:_LONGEST_TITLE].rstrip()
        return Message(title, shorten_to_fit(title, event))
