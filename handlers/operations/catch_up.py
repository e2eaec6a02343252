"""Catch-up: each custom image of a compartment is in the events' bucket, and each ending was announced.

Events say that something changed; nothing says that every event came. A catch-up looks at what is. It is
built of what is there: the record, the export, and the settling of endings.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from handlers import messages
from handlers.clock import parse_time, rfc3339
from handlers.cloud.api import Page
from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.errors import (
    ExportError,
    InvalidParameter,
    Misconfigured,
    NotAnnounced,
    NoTime,
    ServiceRefusal,
)
from handlers.names import image_in, object_name_of_image
from handlers.operations.acceptance import KNOWN_ISSUE, CreatedImage, Export, shown_token, token_of_catch_up
from handlers.operations.endings import Settling, work_request_of
from handlers.operations.export_image import export_image
from handlers.operations.recorded_export import MOST_ATTEMPTS
from handlers.records import (
    ACCEPTED,
    FAILED,
    REJECTED,
    UNKNOWN,
    Entry,
    Record,
    Store,
    accepted_at,
    destination_of,
    export_entry,
)
from handlers.settings import Settings

_STATES = ("AVAILABLE", "EXPORTING")
# The event comes first.
_YOUNGEST = timedelta(hours=1)
_MOST_IMAGES, _PAGE = 20_000, "50"
# Compute keeps work requests for 12 hours: if one is not found before that, a permission is missing.
_KEPT = timedelta(hours=13)
_REJECTED_FOR = timedelta(days=7)
# Parts of the time for the work.
_TURN, _SHORTEST_TURN, _LAST_TURN_BEGINS = 1 / 10, 5.0, 2 / 3
_MOST_TRIES = 3
_MOST_LISTED = 100
# Such refusals in a row speak of the function or the tenancy, and the next image would meet the same.
_MOST_IN_A_ROW = 3
_COMPUTES = ("Compute", "Work Requests")
# Codes of a 400 that are none of the image's.
_OF_THE_TENANCY = frozenset({"LimitExceeded", "QuotaExceeded", "RelatedResourceNotAuthorizedOrNotFound"})


class CatchUp(NamedTuple):
    """A compartment to catch up with. ``compartment_name``: for the template of object names. ``dry_run``:
    says what would be done, and does nothing.
    """

    compartment_id: str
    compartment_name: str | None
    dry_run: bool


class _Image(NamedTuple):
    """What an image's turn needs to know of it."""

    id: str
    name: str | None
    created: datetime


class _RunEnds(Exception):
    """The image at hand is what ``outcome`` says, and the others are left for the next run."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def catch_up(context: Context, asked: CatchUp) -> dict[str, Any]:
    """What each image is after its turn, and what was done, as the reply has it.

    Raises ExportError where the images can't be listed.
    """
    run = _Run(context, asked)
    images = _images(asked.compartment_id, context)
    for image in images:
        run.take_turn(image)
    return run.reply(len(images))


def _images(compartment_id: str, context: Context) -> list[_Image]:
    """The compartment's custom images, the oldest first; platform images belong to none, or to another."""
    found: list[_Image] = []
    latest = context.began - _YOUNGEST
    page: Page | None = Page(limit=_PAGE, sort_order="ASC")
    seen: set[str | None] = set()
    while page and page.page not in seen and len(found) < _MOST_IMAGES:
        seen.add(page.page)
        answer = context.cloud.list_images(compartment_id, page)
        for entry in answer.document:
            if not isinstance(entry, dict) or entry.get("compartmentId") != compartment_id:
                continue
            image_id, created = image_in(entry.get("id")), parse_time(entry.get("timeCreated"))
            is_exportable = entry.get("lifecycleState") in _STATES
            if image_id and created and created < latest and is_exportable:
                name = entry.get("displayName")
                found.append(_Image(image_id, name if isinstance(name, str) else None, created))
        token = answer.headers.get("opc-next-page")
        page = page._replace(page=token) if token else None
    return sorted(found[:_MOST_IMAGES], key=lambda image: image.created)


def check_configured(settings: Settings) -> tuple[tuple[str, str], Place]:
    """The events' bucket, and the records. Raises Misconfigured where one of them is not configured."""
    bucket, records = settings.event_destination, settings.export_records
    if bucket and records:
        return bucket, records
    missing = [] if bucket else ["EXPORT_NAMESPACE and EXPORT_BUCKET"]
    missing += [] if records else ["EXPORT_RECORDS"]
    raise Misconfigured(f"A catch-up needs {' and '.join(missing)}.")


