"""Catch-up: each custom image of a compartment is in the events' bucket, and each ending was announced.

Events say that something changed; nothing says that every event came. A catch-up looks at what is. It is
built of what is there: the record, the export, and the settling of endings.
"""

import logging
from datetime import timedelta
from typing import Any, NamedTuple

from handlers import messages, records
from handlers.clock import parse_time, rfc3339
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.errors import ExportError, Misconfigured, NotAnnounced, NoTime, ServiceRefusal
from handlers.names import image_in
from handlers.operations.endings import has_ended, read_work_request, settle
from handlers.operations.export_image import (
    KNOWN_ISSUE,
    Export,
    Image,
    destination_by_template,
    export_image,
    shown_token,
    token_of_catch_up,
)
from handlers.records import Entry, Record, Store
from handlers.settings import Settings

_STATES = ("AVAILABLE", "EXPORTING")
# The event comes first.
_YOUNGEST = timedelta(hours=1)
# Compute keeps work requests for 12 hours: if one is not found before that, a permission is missing.
_KEPT = timedelta(hours=13)
_REJECTED_FOR = timedelta(days=7)
# Parts of the time for the work.
_TURN, _SHORTEST_TURN, _LAST_TURN_BEGINS = 1 / 10, 5.0, 2 / 3
_MOST_TRIES = 3
_MOST_LISTED = 100
# As long as Compute's are (API reference, displayName): twenty thousand are kept.
_LONGEST_NAME = 255
# Such refusals in a row speak of the function or the tenancy, and the next image would meet the same.
_MOST_IN_A_ROW = 3
# Codes of a 400 that are none of the image's.
_OF_THE_TENANCY = frozenset({"LimitExceeded", "QuotaExceeded", "RelatedResourceNotAuthorizedOrNotFound"})


class CatchUp(NamedTuple):
    """A compartment to catch up with. ``compartment_name``: for the template of object names. ``dry_run``:
    says what would be done, and does nothing.
    """

    compartment_id: str
    compartment_name: str | None
    dry_run: bool


def catch_up(context: Context, asked: CatchUp) -> dict[str, Any]:
    """What each image is after its turn, and what was done, as the reply has it.

    Raises ExportError where the images can't be listed.
    """
    run = _Run(context, asked)
    images = _images(asked, context)
    for image in images:
        run.take_turn(image)
    return run.reply(len(images))


def _images(asked: CatchUp, context: Context) -> list[Image]:
    """The compartment's custom images, the oldest first; platform images belong to none, or to another."""
    compartment_id, compartment_name, _ = asked
    found: dict[str, Image] = {}
    for listed in context.cloud.images_of(compartment_id):
        image_id, created = image_in(listed.get("id")), parse_time(listed.get("timeCreated"))
        is_exportable = (
            listed.get("compartmentId") == compartment_id and listed.get("lifecycleState") in _STATES
        )
        if image_id and created and context.began - created > _YOUNGEST and is_exportable:
            name = Answer(listed).text("displayName")
            name = name and name[:_LONGEST_NAME]
            found[image_id] = Image(image_id, name, compartment_id, compartment_name, created)
    return sorted(found.values(), key=lambda image: image.time)


def check_configured(settings: Settings) -> Place:
    """Where the records are. Raises Misconfigured where they, or the events' bucket, are not configured."""
    if settings.event_destination and settings.export_records:
        return settings.export_records
    missing = [] if settings.event_destination else ["EXPORT_NAMESPACE and EXPORT_BUCKET"]
    missing += [] if settings.export_records else ["EXPORT_RECORDS"]
    raise Misconfigured(f"A catch-up needs {' and '.join(missing)}.")


