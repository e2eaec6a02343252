"""The record of an image's exports: what was exported where, and how it ended.

One JSON object for each image in Object Storage. It makes endings complete, exports once beyond the 24 hours
for which Compute keeps retry tokens, and keeps what an export loses: the image's name, tags and launch
options.

``Record`` is pure. ``Store`` reads and writes it, as a best effort: what fails is an ERROR in the log, never
the invocation's failure. Writes are conditional, so that two writers at once don't lose each other's
exports. What can't be read is never overwritten.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from handlers.clock import parse_time, timestamp
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.settings import Settings

# One export, as in the document below.
Entry = dict[str, Any]

ACCEPTED = "ACCEPTED"
SUCCEEDED = "SUCCEEDED"
REJECTED = "REJECTED"
UNKNOWN = "UNKNOWN"
# Such an export can be begun anew.
FAILED = frozenset({"FAILED", "CANCELED", UNKNOWN})
# What is found of it later takes the place of such a status.
_OPEN = frozenset({ACCEPTED, REJECTED, UNKNOWN})
_GOOD = frozenset({ACCEPTED, SUCCEEDED})

# In brackets: what may be null.
_TEXT = (str,)
_OBJECT = {"sizeInBytes": int, "etag": _TEXT, "md5": _TEXT, "timeModified": _TEXT}
# A key whose value may be null may be missing. Keys of a later edition are kept.
_EXPORT = {
    "retryToken": _TEXT,
    "workRequestId": _TEXT,
    "destination": ({"namespaceName": str, "bucketName": str, "objectName": str},),
    "exportFormat": _TEXT,
    "trigger": ({"kind": str, "id": str},),
    "timeAccepted": _TEXT,
    "preauthenticatedRequestId": _TEXT,
    "status": _TEXT,
    "timeFinished": _TEXT,
    "errors": ([{"code": str, "message": str}],),
    "object": (_OBJECT,),
}
_RECORD = {"imageId": str, "image": (dict,), "exports": ([_EXPORT],)}

# As long as at Compute (API reference, opc-retry-token).
LIFE_OF_TOKEN = timedelta(hours=24)
MOST_ATTEMPTS = 3
_MOST_EXPORTS = 50
_LARGEST_RECORD, _LARGEST_IMAGE = 1024 * 1024, 512 * 1024
_MOST_ERRORS, _LONGEST_ERROR = 10, 1024
# Reading leaves three quarters of the time for the export, writing half of it for the announcement.
_PART_OF_READING, _PART_OF_WRITING = 0.25, 0.5


def export_entry(**known: Any) -> Entry:
    """An export with all its keys; what is not known is null, and what a later edition wrote is kept."""
    errors = [
        error | {key: error[key][:_LONGEST_ERROR] for key in ("code", "message")}
        for error in (known.get("errors") or [])[:_MOST_ERRORS]
    ]
    return dict.fromkeys(_EXPORT) | known | {"status": known.get("status") or ACCEPTED, "errors": errors}


def _kind_of(entry: Entry) -> str | None:
    """Who asked for an export: ``gateway``, ``direct``, ``event`` or ``catch-up``."""
    return (entry.get("trigger") or {}).get("kind")


def is_settled(entry: Entry) -> bool:
    """Whether its ending is recorded, and so announced; a status of a later edition counts as one."""
    return entry["status"] not in _OPEN


class Record(NamedTuple):
    """The exports of one image, newest first. ``image``: as Compute answered the newest export.

    ``more`` has the keys of a later edition.
    """

    image_id: str
    image: dict[str, Any] | None = None
    exports: tuple[Entry, ...] = ()
    more: Mapping[str, Any] = {}

    @classmethod
    def read(cls, document: Any, image_id: str) -> "Record":
        """The record in a document. Raises NoAnswer where it is none of this edition, or another image's."""
        wrong = sorted(set(_wrong(document, _RECORD, "")))
        if wrong:
            raise NoAnswer(f"The record is not one of this edition: see {', '.join(wrong)[:200]}.")
        more = dict(document)
        if more.pop("imageId") != image_id:
            raise NoAnswer("The record is another image's.")
        image, exports = more.pop("image", None), more.pop("exports", None) or []
        return cls(image_id, image, tuple(export_entry(**entry) for entry in exports), more)

    @property
    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return {"imageId": self.image_id, "image": self.image, "exports": list(self.exports), **self.more}

    def with_work_request(self, work_request_id: str | None) -> Entry | None:
        """The export that has this work request."""
        return next(
            (e for e in self.exports if work_request_id and e["workRequestId"] == work_request_id), None
        )

    def of_event(self, event_id: str) -> Entry | None:
        """The newest export that this event asked for."""
        wanted = {"kind": "event", "id": event_id}
        return next((e for e in self.exports if (e["trigger"] or {}).items() >= wanted.items()), None)

    def of_call(self, retry_token: str, now: datetime) -> Entry | None:
        """The newest export that a caller asked for under this token, in the last 24 hours."""
        for entry in self.exports:
            if entry["retryToken"] == retry_token and _kind_of(entry) not in ("event", "catch-up"):
                accepted = parse_time(entry["timeAccepted"])
                return entry if accepted and now - accepted < LIFE_OF_TOKEN else None
        return None

    def attempts(self, settings: Settings, *, with_rejections: bool = False) -> list[Entry]:
        """The exports of events and catch-ups to the events' bucket in the events' format, newest first."""
        return [
            entry
            for entry in self.exports
            if _kind_of(entry) in ("event", "catch-up")
            and (with_rejections or entry["status"] != REJECTED)
            and _is_as_by_event(entry, settings)
        ]

    def failed_attempts(self, settings: Settings) -> list[Entry]:
        """All attempts, if the newest one failed; else none."""
        attempts = self.attempts(settings)
        return attempts if attempts and attempts[0]["status"] in FAILED else []

    def known_to_event(self, event_id: str, settings: Settings) -> tuple[Entry | None, bool]:
        """The export that is the answer to this event, whoever asked for it; and whether it failed for good.

        None where one is to be begun.
        """
        own, attempts = self.of_event(event_id), self.attempts(settings)
        newest = attempts[0] if attempts else None
        if own and own["status"] not in FAILED:
            return own, False
        for entry in attempts:
            if _kind_of(entry) == "catch-up" and entry["status"] in _GOOD:
                return entry, False
        if newest and newest["status"] not in FAILED:
            return newest if own else None, False
        if own and own not in attempts:
            # To where, or in a format in which, events no longer export.
            return own, True
        return (newest, True) if len(attempts) >= MOST_ATTEMPTS else (None, False)

    def known_to_catch_up(self, settings: Settings) -> Entry | None:
        """The newest attempt, if it runs or has succeeded."""
        attempts = self.attempts(settings)
        return attempts[0] if attempts and attempts[0]["status"] in _GOOD else None

    def has_succeeded(self, settings: Settings) -> bool:
        """Whether an export to the events' bucket in the events' format succeeded, whoever asked for it."""
        return any(e["status"] == SUCCEEDED and _is_as_by_event(e, settings) for e in self.exports)

    def with_export(self, export: Entry, image: dict[str, Any] | None = None) -> "Record":
        """The record with this export in it, completed if it is there already, and with the image if it is
        the newest one's.
        """
        same = [known for known in self.exports if _is_same(known, export)]
        for known in same:
            export = _completed(known, export)
        others = [known for known in self.exports if known not in same]
        exports = sorted([export, *others], key=lambda entry: timestamp(entry["timeAccepted"]), reverse=True)
        is_newest = exports[0] is export
        return self._replace(
            exports=tuple(exports), image=image if image and is_newest else self.image or image
        )

    def without_par(self, par_id: str | None) -> "Record":
        """The record without that pre-authenticated request, which is no more."""
        key = "preauthenticatedRequestId"
        exports = (entry | {key: None} if entry[key] == par_id else entry for entry in self.exports)
        return self._replace(exports=tuple(exports))

    def fitted(self, keep: Entry | None) -> tuple["Record", bytes]:
        """The record and its text, without the exports that are too many or too large; ``keep`` stays.

        First go those that others started, then callers' that have ended, then others: the oldest first.
        """
        leaving = sorted((entry for entry in self.exports if entry is not keep), key=_rank, reverse=True)
        record = self
        while True:
            if len(record.exports) <= _MOST_EXPORTS:
                text = orjson.dumps(record.document, option=orjson.OPT_INDENT_2)
                if len(text) <= _LARGEST_RECORD:
                    return record, text
            if leaving:
                gone = leaving.pop()
                record = record._replace(exports=tuple(e for e in record.exports if e is not gone))
            elif record.image is not None:
                record = record._replace(image=None)
            else:
                raise NoAnswer("The record is too large to be written.")


