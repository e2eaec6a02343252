"""What the ``data`` of each announcement holds. Times are RFC 3339."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from handlers.destinations import Names
from handlers.services import WorkRequestError


class Trigger(TypedDict):
    """Who asked for the export."""

    kind: str
    id: str


class StoredObject(TypedDict):
    """An exported object as Object Storage has it. ``timeModified`` is RFC 3339."""

    sizeInBytes: int
    etag: str | None
    md5: str | None
    timeModified: str | None


class AcceptedData(TypedDict):
    """``imageexport.accepted``."""

    workRequestId: str | None
    imageId: str
    imageName: str | None
    compartmentId: str | None
    destination: Names
    exportFormat: str
    etag: str | None
    opcRequestId: str | None
    trigger: Trigger


class EndedData(TypedDict):
    """``imageexport.succeeded`` and ``imageexport.failed``. What no record tells is None."""

    workRequestId: str | None
    imageId: str
    imageName: str | None
    compartmentId: str | None
    status: str | None
    timeAccepted: str | None
    timeStarted: str | None
    timeFinished: str | None
    percentComplete: float | None
    errors: Sequence[WorkRequestError]
    destination: Names | None
    exportFormat: str | None
    trigger: Trigger | None
    object: NotRequired[StoredObject | None]


class RejectedData(TypedDict):
    """``imageexport.rejected``. What the request did not tell is None."""

    imageId: str | None
    destination: Names | None
    exportFormat: str | None
    code: str
    message: str
    trigger: Trigger
