"""How exports ended: found out, announced and recorded, whoever asks.

The image is AVAILABLE either way; only an export's work request tells.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from handlers import messages
from handlers.clock import parse_time, timestamp
from handlers.context import Context
from handlers.errors import EndingUnknown, ExportError, NotAnnounced
from handlers.operations.export_image import Image
from handlers.operations.pre_authenticated_fallback import delete
from handlers.operations.reads import is_export
from handlers.records import (
    ACCEPTED,
    REJECTED,
    SUCCEEDED,
    UNKNOWN,
    Entry,
    Record,
    Store,
    accepted_at,
    destination_of,
    export_entry,
)

_ENDED = (SUCCEEDED, "FAILED", "CANCELED")
_WROTE_NOTHING = ("FAILED", "CANCELED", REJECTED)
_LONGEST_TEXT = 255

# Clocks differ by so much.
_SKEW = timedelta(minutes=2)
# An event comes so long after the export that it tells of.
_EVENT_COMES_WITHIN = timedelta(minutes=15)
# Compute keeps work requests so long (Oracle's "Work requests", overview); an event has an hour more.
_KEPT = timedelta(hours=12)
_LOOKED_AT = timedelta(hours=13)

_FIRST_POLL, _LONGEST_POLL = 2.0, 8.0
# Each look at something takes at most so much of the time that is left.
_PART_OF_LOOKING = 0.25


class WorkRequest(NamedTuple):
    """A work request (SDK, oci.work_requests.models.WorkRequest); what it does not say is None.

    Times are RFC 3339.
    """

    id: str
    status: str | None = None
    compartment_id: str | None = None
    accepted: str | None = None
    started: str | None = None
    finished: str | None = None
    percent_complete: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it ended, well or not. A status that is unknown is not an ending."""
        return self.status in _ENDED


class Ending(NamedTuple):
    """An export that ended, as a record has it. ``message_id``: None if it was announced before."""

    entry: Entry
    message_id: str | None = None


def work_request_of(document: Mapping[str, Any]) -> WorkRequest:
    """What a service's document says, less what is of another type than documented."""

    def text(key: str) -> str | None:
        value = document.get(key)
        return value[:_LONGEST_TEXT] if isinstance(value, str) else None

    percent = document.get("percentComplete")
    return WorkRequest(
        text("id") or "",
        text("status"),
        text("compartmentId"),
        text("timeAccepted"),
        text("timeStarted"),
        text("timeFinished"),
        percent if isinstance(percent, int | float) and 0 <= percent <= 100 else None,
    )


def announce_endings(image: Image, context: Context) -> Ending:
    """Announces each export of the image that ended in the event's time and was not announced yet: the one
    that finished last.

    Raises EndingUnknown where none is found, or one goes on that the event may tell of: an ending is never
    dropped in silence.
    """
    context.image_id, context.image_name = image.id, image.name
    endings = _EventsEndings(image, context)
    last = None
    try:
        last = endings.announce()
    finally:
        endings.log_all_but(last)
    context.message = f"ending announced{'' if last.message_id else ' before'}: {last.entry['status']}"
    context.work_request_id, context.export_format = last.entry["workRequestId"], last.entry["exportFormat"]
    context.destination = destination_of(last.entry)
    if last.entry["status"] != SUCCEEDED:
        context.level = logging.WARNING
        context.code = last.entry["errors"][0]["code"] if last.entry["errors"] else None
    return last


