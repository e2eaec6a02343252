"""How exports ended: found out, announced and recorded, whoever asks.

The image is AVAILABLE either way; only an export's work request tells.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from handlers import messages
from handlers.clock import parse_time
from handlers.context import Context
from handlers.destinations import Destination
from handlers.errors import EndingUnknown, ExportError, NotAnnounced
from handlers.operations.reads import is_export
from handlers.records import (
    ACCEPTED,
    SUCCEEDED,
    Entry,
    Record,
    Store,
    accepted_at,
    destination_of,
    export_entry,
)

_ENDED = frozenset({SUCCEEDED, "FAILED", "CANCELED"})
_LONGEST_TEXT = 255

# Clocks differ by so much.
_SKEW = timedelta(minutes=2)
# An event comes so long after the export that it tells of.
_EVENT_COMES_WITHIN = timedelta(minutes=15)
# Compute keeps work requests so long (Oracle's "Work requests", overview); an event has an hour more.
_KEPT = timedelta(hours=12)
_LOOKED_AT = timedelta(hours=13)

_FIRST_POLL, _LONGEST_POLL = 2.0, 8.0
# Looking at lists, at one work request, at an object: so much of the time that is left each.
_PART_OF_LISTING, _PART_OF_READING, _PART_OF_LOOKING = 0.25, 0.25, 0.25


class WorkRequest(NamedTuple):
    """A work request (SDK, oci.work_requests.models.WorkRequest); what it does not say is None.

    Times are RFC 3339.
    """

    id: str
    status: str | None
    compartment_id: str | None
    accepted: str | None
    started: str | None
    finished: str | None
    percent_complete: float | None

    @property
    def has_ended(self) -> bool:
        """Whether it ended, well or not. A status that is unknown is not an ending."""
        return self.status in _ENDED


class Ending(NamedTuple):
    """An export that ended. ``code``: of its first error. ``message_id``: None if announced before."""

    work_request_id: str
    status: str
    accepted: str | None
    finished: str | None
    destination: Destination | None = None
    export_format: str | None = None
    code: str | None = None
    message_id: str | None = None


def ending_of(entry: Entry) -> Ending:
    """The ending that a record has."""
    return Ending(
        entry["workRequestId"],
        entry["status"],
        entry["timeAccepted"],
        entry["timeFinished"],
        destination_of(entry),
        entry["exportFormat"],
        entry["errors"][0]["code"] if entry["errors"] else None,
    )


class EndedExport(NamedTuple):
    """What an event says of an export that ended. ``time``: the event's, if it has one."""

    image_id: str
    image_name: str | None
    compartment_id: str | None
    time: datetime | None


def announce_endings(event: EndedExport, context: Context) -> Ending:
    """Announces each export of the image that ended in the event's time and was not announced yet: the one
    that finished last.

    Raises EndingUnknown where none is found, or one goes on that the event may tell of: an ending is never
    dropped in silence.
    """
    context.image_id, context.image_name = event.image_id, event.image_name
    last = _EventsEndings(event, context).announce()
    note(last, context)
    return last


def note(ending: Ending, context: Context) -> None:
    """Lets the invocation's line tell of that ending."""
    context.message = f"ending announced{'' if ending.message_id else ' before'}: {ending.status}"
    context.work_request_id, context.destination = ending.work_request_id, ending.destination
    context.export_format, context.code = ending.export_format, ending.code
    if ending.status != SUCCEEDED:
        context.level = logging.WARNING