class _Run:
    """One catch-up on its way through the images."""

    def __init__(self, context: Context, asked: CatchUp) -> None:
        self._context, self._asked = context, asked
        self._bucket, self._records = check_configured(context.settings)
        self._seconds = context.cloud.seconds_left()
        self._is_over = False
        self._refused_in_a_row = 0
        self._rejected_now = 0
        self._given_up = 0
        self._counts = dict.fromkeys(("done", "exported", "running", "rejected", "failed", "left"), 0)
        self._exported: list[dict[str, Any]] = []
        self._announced: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []

    def take_turn(self, image: _Image) -> None:
        """Does for one image what is to be done, if there is time for a turn."""
        context = self._context
        gone = self._seconds - context.cloud.seconds_left()
        if self._is_over or gone >= self._seconds * _LAST_TURN_BEGINS:
            self._counts["left"] += 1
            return
        context.image_id, context.image_name, context.destination = image.id, image.name, None
        try:
            with context.cloud.turn(max(_SHORTEST_TURN, self._seconds * _TURN), _MOST_TRIES):
                outcome = self._outcome(image)
        except _RunEnds as end:
            outcome, self._is_over = end.outcome, True
        except NoTime:
            outcome = "left"
        except ExportError as failure:
            outcome = self._outcome_of(failure, image)
        self._counts[outcome] += 1

    def reply(self, images: int) -> dict[str, Any]:
        """What came of it. Its numbers are in the invocation's line as well."""
        context, counts = self._context, self._counts
        context.image_id = context.image_name = context.destination = context.export_format = None
        context.work_request_id = context.service_request_id = context.code = None
        failed = counts["failed"] - self._given_up
        is_unfinished = bool(counts["left"] or failed)
        context.message = "looked for what to catch up with" if self._asked.dry_run else "caught up"
        context.message += ", unfinished" if is_unfinished else ""
        context.more = {"images": images, **counts, "announced": len(self._announced)}
        has_done_nothing = not (self._exported or self._announced or self._rejected_now)
        context.level = logging.ERROR if failed and has_done_nothing else logging.INFO
        return {
            "status": "unfinished" if is_unfinished else "caughtUp",
            "images": images,
            "done": counts["done"],
            "exported": self._exported[:_MOST_LISTED],
            "announced": self._announced[:_MOST_LISTED],
            "running": counts["running"],
            "rejected": counts["rejected"],
            "failed": self._failed[:_MOST_LISTED],
            "left": counts["left"],
        }

    def _outcome(self, image: _Image) -> str:
        """What the image is at the end of its turn. Raises ExportError or _RunEnds."""
        bucket, export_format = self._bucket, self._context.settings.export_format
        store = Store(self._context, self._records, image.id)
        record = store.load()
        settling = Settling(self._context, image.id, store, image.name, self._asked.compartment_id)
        newest = _newest(record, bucket, export_format)
        # The one that decides comes last: it may end the turn.
        states = {
            id(entry): self._as_it_is(entry, entry is newest, image, store, settling)
            for entry in sorted(record.exports, key=lambda entry: entry is newest)
        }
        record = record._replace(exports=tuple(states[id(entry)] for entry in record.exports))
        if record.succeeded_in(bucket, export_format):
            return "done"
        newest = _newest(record, bucket, export_format)
        attempts = record.attempts(bucket, export_format)
        if newest and newest["status"] == ACCEPTED:
            return "running"
        if newest and newest["status"] == REJECTED:
            if not self._is_older(newest, _REJECTED_FOR):
                return "rejected"
        elif newest and (newest["status"] not in FAILED or len(attempts) >= MOST_ATTEMPTS):
            self._context.log(logging.WARNING, f"the image is given up: {newest['status']}", imageId=image.id)
            self._failed.append({"imageId": image.id, "code": newest["status"]})
            self._given_up += 1
            return "failed"
        return self._export(image, store, newest, attempts)

    def _as_it_is(
        self, entry: Entry, is_decisive: bool, image: _Image, store: Store, settling: Settling
    ) -> Entry:
        """A recorded export with the status that it has by now; an ending is announced and recorded.

        Raises ExportError, or _RunEnds where it could not be announced.
        """
        if entry["status"] != ACCEPTED:
            return entry
        if entry["workRequestId"] is None:
            is_gone = is_decisive and self._is_older(entry, _KEPT)
            return self._unknown(entry, store) if is_gone else entry
        try:
            document = self._context.cloud.get_work_request(entry["workRequestId"]).document
        except ServiceRefusal as refusal:
            if refusal.passing or (is_decisive and not self._is_gone(refusal, entry)):
                raise
            what = "the work request of a recorded export can't be read"
            self._context.log(logging.WARNING, what, refusal, imageId=image.id)
            return self._unknown(entry, store) if self._is_gone(refusal, entry) else entry
        found = work_request_of(document)._replace(id=entry["workRequestId"])
        if not found.has_ended:
            return entry
        if not self._asked.dry_run:
            try:
                settling.settle(found)
            except NotAnnounced as failure:
                self._context.log(logging.ERROR, "an ending was not announced", failure, imageId=image.id)
                raise _RunEnds("left") from None
        self._announced.append({"imageId": image.id, "workRequestId": found.id, "status": found.status})
        return entry | {"status": found.status}

    def _unknown(self, entry: Entry, store: Store) -> Entry:
        """Nobody will know how it ended: nothing is announced of it."""
        unknown = entry | {"status": UNKNOWN}
        if not self._asked.dry_run:
            store.add(unknown)
        return unknown

    def _export(self, image: _Image, store: Store, newest: Entry | None, attempts: list[Entry]) -> str:
        context = self._context
        export = self._export_of(image, attempts)
        if self._asked.dry_run:
            context.settings.allow_list.check(export.destination)
            self._exported.append({"imageId": image.id, "workRequestId": None})
            return "exported"
        try:
            exported = export_image(export, context, store)
        except ExportError as failure:
            if _is_of_the_image(failure):
                self._refused_in_a_row = 0
                return self._reject(export, failure, store, newest)
            if not failure.passing:
                self._refused_in_a_row += 1
                self._is_over |= self._refused_in_a_row >= _MOST_IN_A_ROW
            raise
        self._refused_in_a_row = 0
        accepted = exported.accepted
        # What its record tells of by now was begun by another invocation.
        outcome = "running" if accepted.time is None else "exported"
        if outcome == "exported":
            self._exported.append({"imageId": image.id, "workRequestId": accepted.work_request_id})
        if exported.failure:
            raise _RunEnds(outcome)
        return outcome

    def _export_of(self, image: _Image, attempts: list[Entry]) -> Export:
        """The next attempt: to the newest one's object, if there was one. Raises InvalidParameter."""
        export_format = self._context.settings.export_format
        destination = destination_of(attempts[0]) if attempts else None
        if destination is None:
            try:
                name = object_name_of_image(
                    self._context.settings.export_object_name,
                    export_format,
                    image_id=image.id,
                    image_name=image.name,
                    compartment_name=self._asked.compartment_name,
                    event_id=image.id,
                    time=image.created,
                )
            except ValueError as error:
                raise InvalidParameter(f"The object name {error}.") from None
            destination = Destination(*self._bucket, name)
        return Export(
            image.id,
            destination,
            export_format,
            token_of_catch_up(image.id, destination, export_format, len(attempts) + 1),
            "catch-up",
            created=CreatedImage(image.name, self._asked.compartment_id, image.created),
        )

    def _reject(self, export: Export, refusal: ExportError, store: Store, newest: Entry | None) -> str:
        """Tells the topic, unless it was told before, and writes it down. Raises _RunEnds."""
        context, token = self._context, shown_token(export.retry_token, self._context.redactor)
        known = newest["errors"] if newest and newest["status"] == REJECTED else []
        if not known or known[0]["code"] != refusal.code:
            try:
                messages.publish_rejection(context, refusal, token)
            except ExportError as failure:
                context.log(logging.ERROR, "a rejection was not announced", failure, imageId=export.image_id)
                raise _RunEnds("left") from None
        store.add(
            export_entry(
                retryToken=token,
                destination=export.destination.document,
                exportFormat=export.export_format,
                trigger=context.requester.document,
                timeAccepted=rfc3339(context.clock.now(), "milliseconds"),
                status=REJECTED,
                errors=[{"code": refusal.code, "message": refusal.message}],
            )
        )
        self._rejected_now += 1
        return "rejected"

    def _outcome_of(self, failure: ExportError, image: _Image) -> str:
        if isinstance(failure, ServiceRefusal) and failure.passing:
            if failure.answered == 409:
                return "left"  # the image is busy
            if failure.answered == 429 and failure.service in _COMPUTES:
                self._is_over = True
                return "left"
        self._context.log(logging.ERROR, "the image could not be caught up with", failure, imageId=image.id)
        self._failed.append({"imageId": image.id, "code": failure.code})
        return "failed"

    def _is_gone(self, refusal: ServiceRefusal, entry: Entry) -> bool:
        return refusal.answered == 404 and self._is_older(entry, _KEPT)

    def _is_older(self, entry: Entry, than: timedelta) -> bool:
        accepted = accepted_at(entry)
        return accepted is None or self._context.clock.now() - accepted >= than


def _newest(record: Record, bucket: tuple[str, str], export_format: str) -> Entry | None:
    """The newest attempt or rejection."""
    return next(iter(record.attempts(bucket, export_format, with_rejections=True)), None)


def _is_of_the_image(failure: ExportError) -> bool:
    """Whether Compute refused this image for good; what speaks of the function or the tenancy does not."""
    return (
        isinstance(failure, ServiceRefusal)
        and failure.service == "Compute"
        and not failure.passing
        and failure.answered in (400, 409, 412)
        and failure.code not in _OF_THE_TENANCY
        and not failure.message.startswith(KNOWN_ISSUE)
    )
