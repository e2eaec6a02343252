"""The messages that a topic gets: a title of one line, and a CloudEvents 1.0 event in indented JSON.

The event's id says what is announced, and is the same whenever the same thing is announced again, so that a
subscriber can drop the second. (CloudEvents specification 1.0, "id")
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from handlers.clock import rfc3339
from handlers.context import Context
from handlers.destinations import Destination, ExportFormat, Names
from handlers.errors import ExportError
from handlers.messages.data import AcceptedData, EndedData, RejectedData, StoredObject, Trigger
from handlers.messages.shortening import shorten_to_fit
from handlers.services import Answer, WorkRequest, WorkRequestError

_LONGEST_TITLE = 200


class CreatedImage(NamedTuple):
    """What a createimage.end event says of its image. ``time``: the event's."""

    name: str | None
    compartment_id: str | None
    time: datetime


class KnownExport(NamedTuple):
    """What a record knows of an export that ended."""

    destination: Names | None = None
    export_format: str | None = None
    trigger: Trigger | None = None
    stored: StoredObject | None = None
    image_name: str | None = None


class Message(NamedTuple):
    """What PublishMessage takes."""

    title: str
    body: str


def accepted(
    context: Context,
    *,
    work_request_id: str | None,
    retry_token: str,
    image_id: str,
    image: Answer | None,
    created: CreatedImage | None,
    destination: Destination,
    export_format: ExportFormat,
    etag: str | None,
    request_id: str | None,
) -> Message:
    """An export was accepted."""
    name = (image and image.text("displayName")) or (created.name if created else None)
    compartment_id = (image and image.text("compartmentId")) or (created.compartment_id if created else None)
    data: AcceptedData = {
        "workRequestId": work_request_id,
        "imageId": image_id,
        "imageName": name,
        "compartmentId": compartment_id,
        "destination": context.shown_place(destination).names,
        "exportFormat": export_format,
        "etag": etag,
        "opcRequestId": request_id,
        "trigger": {"kind": context.requester.kind, "id": context.requester.id},
    }
    # The retry token is the same for the same request, like the id that is missing.
    return _message(context, "accepted", work_request_id or retry_token, image_id, name, data)


def ended(
    context: Context,
    work_request: WorkRequest,
    errors: Sequence[WorkRequestError],
    known: KnownExport,
    *,
    image_id: str,
    image_name: str | None,
    compartment_id: str | None,
) -> Message:
    """An export ended, well or not; a canceled one failed."""
    kind: Literal["succeeded", "failed"] = (
        "succeeded" if work_request.get("status") == "SUCCEEDED" else "failed"
    )
    name = image_name or known.image_name
    data: EndedData = {
        "workRequestId": work_request.get("id"),
        "imageId": image_id,
        "imageName": name,
        "compartmentId": compartment_id or work_request.get("compartmentId"),
        "status": work_request.get("status"),
        "timeAccepted": work_request.get("timeAccepted"),
        "timeStarted": work_request.get("timeStarted"),
        "timeFinished": work_request.get("timeFinished"),
        "percentComplete": work_request.get("percentComplete"),
        "errors": errors,
        "destination": known.destination,
        "exportFormat": known.export_format,
        "trigger": known.trigger,
    }
    if kind == "succeeded":
        data["object"] = known.stored
    return _message(context, kind, str(work_request.get("id")), image_id, name, data)


def rejected(
    context: Context,
    error: ExportError,
    *,
    image_id: str | None,
    destination: Destination | None,
    export_format: ExportFormat | None,
) -> Message:
    """A request that nobody waits for was refused for good."""
    requester = context.requester
    data: RejectedData = {
        "imageId": image_id,
        "destination": context.shown_place(destination).names if destination else None,
        "exportFormat": export_format,
        "code": context.shown_code(error),
        "message": context.shown_message(error),
        "trigger": {"kind": requester.kind, "id": requester.id},
    }
    return _message(context, "rejected", requester.id, image_id, None, data)


def _message(  # noqa: PLR0917  # its callers are all here
    context: Context,
    kind: Literal["accepted", "succeeded", "failed", "rejected"],
    identity: str,
    image_id: str | None,
    image_name: str | None,
    data: AcceptedData | EndedData | RejectedData,
) -> Message:
    redactor = context.redactor
    # Redacted before shortening: a secret cut in half would no longer look like one.
    identity = redactor.text(identity)
    shown = {key: value for key, value in data.items() if key in _REDACTED_BEFORE}
    event = {
        "specversion": "1.0",
        "id": f"{identity}/{kind}",
        "source": context.source,
        "type": f"imageexport.{kind}",
        **({"subject": image_id} if image_id else {}),
        "time": rfc3339(context.clock.now()),
        "datacontenttype": "application/json",
        "data": {**redactor.document(data), **shown},
    }
    about = _one_line(redactor.text(image_name or image_id or identity))
    title = f"Image export {kind}: {about}"[:_LONGEST_TITLE].rstrip()
    return Message(title, shorten_to_fit(title, event))


# A token of a caller must not be looked for in these again: they have words of our own in them.
_REDACTED_BEFORE = ("destination", "code", "message")


def _one_line(text: str) -> str:
    """A title is an e-mail's subject: no line ends, and nothing that turns or hides what stands beside it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
