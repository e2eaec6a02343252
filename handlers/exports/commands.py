"""What a caller wants, once unwrapped and checked; and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from handlers.exports.destination import Destination, ExportFormat
from handlers.exports.services import Answer


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who asked. ``id``: the call id, or the event's id."""

    kind: Literal["gateway", "event", "direct"]
    id: str


@dataclass(frozen=True, slots=True)
class CreatedImage:
    """What a createimage.end event says of its image; each may be missing."""

    name: str | None
    compartment_id: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class StartExport:
    """Export an image.

    ``event``: present if an event asked, so that a running export may already be the answer. ``is_fallback``:
    the destination is a pre-authenticated request of our own making.
    """

    image_id: str
    destination: Destination
    export_format: ExportFormat
    retry_token: str
    trigger: Trigger
    if_match: str | None = None
    dry_run: bool = False
    event: CreatedImage | None = None
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class ShowWorkRequest:
    """Read a work request, or its errors or logs."""

    work_request_id: str
    part: Literal["", "errors", "logs"]


@dataclass(frozen=True, slots=True)
class AnnounceEnding:
    """Find out how the image's export ended, and announce it. ``time``: the event's, if it has one."""

    image_id: str
    compartment_id: str | None
    image_name: str | None
    time: datetime | None
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Describe:
    """Describe the HTTP interface."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Do nothing: an event of another kind."""

    reason: str


Command = StartExport | ShowWorkRequest | AnnounceEnding | Describe | Ignore


@dataclass(frozen=True, slots=True)
class Started:
    """An export was accepted. ``image``: Compute's answer; None where the export was running already."""

    work_request_id: str | None
    image: Answer | None
    message_id: str | None = None
    notification_error: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A document to pass on as it came: an image (dry run), a work request, its errors or logs."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Announced:
    """The ending of an export was published."""

    work_request_id: str
    status: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Described:
    """The interface's description, in JSON."""

    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing was done."""

    reason: str


Outcome = Started | Shown | Announced | Described | Ignored
