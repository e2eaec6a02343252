"""Exports with a record: one that it knows is not begun again unless it failed, and one that was accepted is
written down.
"""

import orjson

from handlers.clock import rfc3339
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.errors import ServiceRefusal
from handlers.operations.acceptance import TOKEN_WAS_USED, Accepted, Export, shown_token, token_of_attempt
from handlers.records import (
    ACCEPTED,
    FAILED,
    SUCCEEDED,
    Entry,
    Record,
    Store,
    destination_of,
    export_entry,
    kind_of,
)

MOST_ATTEMPTS = 3


class RecordedExport:
    """What its image's record says of one request to export, and what is written down of it."""

    def __init__(self, export: Export, store: Store, context: Context) -> None:
        self._export = self._begun = export
        self._store = store
        self._context = context

    def decide(self) -> Export | Accepted:
        """Reads the record: the export that this request has already, or the one to begin.

        Raises ServiceRefusal 409 where a caller's token was used for another one; NotAllowed where the one to
        begin anew may not go where it went before.
        """
        export, record = self._export, self._store.read()
        if record is None:
            return self._begun
        if export.token_of == "event":  # noqa: S105  # no token
            return self._decide_for_event(record)
        if export.token_of == "catch-up":  # noqa: S105  # no token
            # What began it knew no export of this image that runs or has succeeded.
            attempts = record.attempts(self._context.settings)
            return self._known(attempts[0]) if attempts and _is_good(attempts[0]) else export
        entry = record.of_call(self._shown_token(export), self._context.clock.now())
        if entry is None:
            return export
        if (destination_of(entry), entry["exportFormat"]) != (export.destination, export.export_format):
            raise ServiceRefusal(
                409,
                TOKEN_WAS_USED,
                "The retry token was used for an export of this image to another destination or in another"
                " format.",
                service="Compute",
            )
        return self._known(entry)

    def add(self, accepted: Accepted) -> None:
        """Writes an accepted export down."""
        export = accepted.export
        entry = export_entry(
            retryToken=self._shown_token(export),
            workRequestId=accepted.work_request_id,
            destination=export.destination.document,
            exportFormat=export.export_format,
            trigger=accepted.trigger,
            # As exact as Compute's own, beside which it is sorted.
            timeAccepted=rfc3339(accepted.time or self._context.began, "milliseconds"),
            preauthenticatedRequestId=accepted.par_id,
        )
        self._store.add(entry, accepted.image.document if accepted.image else None)

    @property
    def image(self) -> Answer | None:
        """The recorded image."""
        image = self._store.record.image if self._store.record else None
        return Answer(image, orjson.dumps(image)) if image else None

    def _decide_for_event(self, record: Record) -> Export | Accepted:
        own = record.of_event(self._context.requester.id)
        attempts = record.attempts(self._context.settings)
        newest = attempts[0] if attempts else None
        by_catch_up = (entry for entry in attempts if kind_of(entry) == "catch-up" and _is_good(entry))
        known = own if own and own["status"] not in FAILED else next(by_catch_up, None)
        if known is None and own and newest and newest["status"] not in FAILED:
            known = newest
        if known:
            return self._known(known)
        if own and own not in attempts:
            # To where, or in a format in which, events no longer export.
            return self._given_up(own)
        if newest is None or newest["status"] not in FAILED:
            return self._export
        if len(attempts) >= MOST_ATTEMPTS:
            return self._given_up(newest)
        self._begun = begun_anew(self._export, attempts)
        self._context.settings.allow_list.check(self._begun.destination)
        return self._begun

    def _known(self, entry: Entry) -> Accepted:
        export = self._export
        return Accepted(
            "export was accepted before, as its record says",
            export._replace(
                destination=destination_of(entry) or export.destination,
                export_format=entry["exportFormat"] or export.export_format,
                retry_token=entry["retryToken"] or export.retry_token,
            ),
            entry["trigger"] or self._context.requester.document,
            entry["workRequestId"],
        )

    def _given_up(self, entry: Entry) -> Accepted:
        return self._known(entry)._replace(
            how="export failed before, and is not begun anew", failed_as=entry["status"]
        )

    def _shown_token(self, export: Export) -> str:
        return shown_token(export.retry_token, self._context.redactor)


def begun_anew(export: Export, attempts: list[Entry]) -> Export:
    """The next attempt after these failed: the same object, in an entry and under a token of its own."""
    return export._replace(
        destination=destination_of(attempts[0]) or export.destination,
        retry_token=token_of_attempt(export.retry_token, len(attempts) + 1),
    )


def _is_good(entry: Entry) -> bool:
    return entry["status"] in (ACCEPTED, SUCCEEDED)
