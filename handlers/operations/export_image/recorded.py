"""Exports with a record: one that it knows is not begun again, and one that was accepted is written down."""

import orjson

from handlers.clock import rfc3339
from handlers.context import Context
from handlers.destinations import Place
from handlers.errors import ServiceRefusal
from handlers.operations.export_image import earlier, retry_token
from handlers.operations.export_image.attempt import TOKEN_WAS_USED, Accepted, Export
from handlers.operations.export_image.start import begin, with_image
from handlers.records import LIFE_OF_CALLERS_TOKEN, Record, RecordedExport, RecordedPlace, RecordedTrigger
from handlers.records.store import Store
from handlers.services import Answer


def start(export: Export, place: Place, context: Context) -> Accepted:
    """The accepted export, begun now or known before. Raises ExportError."""
    store = Store(context, place, export.image_id)
    record = store.read()
    token = _token(export, context)
    known = record.with_token(token) if record else None
    if record and known and _is_alive(known, export, context):
        if not _is_own(known, export, context):
            raise _other_export()
        return _again(known, record, export, context)
    accepted = begin(export, context)
    if accepted.token_was_used:
        # Another delivery may have written the record while this one tried.
        record = store.read()
        known = record.with_token(token) if record else None
        is_own = known and _is_alive(known, export, context) and _is_own(known, export, context)
        recorded = known.work_request_id if known and is_own else None
        accepted = accepted._replace(work_request_id=recorded or earlier.work_request_of(export, context))
    accepted = with_image(accepted, export, context)
    entry = _entry(accepted, token, export, context)
    image = context.redactor.document(accepted.image.document) if accepted.image else None
    store.write(lambda record: record.with_export(entry, image))
    return accepted


def _is_alive(known: RecordedExport, export: Export, context: Context) -> bool:
    """Whether the recorded token counts still: a caller's does for a day, the function's own for ever."""
    if export.token_of != "caller":  # noqa: S105  # no token
        return True
    accepted = known.accepted_at()
    return accepted is not None and context.clock.now() - accepted < LIFE_OF_CALLERS_TOKEN


def _is_own(known: RecordedExport, export: Export, context: Context) -> bool:
    """Whether the recorded export went to the same destination in the same format."""
    place = known.destination
    names = (place.namespace_name, place.bucket_name, place.object_name) if place else None
    # As it was written down: without secrets.
    own = context.shown_place(export.destination).names
    return names == tuple(own.values()) and known.export_format == export.export_format


def _other_export() -> ServiceRefusal:
    return ServiceRefusal(
        409,
        TOKEN_WAS_USED,
        "The retry token was used for an export of this image to another destination or in another format.",
        service="Compute",
        in_own_words=True,
    )


def _again(known: RecordedExport, record: Record, export: Export, context: Context) -> Accepted:
    accepted = Accepted("export was accepted before, as its record says", known.work_request_id)
    if export.created is not None:
        return accepted
    accepted = with_image(accepted, export, context)
    if accepted.image is None and record.image:
        accepted = accepted._replace(image=Answer(record.image, orjson.dumps(record.image)))
    return accepted


def _token(export: Export, context: Context) -> str:
    """The retry token as it is written down and looked for, so that two secrets don't become one mask."""
    token = export.retry_token
    return token if context.redactor.text(token) == token else retry_token.for_record(token)


def _entry(accepted: Accepted, token: str, export: Export, context: Context) -> RecordedExport:
    """The export as it is written down. Redacted here, and not as a whole: a caller's token that reads like
    an older entry's words must not change these.
    """
    place, requester, clean = context.shown_place(export.destination), context.requester, context.redactor
    return RecordedExport(
        retry_token=token,
        work_request_id=accepted.work_request_id and clean.text(accepted.work_request_id),
        destination=RecordedPlace(
            namespace_name=place.namespace, bucket_name=place.bucket, object_name=place.object_name
        ),
        export_format=export.export_format,
        trigger=RecordedTrigger(kind=requester.kind, id=clean.text(requester.id)),
        # As exact as Compute's own, beside which it is sorted.
        time_accepted=rfc3339(accepted.time or context.began, "milliseconds"),
        preauthenticated_request_id=accepted.par_id and clean.opaque(accepted.par_id),
    )
