"""Starts an export, by the bucket's name or through a pre-authenticated request."""

import logging

from handlers.context import Context
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations.export_image.attempt import Accepted, Export, try_once

_KNOWN_ISSUE = "Invalid bucketName"
# An image that is missing is fetched in so much of the time until the announcement, if the work's is used up.
_SHARE_OF_IMAGE = 0.25


def start(export: Export, context: Context) -> Accepted:
    """The accepted export, without a record. Raises ExportError."""
    accepted = begin(export, context)
    if accepted.token_was_used:
        from handlers.operations.export_image import earlier

        accepted = accepted._replace(work_request_id=earlier.work_request_of(export, context))
    return with_image(accepted, export, context)


def begin(export: Export, context: Context) -> Accepted:
    """The accepted export; through a pre-authenticated request where Compute does not take the bucket's name.

    Raises ExportError.
    """
    try:
        return context.retries.call(lambda until: try_once(export, context, until))
    except ServiceRefusal as refusal:
        if not context.settings.par_fallback or not _is_known_issue(refusal, export):
            raise
        from handlers.operations.export_image import fallback

        return fallback.start(export, refusal, context)


def with_image(accepted: Accepted, export: Export, context: Context) -> Accepted:
    """The same with the image from GetImage, where Compute's answer had none that can be read.

    Nobody waits for the image of an event whose export was accepted before.
    """
    if accepted.image is not None or (accepted.token_was_used and export.created is not None):
        return accepted
    retries, compute = context.retries, context.services.compute
    until = max(retries.budget.work, retries.share(_SHARE_OF_IMAGE, retries.budget.announcement))
    try:
        image = retries.call(
            lambda end: compute.get_image(export.image_id, until=end, request_id=context.request_id), until
        )
    except ExportError as failure:
        context.log(logging.WARNING, "the image of an accepted export can't be read", failure)
        return accepted
    return accepted._replace(image=image, headers={**image.headers, **accepted.headers})


def _is_known_issue(refusal: ServiceRefusal, export: Export) -> bool:
    """Whether this is how Compute refuses bucket names to principals of a dynamic group, as functions are.

    Source: Compute's known issues, "Invalid bucketName error when importing or exporting a custom image".
    """
    return (
        not export.destination.base
        and refusal.answered == 400
        and refusal.code == "InvalidParameter"
        and refusal.message.startswith(_KNOWN_ISSUE)
    )