class _Run:
    """One catch-up on its way through the images."""

    def __init__(self, context: Context, asked: CatchUp) -> None:
        self._context, self._dry_run = context, asked.dry_run
        self._settings, self._place = context.settings, check_configured(context.settings)
        self._seconds = context.cloud.seconds_left()
        self._is_over = False
        self._refused_in_a_row = 0
        self._rejected_now = 0
        self._given_up = 0
        self._counts = dict.fromkeys(
            ("done", "exported", "announced", "running", "rejected", "failed", "left"), 0
        )
        self._listed: dict[str, list[dict[str, Any]]] = {"exported": [], "announced": [], "failed": []}

    def take_turn(self, image: Image) -> None:
        """Does for one image what is to be done, if there is time for a turn."""
        context = self._context
        gone = self._seconds - context.cloud.seconds_left()
        if self._is_over or gone >= self._seconds * _LAST_TURN_BEGINS:
            self._counts["left"] += 1
            return
        context.image_id, context.image_name, context.destination = image.id, image.name, None
        refused_before = self._refused_in_a_row
        try:
            with context.cloud.turn(max(_SHORTEST_TURN, self._seconds * _TURN), _MOST_TRIES):
                outcome = self._outcome(image)
        except ExportError as failure:
            outcome = self._outcome_of(failure, image)
        self._counts[outcome] += 1
        if self._refused_in_a_row == refused_before:
            self._refused_in_a_row = 0
        self._is_over |= self._refused_in_a_row >= _MOST_IN_A_ROW

    def reply(self, images: int) -> dict[str, Any]:
        """What came of it. Its numbers are in the invocation's line as well."""
        context, counts = self._context, self._counts
        context.image_id = context.image_name = context.destination = context.export_format = None
        context.work_request_id = context.service_request_id = context.code = None
        failed = counts["failed"] - self._given_up
        is_unfinished = bool(counts["left"] or failed)
        context.message = "looked for what to catch up with" if self._dry_run else "caught up"
        context.message += ", unfinished" if is_unfinished else ""
        context.more = {"images": images, **counts}
        has_done_nothing = not (counts["exported"] or counts["announced"] or self._rejected_now)
        context.level = logging.ERROR if failed and has_done_nothing else logging.INFO
        status = "unfinished" if is_unfinished else "caughtUp"
        return {"status": status, "images": images, **counts, **self._listed}

    def _outcome(self, image: Image) -> str:
        """What the image is at the end of its turn. Raises ExportError."""
        store = Store(self._context, self._place, image.id)
        record = store.load()
        newest = self._newest(record)
        # What decides comes last: it may end the turn.
        for entry in sorted(record.exports, key=lambda entry: entry is newest):
            if entry["status"] == records.ACCEPTED:
                is_decisive = entry is newest and not record.has_succeeded(self._settings)
                record = record.with_export(self._as_it_is(entry, is_decisive, image, store))
        if record.has_succeeded(self._settings):
            return "done"
        newest, attempts = self._newest(record), record.attempts(self._settings)
        status = newest["status"] if newest else None
        if status == records.ACCEPTED:
            return "running"
        if newest and status == records.REJECTED and not self._is_older(newest, _REJECTED_FOR):
            return "rejected"
        if status in (None, records.REJECTED, *records.FAILED) and len(attempts) < records.MOST_ATTEMPTS:
            return self._export(image, store, newest, attempts)
        self._context.log(logging.WARNING, f"the image is given up: {status}", imageId=image.id)
        self._list("failed", image, code=status)
        self._given_up += 1
        return "failed"

    def _newest(self, record: Record) -> Entry | None:
        """The newest attempt or rejection."""
        return next(iter(record.attempts(self._settings, with_rejections=True)), None)

    def _as_it_is(self, entry: Entry, is_decisive: bool, image: Image, store: Store) -> Entry:
        """An export that ran with what has become of it; an ending is announced and recorded.

        Raises ExportError; for one that does not decide, only what passes.
        """
        context, work_request_id = self._context, entry["workRequestId"]
        if work_request_id is None:
            return self._unknown(entry, store) if is_decisive and self._is_older(entry, _KEPT) else entry
        try:
            found = read_work_request(work_request_id, context)
        except ServiceRefusal as refusal:
            is_gone = refusal.answered == 404 and self._is_older(entry, _KEPT)
            if refusal.passing or (is_decisive and not is_gone):
                raise
            what = "the work request of a recorded export can't be read"
            context.log(logging.WARNING, what, refusal, imageId=image.id)
            return self._unknown(entry, store) if is_gone else entry
        if not has_ended(found):
            return entry
        if not self._dry_run:
            ending = settle(found, image, store, context)
            if ending.message_id is None:
                return ending.entry
        self._list("announced", image, workRequestId=work_request_id, status=found["status"])
        self._counts["announced"] += 1
        return entry | {"status": found["status"]}

    def _unknown(self, entry: Entry, store: Store) -> Entry:
        """Nobody will know how it ended: nothing is announced of it."""
        unknown = entry | {"status": records.UNKNOWN}
        if not self._dry_run:
            store.add(unknown)
        return unknown

    def _export(self, image: Image, store: Store, newest: Entry | None, attempts: list[Entry]) -> str:
        context, export = self._context, self._export_of(image, attempts)
        try:
            if self._dry_run:
                context.settings.allow_list.check(export.destination)
                self._list("exported", image, workRequestId=None)
                return "exported"
            exported = export_image(export, context)
        except ExportError as failure:
            if isinstance(failure, ServiceRefusal) and _is_of_the_image(failure):
                return self._reject(export, failure, store, newest)
            self._refused_in_a_row += not failure.passing or failure.status == 401
            raise
        self._is_over = exported.failure is not None
        if exported.accepted.time is None:
            return "running"  # as its record tells by now: another invocation began it
        self._list("exported", image, workRequestId=exported.accepted.work_request_id)
        return "exported"

    def _export_of(self, image: Image, attempts: list[Entry]) -> Export:
        """The next attempt: to the newest one's object, if there was one. Raises InvalidParameter."""
        export_format = self._settings.export_format
        destination = Destination.of(attempts[0]["destination"]) if attempts else None
        if destination is None:
            destination = destination_by_template(image, image.id, self._settings)
        token = token_of_catch_up(image.id, destination, export_format, len(attempts) + 1)
        return Export(image.id, destination, export_format, token, "catch-up", created=image)

    def _reject(self, export: Export, refusal: ServiceRefusal, store: Store, newest: Entry | None) -> str:
        """Tells the topic, unless it was told before, and writes it down. Raises NotAnnounced."""
        context, token = self._context, shown_token(export.retry_token, self._context.redactor)
        known = newest["errors"] if newest and newest["status"] == records.REJECTED else []
        if not known or known[0]["code"] != refusal.code:
            try:
                messages.publish_rejection(context, refusal, token)
            except ExportError as failure:
                raise NotAnnounced("The image was refused, but that was not announced", failure) from None
        store.add(
            {
                "retryToken": token,
                "destination": export.destination.document,
                "exportFormat": export.export_format,
                "trigger": context.requester.document,
                "timeAccepted": rfc3339(context.clock.now(), "milliseconds"),
                "status": records.REJECTED,
                "errors": [{"code": refusal.code, "message": refusal.message}],
            }
        )
        self._rejected_now += 1
        return "rejected"

    def _outcome_of(self, failure: ExportError, image: Image) -> str:
        match failure:
            case NoTime():
                return "left"
            case ServiceRefusal(service="Compute" | "Work Requests", passing=True, answered=409 | 429):
                # The image is busy, or Compute throttles.
                self._is_over |= failure.answered == 429
                return "left"
        self._context.log(logging.ERROR, "the image could not be caught up with", failure, imageId=image.id)
        if isinstance(failure, NotAnnounced):
            self._is_over = True
            return "left"
        self._list("failed", image, code=failure.code)
        return "failed"

    def _list(self, where: str, image: Image, **what: str | None) -> None:
        """Adds it to that list of the reply, which is no longer than anybody reads."""
        if len(self._listed[where]) < _MOST_LISTED:
            self._listed[where].append({"imageId": image.id, **what})

    def _is_older(self, entry: Entry, than: timedelta) -> bool:
        accepted = parse_time(entry["timeAccepted"])
        return accepted is None or self._context.clock.now() - accepted >= than


def _is_of_the_image(refusal: ServiceRefusal) -> bool:
    """Whether Compute refused this image for good; what speaks of the function or the tenancy does not."""
    return (
        not refusal.passing
        and refusal.answered in (400, 409, 412)
        and refusal.code not in _OF_THE_TENANCY
        and not refusal.message.startswith(KNOWN_ISSUE)
    )