class Settling:
    """Announces endings of one image's exports, and writes them down."""

    def __init__(self, image: Image, store: Store | None, context: Context) -> None:
        self._image, self._store, self._context = image, store, context

    def record(self) -> Record:
        """The image's record as it is now; an empty one where none is kept, or it can't be read."""
        return (self._store and self._store.read()) or Record(self._image.id)

    def settle(self, ended: WorkRequest) -> Ending:
        """One ending, with what the record has at this moment. Raises NotAnnounced."""
        errors: list[dict[str, str]] = []
        if ended.status != SUCCEEDED:
            with self._context.best_effort("the export's errors can't be read", part=_PART_OF_LOOKING):
                errors = self._context.cloud.work_request_errors(ended.id)
        record = self.record()
        known = record.with_work_request(ended.id) or export_entry(workRequestId=ended.id)
        if _is_settled(known):
            return Ending(known)  # by another delivery
        stored = self._stored_object(ended, known, record) if ended.status == SUCCEEDED else None
        try:
            message_id = self._publish(ended, errors, stored, known, record)
        except ExportError as failure:
            # Also where the topic refuses for good: it is no fault of the ending's, which has to come again.
            raise NotAnnounced("The export ended, but that was not announced", failure) from None
        ending = export_entry(
            workRequestId=ended.id,
            timeAccepted=ended.accepted,
            status=ended.status,
            timeFinished=ended.finished,
            errors=errors,
            object=stored,
        )
        if self._store:
            self._store.add(ending, deleted_par_id=self._deleted_par(known))
        return Ending(ending | {key: known[key] for key in ("destination", "exportFormat")}, message_id)

    def _publish(
        self,
        ended: WorkRequest,
        errors: list[dict[str, str]],
        stored: dict[str, Any] | None,
        known: Entry,
        record: Record,
    ) -> str:
        recorded_name = (record.image or {}).get("displayName")
        name = recorded_name if isinstance(recorded_name, str) else self._image.name
        has_succeeded = ended.status == SUCCEEDED
        return messages.publish(
            self._context,
            "succeeded" if has_succeeded else "failed",
            ended.id,
            {
                "workRequestId": ended.id,
                "imageId": self._image.id,
                "imageName": name,
                "compartmentId": self._image.compartment_id or ended.compartment_id,
                "status": ended.status,
                "timeAccepted": ended.accepted,
                "timeStarted": ended.started,
                "timeFinished": ended.finished,
                "percentComplete": ended.percent_complete,
                "errors": errors,
                **{key: known[key] for key in ("destination", "exportFormat", "trigger")},
                **({"object": stored} if has_succeeded else {}),
            },
        )

    def _stored_object(self, ended: WorkRequest, known: Entry, record: Record) -> dict[str, Any] | None:
        """The exported object as it is stored, unless it may be another export's."""
        destination, context = destination_of(known), self._context
        if destination is None:
            return None
        newer = takewhile(lambda entry: entry is not known, record.exports)
        may_be_others = any(
            destination_of(entry) == destination and entry["status"] not in _WROTE_NOTHING for entry in newer
        )
        with context.best_effort("the exported object can't be looked at", part=_PART_OF_LOOKING):
            stored = context.cloud.head(destination)
            modified, finished = parse_time(stored["timeModified"]), parse_time(ended.finished)
            if not may_be_others and not (modified and finished and modified - finished > _SKEW):
                return stored
            context.log(logging.WARNING, "the exported object may be another export's by now")
        return None

    def _deleted_par(self, known: Entry) -> str | None:
        """The export's pre-authenticated request, if it is gone: only where exports are allowed still, for a
        record is no proof of what the function may touch.
        """
        par_id: str | None = known["preauthenticatedRequestId"]
        destination, context = destination_of(known), self._context
        if not par_id or destination is None:
            return None
        with context.best_effort("a pre-authenticated request was not deleted"):
            context.settings.allow_list.check(destination)
            return par_id if delete(destination, par_id, context) else None
        return None


