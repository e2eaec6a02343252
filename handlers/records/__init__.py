"""The record of an image's exports: what was exported where, and how it ended.

One JSON object for each image in Object Storage. It makes endings complete, exports once beyond the 24 hours
for which Compute keeps retry tokens, and keeps what an export loses: the image's name, tags and launch
options. What is here is pure; ``store`` reads and writes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from handlers.clock import parse_time

MOST_EXPORTS = 50
ACCEPTED = "ACCEPTED"
# As long as at Compute (API reference, opc-retry-token).
LIFE_OF_CALLERS_TOKEN = timedelta(hours=24)


class _Kept(BaseModel):
    """What is read back. A later edition's fields are kept; a known one of another type is an error."""

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel, populate_by_name=True)


class RecordedPlace(_Kept):
    """Where the object is."""

    namespace_name: str
    bucket_name: str
    object_name: str


class RecordedTrigger(_Kept):
    """Who asked."""

    kind: str
    id: str


class RecordedError(_Kept):
    """Why it failed."""

    code: str
    message: str


class RecordedObject(_Kept):
    """The object as HeadObject answered it. ``time_modified`` is RFC 3339."""

    size_in_bytes: int
    etag: str | None = None
    md5: str | None = None
    time_modified: str | None = None


class RecordedExport(_Kept):
    """One export. ``retry_token``: the request's. ``status``: ACCEPTED until it is final."""

    retry_token: str | None = None
    work_request_id: str | None = None
    destination: RecordedPlace | None = None
    export_format: str | None = None
    trigger: RecordedTrigger | None = None
    time_accepted: str | None = None
    preauthenticated_request_id: str | None = None
    status: str = ACCEPTED
    time_finished: str | None = None
    errors: list[RecordedError] = []
    object: RecordedObject | None = None

    def accepted_at(self) -> datetime | None:
        """When it was accepted; None if that is not recorded."""
        return parse_time(self.time_accepted)

    def is_same(self, other: "RecordedExport") -> bool:
        """Whether both are one export: the same work request, or the same token and no two work requests.

        Compute forgets a token after 24 hours: then a caller's may come again for another export.
        """
        if self.work_request_id and other.work_request_id:
            return self.work_request_id == other.work_request_id
        if self.retry_token is None or self.retry_token != other.retry_token:
            return False
        mine, others = self.accepted_at(), other.accepted_at()
        return (
            None in (self.destination, other.destination) or self.destination == other.destination
        ) and not (mine and others and abs(mine - others) >= LIFE_OF_CALLERS_TOKEN)

    def completed_by(self, newer: "RecordedExport") -> "RecordedExport":
        """This one with what the other knows besides. A final status never goes back."""
        known = {name: value for name, value in newer if value not in (None, [])}
        if newer.status == ACCEPTED:
            # What came first is nearer to the truth: the other is a later try, or a later delivery.
            # A later edition's fields, too: one of the two may lack them.
            known = {name: value for name, value in known.items() if getattr(self, name, None) in (None, [])}
        return self.model_copy(update=known)


class Record(_Kept):
    """The exports of one image, newest first. ``image``: as Compute answered the newest export."""

    image_id: str
    image: dict[str, Any] | None = None
    exports: list[RecordedExport] = Field(default_factory=list)

    def with_token(self, retry_token: str) -> RecordedExport | None:
        """The newest export under that retry token."""
        return next((export for export in self.exports if export.retry_token == retry_token), None)

    def with_work_request(self, work_request_id: str) -> RecordedExport | None:
        return next((export for export in self.exports if export.work_request_id == work_request_id), None)

    def accepted_before(self, time: datetime | None) -> Iterator[tuple[datetime, str]]:
        """When exports were accepted until then, and their work requests, newest first."""
        for export in self.exports:
            accepted = export.accepted_at()
            if export.work_request_id and accepted and (time is None or accepted <= time):
                yield accepted, export.work_request_id

    def with_export(self, export: RecordedExport, image: dict[str, Any] | None = None) -> "Record":
        """The record with this export in it, completed if it is there already, and with the image if it is
        the newest one's.
        """
        same = [known for known in self.exports if known.is_same(export)]
        for known in same:
            export = known.completed_by(export)
        others = [known for known in self.exports if known not in same]
        exports = sorted([export, *others], key=_newest_first, reverse=True)[:MOST_EXPORTS]
        is_newest = exports[0] is export
        return self.model_copy(
            update={"exports": exports, "image": image if image and is_newest else self.image or image}
        )


def _newest_first(export: RecordedExport) -> float:
    accepted = export.accepted_at()
    return accepted.timestamp() if accepted else 0.0