class Settling:
    """Announces endings of one image's exports, and writes them down.

    ``image_name``, ``compartment_id``: where no record and no work request tells.
    """

    def __init__(
        self,
        context: Context,
        image_id: str,
        store: Store | None,
        image_name: str | None,
        compartment_id: str | None,
    ) -> None:
        self._context, self._image_id, self._store = context, image_id, store
        self._image_name, self._compartment_id = image_name, compartment_id

    def settle(self, ended: WorkRequest) -> Ending:
        """One ending, with what the record has at this moment. Raises NotAnnounced."""
        record = self._store.read() if self._store else None
        known = (record and record.with_work_request(ended.id)) or export_entry(workRequestId=ended.id)
        if known["status"] in _ENDED:
            return ending_of(known)  # by another delivery
        context = self._context
        errors: list[dict[str, str]] = []
        if ended.status != SUCCEEDED:
            with (
                context.best_effort("the export's errors can't be read"),
                context.cloud.part_of_time(_PART_OF_READING),
            ):
                errors = context.cloud.work_request_errors(ended.id)
        stored = self._stored_object(ended, known, record) if ended.status == SUCCEEDED else None
        try:
            message_id = self._publish(ended, errors, known, stored, record)
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
        known_place = {key: known[key] for key in ("destination", "exportFormat")}
        return ending_of({**ending, **known_place})._replace(message_id=message_id)

    def _publish(
        self,
        ended: WorkRequest,
        errors: list[dict[str, str]],
        known: Entry,
        stored: dict[str, Any] | None,
        record: Record | None,
    ) -> str:
        recorded_name = (record.image or {}).get("displayName") if record else None
        name = recorded_name if isinstance(recorded_name, str) else self._image_name
        has_succeeded = ended.status == SUCCEEDED
        return messages.publish(
            self._context,
            "succeeded" if has_succeeded else "failed",
            ended.id,
            about=name or self._image_id,
            image_id=self._image_id,
            data={
                "workRequestId": ended.id,
                "imageId": self._image_id,
                "imageName": name,
                "compartmentId": self._compartment_id or ended.compartment_id,
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

    def _stored_object(
        self, ended: WorkRequest, known: Entry, record: Record | None
    ) -> dict[str, Any] | None:
        """The exported object as it is stored, unless it may be another export's."""
        destination, context = destination_of(known), self._context
        if destination is None or record is None:
            return None
        stored = None
        with (
            context.best_effort("the exported object can't be looked at"),
            context.cloud.part_of_time(_PART_OF_LOOKING),
        ):
            stored = context.cloud.head(destination)
        if stored is None:
            return None
        modified, finished = parse_time(stored["timeModified"]), parse_time(ended.finished)
        newer = record.exports[: record.exports.index(known)]
        if (modified and finished and modified > finished + _SKEW) or any(
            other["destination"] == known["destination"]
            and other["status"] not in ("FAILED", "CANCELED", "REJECTED")
            for other in newer
        ):
            context.log(logging.WARNING, "the exported object may be another export's by now")
            return None
        return stored

    def _deleted_par(self, known: Entry) -> str | None:
        """The export's pre-authenticated request, if it is gone: only where exports are allowed still, for a
        record is no proof of what the function may touch.
        """
        par_id, destination, context = (
            known["preauthenticatedRequestId"],
            destination_of(known),
            self._context,
        )
        if not par_id or destination is None:
            return None
        try:
            context.settings.allow_list.check(destination)
        except ExportError as failure:
            context.log(logging.WARNING, "a pre-authenticated request was not deleted", failure)
            return None
        from handlers.operations.pre_authenticated_fallback import delete

        return par_id if delete(destination, par_id, context) else None


class _EventsEndings:
    """The endings that one exportimage.end event tells of: it names an image, not an export."""

    def __init__(self, event: EndedExport, context: Context) -> None:
        self._context, self._event = context, event
        self._time = event.time or context.began
        place = context.settings.export_records
        self._store = Store(context, place, event.image_id) if place else None
        self._settling = Settling(
            context, event.image_id, self._store, event.image_name, event.compartment_id
        )
        self._endings: dict[str, Ending] = {}
        # Where lists are read, and which work requests are asked for, as long as neither is refused for good.
        self._compartments: list[str] | None = None
        self._unreadable: set[str] = set()

    def announce(self) -> Ending:
        """See announce_endings. Each ending but the last is a line of its own in the log."""
        last = None
        try:
            last = self._announced()
        finally:
            for ending in self._endings.values():
                if ending is not last and ending.message_id:
                    self._context.log(
                        logging.INFO if ending.status == SUCCEEDED else logging.WARNING,
                        f"ending announced: {ending.status}",
                        workRequestId=ending.work_request_id,
                    )
        return last

    def _announced(self) -> Ending:
        seconds = _FIRST_POLL
        while True:
            record = self._store.read() if self._store else None
            exports = {**self._recorded(record), **self._listed()}
            found = [export for export in map(self._asked_again, exports.values()) if export]
            for export in sorted(found, key=lambda export: _moment(export.accepted)):
                if export.has_ended and export.id not in self._endings and self._is_looked_at(export, record):
                    self._endings[export.id] = self._settling.settle(export)
            running = any(map(self._may_be_the_events, found))
            last = self._last(record)
            if last and not running:
                return last
            # What both say may lag.
            if not (running or self._compartments) or not self._context.cloud.pause(seconds):
                raise EndingUnknown(
                    "An export of the image goes on, and the event may be its."
                    if running
                    else "No export of the image that ended in the event's time is known."
                )
            seconds = min(seconds * 2, _LONGEST_POLL)

    def _recorded(self, record: Record | None) -> dict[str, WorkRequest]:
        """The exports that the record has as running: how they are is not known."""
        return {
            entry["workRequestId"]: _no_answer_yet(entry)
            for entry in (record.exports if record else ())
            if entry["status"] == ACCEPTED
            and entry["workRequestId"]
            and (accepted := accepted_at(entry))
            and accepted >= self._time - _LOOKED_AT
        }

    def _listed(self) -> dict[str, WorkRequest]:
        found: dict[str, WorkRequest] = {}
        if self._compartments is None:
            self._compartments = list(self._known_compartments())
        for compartment_id in tuple(self._compartments):
            try:
                with self._context.cloud.part_of_time(_PART_OF_LISTING):
                    listed = self._context.cloud.work_requests_of(self._event.image_id, compartment_id)
            except ExportError as failure:
                self._context.log(logging.WARNING, "the image's work requests can't be listed", failure)
                if not failure.passing:
                    self._compartments.remove(compartment_id)
                continue
            exports = (work_request_of(entry) for entry in listed if is_export(entry))
            found |= {export.id: export for export in exports if export.id}
        return found

    def _known_compartments(self) -> Iterable[str]:
        """The event's, and the image's own: it may have moved since."""
        own = None
        with (
            self._context.best_effort("the image's own compartment is not known"),
            self._context.cloud.part_of_time(_PART_OF_READING),
        ):
            own = self._context.cloud.get_image(self._event.image_id).text("compartmentId")
        return dict.fromkeys(filter(None, (self._event.compartment_id, own)))

    def _asked_again(self, export: WorkRequest) -> WorkRequest | None:
        """The export as its work request says, if a list or a record has it as running."""
        if export.has_ended or export.id in self._endings:
            return export
        if export.id in self._unreadable:
            return None
        try:
            with self._context.cloud.part_of_time(_PART_OF_READING):
                found = work_request_of(self._context.cloud.get_work_request(export.id).document)
        except ExportError as failure:
            self._context.log(logging.WARNING, "an export's work request can't be read", failure)
            if failure.passing:
                return export
            self._unreadable.add(export.id)
            return None
        return found._replace(id=export.id, accepted=found.accepted or export.accepted)

    def _is_looked_at(self, export: WorkRequest, record: Record | None) -> bool:
        """Whether its ending has to be announced: a recorded export's, or one from the event's time."""
        entry = record.with_work_request(export.id) if record else None
        if entry:
            return entry["status"] not in _ENDED
        return self._is_in_time(export.accepted, export.finished)

    def _is_in_time(self, accepted: str | None, finished: str | None) -> bool:
        """Whether the event may tell of an export that was accepted and ended then."""
        if ended := parse_time(finished):
            return self._time - _EVENT_COMES_WITHIN <= ended <= self._time + _SKEW
        began = parse_time(accepted)
        return began is None or self._time - _KEPT <= began < self._time

    def _may_be_the_events(self, export: WorkRequest) -> bool:
        """Whether it runs, and the event may be its: an image is exported once at a time."""
        began = parse_time(export.accepted)
        return not export.has_ended and bool(began and self._time - _KEPT <= began <= self._time - _SKEW)

    def _last(self, record: Record | None) -> Ending | None:
        """The last ending from the event's time that was announced: now; else before, as the record says."""
        before = [
            ending_of(entry) for entry in (record.exports if record else ()) if entry["status"] in _ENDED
        ]
        for endings in (self._endings.values(), before):
            in_time = [ending for ending in endings if self._is_in_time(ending.accepted, ending.finished)]
            if in_time:
                return max(in_time, key=lambda ending: _moment(ending.finished))
        return None


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


def _no_answer_yet(entry: Entry) -> WorkRequest:
    return WorkRequest(entry["workRequestId"], None, None, entry["timeAccepted"], None, None, None)


def _moment(time: str | None) -> float:
    moment = parse_time(time)
    return moment.timestamp() if moment else 0.0
