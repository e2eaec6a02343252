"""ExportImage: one request is one export, whatever fails, and the topic hears of it."""

import logging
from typing import TYPE_CHECKING, NamedTuple

from handlers import messages
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Place
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations.acceptance import (
    Accepted,
    Decide,
    Export,
    ask_while_busy,
    is_known_issue,
    shown_token,
)
from handlers.operations.pre_authenticated_fallback import export_through_par

if TYPE_CHECKING:
    from handlers.records import Store

# An image that is missing is fetched in so much of the time until the announcement.
_PART_OF_IMAGE = 0.25
_LONGEST_STATE = 40


class Exported(NamedTuple):
    """An accepted export: announced, or with what kept it from being announced; neither if it is over."""

    accepted: Accepted
    message_id: str | None = None
    failure: ExportError | None = None


def export_image(export: Export, context: Context, store: "Store | None" = None) -> Exported:
    """Exports an image, unless its record has that export, and announces it.

    ``store``: the image's record, where it was read already, and does not have this export. Raises NotAllowed
    before anything is called, or another ExportError where no export came about.
    """
    _note(context, export)
    context.settings.allow_list.check(export.destination)
    if place := context.settings.export_records:
        accepted = _recorded(export, context, place, store)
    else:
        accepted = _with_image(_accepted(export, context, lambda: export), context)
    _note(context, accepted.export)
    context.message, context.work_request_id = accepted.how, accepted.work_request_id
    context.service_request_id = accepted.headers.get("opc-request-id")
    if accepted.failed_as:
        return Exported(accepted)
    if accepted.work_request_id is None:
        context.log(logging.ERROR, "the export was accepted, and its work request is not known")
    try:
        return Exported(accepted, _announce(accepted, context))
    except ExportError as failure:
        context.log(logging.ERROR, "the export runs, but was not announced", failure)
        context.code = failure.code
        return Exported(accepted, failure=failure)


def check_export(export: Export, context: Context) -> Answer:
    """The image, if it is there and could be exported now: nothing is started.

    Raises NotAllowed, or the refusal that Compute would give: 409 for its state, 412 for another etag.
    """
    _note(context, export)
    context.settings.allow_list.check(export.destination)
    image = context.cloud.get_image(export.image_id)
    state = image.text("lifecycleState")
    if export.if_match not in (None, "*", image.etag):
        status, code, text = 412, "NoEtagMatch", "The image's etag is not the one in if-match."
    elif state != "AVAILABLE":
        status, code = 409, "IncorrectState"
        text = f"The image is {(state or 'UNKNOWN')[:_LONGEST_STATE]}; only an AVAILABLE one is exported."
    else:
        context.message, context.service_request_id = "export checked, not started", image.request_id
        return image
    raise ServiceRefusal(
        status, code, text, service="Compute", request_id=image.request_id, image_state=state
    )


def _recorded(export: Export, context: Context, place: Place, store: "Store | None") -> Accepted:
    # Loaded for functions that keep records alone: loading the records takes 3 ms of a full core.
    from handlers.operations.recorded_export import RecordedExport
    from handlers.records import Store

    recorded = RecordedExport(export, store or Store(context, place, export.image_id), context)
    decision = export if store else recorded.decide()
    if isinstance(decision, Accepted):
        return _with_image(decision, context, recorded.image)
    accepted = _accepted(decision, context, recorded.decide)
    if accepted.token_was_used and isinstance(known := recorded.decide(), Accepted):
        # Another delivery has written the record while this one asked.
        accepted = known
    accepted = _with_image(accepted, context, recorded.image)
    if accepted.time is not None:
        recorded.add(accepted)
    return accepted


def _accepted(export: Export, context: Context, decide: Decide) -> Accepted:
    """The accepted export; through a pre-authenticated request where Compute refuses the bucket's name."""
    try:
        return ask_while_busy(export, context, decide)
    except ServiceRefusal as refusal:
        if not context.settings.par_fallback or not is_known_issue(refusal, export):
            raise
        decision = decide()
        if isinstance(decision, Accepted):
            return decision
        return export_through_par(decision, refusal, context, decide)


def _with_image(accepted: Accepted, context: Context, recorded: Answer | None = None) -> Accepted:
    """The same with the image from GetImage, where Compute's answer had none that can be read; else with the
    recorded one.

    Nobody waits for the image of an event whose export was accepted before.
    """
    is_known = accepted.token_was_used or accepted.time is None
    if accepted.image is not None or (is_known and accepted.export.created):
        return accepted
    image = recorded
    with context.best_effort("the image of an accepted export can't be read", part=_PART_OF_IMAGE):
        image = context.cloud.get_image(accepted.export.image_id)
    if image is None:
        return accepted
    return accepted._replace(image=image, headers={**image.headers, **accepted.headers})


def _announce(accepted: Accepted, context: Context) -> str:
    export = accepted.export
    image, created = accepted.image, export.created
    name = (image and image.text("displayName")) or (created and created.name)
    return messages.publish(
        context,
        "accepted",
        # The retry token is the same for the same request, like the id that is missing.
        accepted.work_request_id or shown_token(export.retry_token, context.redactor),
        {
            "workRequestId": accepted.work_request_id,
            "imageId": export.image_id,
            "imageName": name,
            "compartmentId": (image and image.text("compartmentId")) or (created and created.compartment_id),
            "destination": export.destination.document,
            "exportFormat": export.export_format,
            "etag": accepted.headers.get("etag"),
            "opcRequestId": accepted.headers.get("opc-request-id"),
            "trigger": accepted.trigger,
        },
    )


def _note(context: Context, export: Export) -> None:
    context.image_id, context.destination = export.image_id, export.destination
    context.export_format = export.export_format
    if export.created:
        context.image_name = export.created.name