class Store:
    """The record of one image, for one invocation. ``record`` is None as long as it could not be read."""

    def __init__(self, context: Context, place: Place, image_id: str) -> None:
        name = "/".join((*place.prefix, f"{image_id}.json"))
        self._object = Destination(place.namespace, place.bucket, name)
        self._context = context
        self._image_id = image_id
        self._etag: str | None = None
        self.record: Record | None = None

    def read(self) -> Record | None:
        """The record as it is now; None where it can't be read."""
        with self._context.best_effort("the record can't be read", level=logging.ERROR):
            self.load()
        return self.record

    def load(self) -> Record:
        """The record as it is now, an empty one where there is none yet. Raises ExportError."""
        with self._context.cloud.part_of_time(_PART_OF_READING):
            return self._read()

    def add(
        self, known: Entry, image: dict[str, Any] | None = None, *, deleted_par_id: str | None = None
    ) -> None:
        """Writes down what is known of an export; where somebody else has written meanwhile, it is added to
        that.

        ``deleted_par_id``: a pre-authenticated request that is no more.
        """
        context = self._context
        export = context.redactor.document(export_entry(**known))
        if image is not None:
            image = context.redactor.document(image)
            if len(orjson.dumps(image, option=orjson.OPT_INDENT_2)) > _LARGEST_IMAGE:
                context.log(logging.WARNING, "the image is too large for its record")
                image = None

        with context.best_effort("the record can't be written", level=logging.ERROR, part=_PART_OF_WRITING):
            self._write(export, image, deleted_par_id)

    def _read(self) -> Record:
        cloud = self._context.cloud
        self.record, self._etag = None, None
        tries = 0
        while True:
            tries += 1
            try:
                answer = cloud.get_object(self._object)
            except ServiceRefusal as refusal:
                # Any other 404 may be a missing permission.
                if (refusal.answered, refusal.code) == (404, "ObjectNotFound"):
                    self.record = Record(self._image_id)
                    return self.record
                if not _is_overtaken(refusal) or not cloud.wait(tries):
                    raise
                continue
            try:
                return self._record_in(answer)
            except NoAnswer:
                # It may be a proxy's page: once more, for without its record an image may be exported twice.
                if tries > 1 or not cloud.wait(tries):
                    raise

    def _record_in(self, answer: Answer) -> Record:
        """Raises NoAnswer where it is none."""
        record = Record.read(answer.document, self._image_id)
        if answer.etag is None:
            raise NoAnswer("Object Storage answered without the record's etag.")
        self.record, self._etag = record, answer.etag
        return record

    def _write(self, export: Entry, image: dict[str, Any] | None, deleted_par_id: str | None) -> None:
        context, tries = self._context, 0
        while True:
            record = self.record or self._read()
            changed = record.with_export(export, image).without_par(deleted_par_id)
            if changed == record:
                return
            newest_attempt = next(iter(changed.attempts(context.settings)), None)
            changed, text = changed.fitted(keep=newest_attempt)
            try:
                self._etag = context.cloud.put_object(self._object, text, if_match=self._etag)
            except ServiceRefusal as refusal:
                tries += 1
                if not _is_overtaken(refusal) or not context.cloud.wait(tries):
                    raise
                self.record = None
            else:
                self.record = changed
                return


