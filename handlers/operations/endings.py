"""How exports ended: found out, announced and recorded, whoever asks.

The image is AVAILABLE either way; only an export's work request tells.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from handlers import messages, records
from handlers.clock import parse_time, timestamp
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Destination
from handlers.errors import EndingUnknown, ExportError, NotAnnounced
from handlers.operations.export_image import Image
from handlers.operations.pre_authenticated_fallback import delete
from handlers.operations.reads import is_export
from handlers.records import Entry, Record, Store

_ENDED = (records.SUCCEEDED, "FAILED", "CANCELED")
_WROTE_NOTHING = ("FAILED", "CANCELED", records.REJECTED)
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


class Ending(NamedTuple):
    """An export that ended, as a record has it. ``message_id``: None if it was announced before."""

    entry: Entry
    message_id: str | None = None


def work_request_of(document: Mapping[str, Any]) -> Entry:
    """What a work request says of its export, in the names that messages have. What is missing, or of another
    type than documented (SDK, oci.work_requests.models.WorkRequest), is None.
    """
    answer = Answer(document)

    def text(key: str) -> str | None:
        value = answer.text(key)
        return value and value[:_LONGEST_TEXT]

    texts = ("compartmentId", "status", "timeAccepted", "timeStarted", "timeFinished")
    percent = document.get("percentComplete")
    is_percent = isinstance(percent, int | float) and 0 <= percent <= 100
    return {
        "workRequestId": text("id"),
        **{key: text(key) for key in texts},
        "percentComplete": percent if is_percent else None,
    }


def read_work_request(work_request_id: str, context: Context) -> Entry:
    """The same of a work request that is read now. Raises ExportError."""
    document = context.cloud.get_work_request(work_request_id).document
    return work_request_of(document) | {"workRequestId": work_request_id}


def has_ended(export: Entry) -> bool:
    """Whether it ended, well or not. A status that is unknown is not an ending."""
    return export["status"] in _ENDED


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
    context.destination = Destination.of(last.entry["destination"])
    if last.entry["status"] != records.SUCCEEDED:
        context.level = logging.WARNING
        context.code = last.entry["errors"][0]["code"] if last.entry["errors"] else None
    return last


def settle(ended: Entry, image: Image, store: Store | None, context: Context) -> Ending:
    """Announces how an export ended, with what the record has at this moment, and writes it down.

    ``ended``: of its work request. Raises NotAnnounced.
    """
    work_request_id, has_succeeded = ended["workRequestId"], ended["status"] == records.SUCCEEDED
    errors: list[dict[str, str]] = []
    if not has_succeeded:
        with context.best_effort("the export's errors can't be read", part=_PART_OF_LOOKING):
            errors = context.cloud.work_request_errors(work_request_id)
    record = _read(store, image)
    known = record.with_work_request(work_request_id) or records.export_entry(workRequestId=work_request_id)
    if records.is_settled(known):
        return Ending(known)  # by another delivery
    stored = _stored_object(ended, known, record, context) if has_succeeded else None
    data = {
        # The ids first, as in any message.
        "workRequestId": work_request_id,
        "imageId": image.id,
        "imageName": Answer(record.image).text("displayName") or image.name,
        **ended,
        "compartmentId": image.compartment_id or ended["compartmentId"],
        "errors": errors,
        **{key: known[key] for key in ("destination", "exportFormat", "trigger")},
        **({"object": stored} if has_succeeded else {}),
    }
    try:
        message_id = messages.publish(
            context, "succeeded" if has_succeeded else "failed", work_request_id, data
        )
    except ExportError as failure:
        # Also where the topic refuses for good: it is no fault of the ending's, which has to come again.
        raise NotAnnounced("The export ended, but that was not announced", failure) from None
    told = {key: ended[key] for key in ("workRequestId", "timeAccepted", "status", "timeFinished")}
    ending = told | {"errors": errors, "object": stored}
    if store:
        store.add(ending, deleted_par_id=_deleted_par(known, context))
    return Ending(ending | {key: known[key] for key in ("destination", "exportFormat")}, message_id)


def _read(store: Store | None, image: Image) -> Record:
    """The image's record as it is now; an empty one where none is kept, or it can't be read."""
    return (store and store.read()) or Record(image.id)


def _stored_object(ended: Entry, known: Entry, record: Record, context: Context) -> dict[str, Any] | None:
    """The exported object as it is stored, unless it may be another export's."""
    destination = Destination.of(known["destination"])
    if destination is None:
        return None
    newer = takewhile(lambda entry: entry is not known, record.exports)
    may_be_others = any(
        Destination.of(entry["destination"]) == destination and entry["status"] not in _WROTE_NOTHING
        for entry in newer
    )
    with context.best_effort("the exported object can't be looked at", part=_PART_OF_LOOKING):
        stored = context.cloud.head(destination)
        modified, finished = parse_time(stored["timeModified"]), parse_time(ended["timeFinished"])
        if not may_be_others and not (modified and finished and modified - finished > _SKEW):
            return stored
        context.log(logging.WARNING, "the exported object may be another export's by now")
    return None