class _EventsEndings:
    """The endings that one exportimage.end event tells of: it names an image, not an export."""

    def __init__(self, image: Image, context: Context) -> None:
        self._image, self._context = image, context
        place = context.settings.export_records
        self._settling = Settling(image, Store(context, place, image.id) if place else None, context)
        self._endings: dict[str, Ending] = {}
        # Where lists are read, and which work requests can't be asked for: what is refused for good stays so.
        self._compartments: list[str] | None = None
        self._unreadable: set[str] = set()

    def announce(self) -> Ending:
        pause = _FIRST_POLL
        while True:
            record = self._settling.record()
            recorded = self._recorded(record)
            found = {**recorded, **self._listed()}
            exports = [self._as_it_is(found[key]) for key in found if key not in self._endings]
            for export in sorted(exports, key=lambda export: timestamp(export.accepted)):
                if export.has_ended and (
                    export.id in recorded or self._is_in_time(export.accepted, export.finished)
                ):
                    self._endings[export.id] = self._settling.settle(export)
            running = {export.id for export in exports if self._may_be_the_events(export)}
            last = self._last(record)
            if last and not running:
                return last
            # What both say may lag.
            may_change = self._compartments or running - self._unreadable
            if not may_change or not self._context.cloud.pause(pause):
                raise EndingUnknown(
                    "An export of the image goes on, and the event may be its."
                    if running
                    else "No export of the image that ended in the event's time is known."
                )
            pause = min(pause * 2, _LONGEST_POLL)

    def log_all_but(self, last: Ending | None) -> None:
        """A line for each ending that was announced, but for the one of which the invocation's line tells."""
        for ending in self._endings.values():
            if ending is not last and ending.message_id:
                destination = destination_of(ending.entry)
                self._context.log(
                    logging.INFO,
                    f"ending announced: {ending.entry['status']}",
                    destination=str(destination) if destination else None,
                    exportFormat=ending.entry["exportFormat"],
                    workRequestId=ending.entry["workRequestId"],
                )

    def _recorded(self, record: Record) -> dict[str, WorkRequest]:
        """The exports that the record has as running: how they are is not known."""
        return {
            entry["workRequestId"]: WorkRequest(entry["workRequestId"], accepted=entry["timeAccepted"])
            for entry in record.exports
            if entry["status"] == ACCEPTED
            and entry["workRequestId"]
            and (accepted := accepted_at(entry))
            and self._image.time - accepted <= _LOOKED_AT
        }

    def _listed(self) -> dict[str, WorkRequest]:
        found: dict[str, WorkRequest] = {}
        if self._compartments is None:
            self._compartments = list(self._known_compartments())
        for compartment_id in tuple(self._compartments):
            try:
                with self._context.cloud.part_of_time(_PART_OF_LOOKING):
                    listed = self._context.cloud.work_requests_of(self._image.id, compartment_id)
                    exports = [work_request_of(entry) for entry in listed if is_export(entry)]
            except ExportError as failure:
                self._context.log(logging.WARNING, "the image's work requests can't be listed", failure)
                if not failure.passing:
                    self._compartments.remove(compartment_id)
                continue
            found |= {export.id: export for export in exports if export.id}
        return found

    def _known_compartments(self) -> Iterable[str]:
        """The event's, and the image's own: it may have moved since."""
        own = None
        with self._context.best_effort("the image's own compartment is not known", part=_PART_OF_LOOKING):
            own = self._context.cloud.get_image(self._image.id).text("compartmentId")
        return dict.fromkeys(filter(None, (self._image.compartment_id, own)))

    def _as_it_is(self, export: WorkRequest) -> WorkRequest:
        """The export as its work request says, if a list or a record has it as running."""
        if export.has_ended or export.id in self._unreadable:
            return export
        try:
            with self._context.cloud.part_of_time(_PART_OF_LOOKING):
                found = work_request_of(self._context.cloud.get_work_request(export.id).document)
        except ExportError as failure:
            self._context.log(logging.WARNING, "an export's work request can't be read", failure)
            if not failure.passing:
                self._unreadable.add(export.id)
            return export
        return found._replace(id=export.id, accepted=found.accepted or export.accepted)

    def _is_in_time(self, accepted: str | None, finished: str | None) -> bool:
        """Whether the event may tell of an export that was accepted and ended then."""
        if ended := parse_time(finished):
            return -_SKEW <= self._image.time - ended <= _EVENT_COMES_WITHIN
        began = parse_time(accepted)
        return began is None or timedelta(0) < self._image.time - began <= _KEPT

    def _may_be_the_events(self, export: WorkRequest) -> bool:
        """Whether it runs, and the event may be its: an image is exported once at a time."""
        accepted = parse_time(export.accepted)
        return not export.has_ended and bool(accepted and _SKEW < self._image.time - accepted <= _KEPT)

    def _last(self, record: Record) -> Ending | None:
        """Of the endings from the event's time that were announced, now or before, the last one."""
        before = {entry["workRequestId"]: Ending(entry) for entry in record.exports if _is_settled(entry)}
        in_time = [
            ending
            for ending in {**before, **self._endings}.values()
            if self._is_in_time(ending.entry["timeAccepted"], ending.entry["timeFinished"])
        ]
        return max(in_time, key=lambda ending: timestamp(ending.entry["timeFinished"]), default=None)


def _is_settled(entry: Entry) -> bool:
    """Whether its ending is recorded, and so announced; a status of a later edition counts as one."""
    return entry["status"] not in (ACCEPTED, UNKNOWN, REJECTED)
