"""An ending with its record: it tells where the object is, and learns how its export ended."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.errors import ExportError
from handlers.messages import KnownExport
from handlers.messages.data import StoredObject
from handlers.records import Record, RecordedError, RecordedExport, RecordedObject
from handlers.records.store import Store
from handlers.services import WorkRequest, WorkRequestError

# Looking at the object, and deleting a pre-authenticated request, may take so much of the time left each.
_SHARE = 0.25


class RecordedEnding:
    """The record of an image whose export ended."""

    def __init__(self, image_id: str, place: Place, context: Context) -> None:
        self._context = context
        self._store = Store(context, place, image_id)
        self._record = self._store.read()

    def newest_before(self, time: datetime | None) -> tuple[datetime, str] | None:
        """The newest recorded export that was accepted until then: when, and its work request."""
        return next(self._record.accepted_before(time), None) if self._record else None

    def complete(self, ended: WorkRequest, errors: Sequence[WorkRequestError]) -> KnownExport:
        """Writes the ending down as it is, and returns what the record knows of its export."""
        known = self._record.with_work_request(ended["id"]) if self._record else None
        destination = _destination(known)
        stored = self._look(destination) if destination and ended.get("status") == "SUCCEEDED" else None
        ending = RecordedExport(
            work_request_id=ended["id"],
            time_accepted=ended.get("timeAccepted"),
            status=str(ended.get("status")),
            time_finished=ended.get("timeFinished"),
            errors=[RecordedError(**error) for error in errors],
            object=RecordedObject.model_validate(stored) if stored else None,
        )
        par_id = known.preauthenticated_request_id if known else None
        is_deleted = bool(par_id and destination and self._delete(destination, par_id))
        self._store.write(lambda record: _with_ending(record, ending, par_id if is_deleted else None))
        return self._known(known, stored)

    def _known(self, known: RecordedExport | None, stored: StoredObject | None) -> KnownExport:
        image = self._record.image if self._record else None
        name = image.get("displayName") if image else None
        destination, trigger = _destination(known), known.trigger if known else None
        return KnownExport(
            self._context.shown_place(destination).names if destination else None,
            known.export_format if known else None,
            {"kind": trigger.kind, "id": trigger.id} if trigger else None,
            stored,
            name if isinstance(name, str) else None,
        )

    def _look(self, destination: Destination) -> StoredObject | None:
        context = self._context
        try:
            found = context.retries.call(
                lambda until: context.services.object_storage.head(destination, until=until), self._until()
            )
        except ExportError as failure:
            context.log(logging.WARNING, "the exported object can't be looked at", failure)
            return None
        stored: StoredObject = {
            "sizeInBytes": found.size_in_bytes,
            "etag": found.etag,
            "md5": found.md5,
            "timeModified": found.time_modified,
        }
        return cast("StoredObject", context.redactor.document(stored))

    def _delete(self, destination: Destination, par_id: str) -> bool:
        """Whether the used pre-authenticated request is deleted: only where exports are allowed still, for a
        record is no proof of what the function may touch.
        """
        context = self._context
        try:
            context.settings.allow_list.check(destination)
            context.retries.call(
                lambda until: context.services.object_storage.delete_preauthenticated_request(
                    destination, par_id, until=until
                ),
                self._until(),
            )
        except ExportError as failure:
            context.log(logging.WARNING, "a pre-authenticated request was not deleted", failure)
            return False
        return True

    def _until(self) -> float:
        retries = self._context.retries
        return retries.share(_SHARE, retries.budget.announcement)


def _destination(known: RecordedExport | None) -> Destination | None:
    place = known.destination if known else None
    return Destination(place.namespace_name, place.bucket_name, place.object_name) if place else None


def _with_ending(record: Record, ending: RecordedExport, deleted_par_id: str | None) -> Record:
    record = record.with_export(ending)
    exports = [
        export.model_copy(update={"preauthenticated_request_id": None})
        if deleted_par_id and export.preauthenticated_request_id == deleted_par_id
        else export
        for export in record.exports
    ]
    return record.model_copy(update={"exports": exports})