def _deleted_par(known: Entry, context: Context) -> str | None:
    """The export's pre-authenticated request, if it is gone: only where exports are allowed still, for a
    record is no proof of what the function may touch.
    """
    par_id: str | None = known["preauthenticatedRequestId"]
    destination = Destination.of(known["destination"])
    if par_id and destination:
        with context.best_effort("a pre-authenticated request was not deleted"):
            context.settings.allow_list.check(destination)
            return par_id if delete(destination, par_id, context) else None
    return None


class _EventsEndings:
    """The endings that one exportimage.end event tells of: it names an image, not an export."""

    def __init__(self, image: Image, context: Context) -> None:
        self._image, self._context = image, context
        place = context.settings.export_records
        self._store = Store(context, place, image.id) if place else None
        self._endings: dict[str, Ending] = {}
        # Where lists are read, and which work requests can't be asked for: what is refused for good stays so.
        self._compartments: list[str] | None = None
        self._unreadable: set[str] = set()

    def announce(self) -> Ending:
        pause = _FIRST_POLL
        while True:
            record = _read(self._store, self._image)
            recorded = self._recorded(record)
            found = {**recorded, **self._listed()}
            exports = [self._as_it_is(found[key]) for key in found if key not in self._endings]
            for export in sorted(exports, key=lambda export: timestamp(export["timeAccepted"])):
                key = export["workRequestId"]
                if has_ended(export) and (key in recorded or self._is_in_time(export)):
                    self._endings[key] = settle(export, self._image, self._store, self._context)
            running = {each["workRequestId"] for each in exports if self._may_be_the_events(each)}
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
                destination = Destination.of(ending.entry["destination"])
                self._context.log(
                    logging.INFO,
                    f"ending announced: {ending.entry['status']}",
                    destination=str(destination) if destination else None,
                    exportFormat=ending.entry["exportFormat"],
                    workRequestId=ending.entry["workRequestId"],
                )

    def _recorded(self, record: Record) -> dict[str, Entry]:
        """The exports that the record has as running."""
        return {
            entry["workRequestId"]: entry
            for entry in record.exports
            if entry["status"] == records.ACCEPTED
            and entry["workRequestId"]
            and (accepted := parse_time(entry["timeAccepted"]))
            and self._image.time - accepted <= _LOOKED_AT
        }

    def _listed(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
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
            found |= {export["workRequestId"]: export for export in exports if export["workRequestId"]}
        return found

    def _known_compartments(self) -> Iterable[str]:
        """The event's, and the image's own: it may have moved since."""
        own = None
        with self._context.best_effort("the image's own compartment is not known", part=_PART_OF_LOOKING):
            own = self._context.cloud.get_image(self._image.id).text("compartmentId")
        return dict.fromkeys(filter(None, (self._image.compartment_id, own)))

    def _as_it_is(self, export: Entry) -> Entry:
        """The export as its work request says, if a list or a record has it as running."""
        work_request_id = export["workRequestId"]
        if has_ended(export) or work_request_id in self._unreadable:
            return export
        try:
            with self._context.cloud.part_of_time(_PART_OF_LOOKING):
                return read_work_request(work_request_id, self._context)
        except ExportError as failure:
            self._context.log(logging.WARNING, "an export's work request can't be read", failure)
            if not failure.passing:
                self._unreadable.add(work_request_id)
            return export

    def _is_in_time(self, export: Entry) -> bool:
        """Whether the event may tell of this export that has ended."""
        if ended := parse_time(export["timeFinished"]):
            return -_SKEW <= self._image.time - ended <= _EVENT_COMES_WITHIN
        began = parse_time(export["timeAccepted"])
        return began is None or timedelta(0) < self._image.time - began <= _KEPT

    def _may_be_the_events(self, export: Entry) -> bool:
        """Whether it runs, and the event may be its: an image is exported once at a time."""
        accepted = parse_time(export["timeAccepted"])
        return not has_ended(export) and bool(accepted and _SKEW < self._image.time - accepted <= _KEPT)

    def _last(self, record: Record) -> Ending | None:
        """Of the endings from the event's time that were announced, now or before, the last one."""
        before = {each["workRequestId"]: Ending(each) for each in record.exports if records.is_settled(each)}
        in_time = [
            ending for ending in {**before, **self._endings}.values() if self._is_in_time(ending.entry)
        ]
        return max(in_time, key=lambda ending: timestamp(ending.entry["timeFinished"]), default=None)