def _is_overtaken(refusal: ServiceRefusal) -> bool:
    """Whether another writer was first, or is at it right now.

    Source of the second: the SDK's own up- and downloads try exactly that again.
    """
    return refusal.answered == 412 or (refusal.answered, refusal.code) == (409, "ConcurrentObjectUpdate")


def _wrong(value: Any, shape: Any, place: str) -> Iterator[str]:
    """Where a document is not of that shape: the places' names, without indexes."""
    if isinstance(shape, tuple):
        if value is not None:
            yield from _wrong(value, shape[0], place)
    elif isinstance(shape, dict) and isinstance(value, dict):
        for key, inner in shape.items():
            yield from _wrong(value.get(key), inner, f"{place}.{key}".lstrip("."))
    elif isinstance(shape, list) and isinstance(value, list):
        for entry in value:
            yield from _wrong(entry, shape[0], place)
    elif not isinstance(shape, type) or not isinstance(value, shape) or isinstance(value, bool):
        yield place or "it"


def _is_as_by_event(entry: Entry, settings: Settings) -> bool:
    destination = Destination.of(entry["destination"])
    is_there = destination is not None and destination[:2] == settings.event_destination
    return is_there and entry["exportFormat"] == settings.export_format


def _is_same(known: Entry, other: Entry) -> bool:
    """Whether both are one export: the same work request, or the same request and no two work requests.

    But for an event's, a token counts for 24 hours: Compute forgets it, and it may come again.
    """
    if known["workRequestId"] and other["workRequestId"]:
        return bool(known["workRequestId"] == other["workRequestId"])
    same = all(
        known[key] is not None and known[key] == other[key]
        for key in ("retryToken", "destination", "exportFormat")
    )
    if not same or _kind_of(known) == "event":
        return same
    mine, others = parse_time(known["timeAccepted"]), parse_time(other["timeAccepted"])
    return mine is None or others is None or abs(mine - others) < LIFE_OF_TOKEN


def _completed(known: Entry, newer: Entry) -> Entry:
    """The known export with what the newer one tells besides. A final status never goes back."""
    if newer["status"] == REJECTED:
        return known
    told = {key: value for key, value in newer.items() if value not in (None, [])}
    if newer["status"] == known["status"] or is_settled(known):
        return {**known, **{key: value for key, value in told.items() if known.get(key) in (None, [])}}
    return {**known, **told, "errors": newer["errors"]}


def _rank(entry: Entry) -> int:
    """What goes first when a record is full."""
    if entry["retryToken"] is None:
        return 0
    return 1 if _kind_of(entry) not in ("event", "catch-up") and entry["status"] != ACCEPTED else 2
