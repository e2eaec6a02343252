"""One export under one retry token: accepted once, however often it is tried.

A 409 is explained here. Under a token that the function made, InvalidatedRetryToken says that this request's
export was accepted before. Any other 409 is about the image, which somebody else may be exporting to
elsewhere: never is it taken for this request's own success.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from handlers.context import Context
from handlers.destinations import Destination, ExportFormat, url
from handlers.errors import ExportError, ServiceRefusal
from handlers.messages import CreatedImage
from handlers.services import Answer

TOKEN_WAS_USED = "InvalidatedRetryToken"  # noqa: S105  # an error code
_KNOWN_ISSUE = "Invalid bucketName"
# An image that is missing is fetched in so much of the time until the announcement, if the work's is used up.
_SHARE_OF_IMAGE = 0.25


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported where.

    ``token_of``: who made the retry token; an event's and a call's are the function's own. ``created``: what
    an event says of its image. ``through_par``: the destination is a pre-authenticated request of our own
    making, and the token is derived from the request's.
    """

    image_id: str
    destination: Destination
    export_format: ExportFormat
    retry_token: str
    token_of: Literal["event", "call", "caller"]
    if_match: str | None = None
    created: CreatedImage | None = None
    through_par: bool = False


class Accepted(NamedTuple):
    """An accepted export. ``how``: for the log. ``headers``: of the service's answer.

    ``par_id``: the pre-authenticated request that it goes through. ``time``: when it was asked for, in UTC.
    ``token_was_used``: by an earlier delivery or try of this request, so that its work request has to be
    found.
    """

    how: str
    work_request_id: str | None = None
    image: Answer | None = None
    headers: Mapping[str, str] = {}
    par_id: str | None = None
    time: datetime | None = None
    token_was_used: bool = False


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
    """The same with the image from GetImage, where a caller waits for one and Compute's answer had none."""
    if accepted.image is not None or export.created is not None:
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


def try_once(export: Export, context: Context, until: float) -> Accepted:
    """One call of ExportImage. Raises ExportError; a 409 with the image's state, which tells if it passes."""
    asked = context.clock.now()
    try:
        answer = context.services.compute.export_image(
            export.image_id,
            details(export),
            retry_token=export.retry_token,
            if_match=export.if_match,
            until=until,
            request_id=context.request_id,
        )
    except ServiceRefusal as refusal:
        if refusal.answered != 409:
            raise
        if refusal.code == TOKEN_WAS_USED:
            if export.token_of == "caller" and not export.through_par:  # noqa: S105  # no token
                raise
            return Accepted("export was accepted before", time=asked, token_was_used=True)
        raise refusal.but(image_state=_state(export.image_id, context, until)) from None
    return Accepted("export accepted", answer.work_request_id, answer.image, answer.headers, time=asked)


def details(export: Export) -> dict[str, str]:
    """The ExportImageDetails, as the API reference has them."""
    place = export.destination
    if place.base:
        where = {"destinationType": "objectStorageUri", "destinationUri": url.build(place)}
    else:
        where = {
            "destinationType": "objectStorageTuple",
            "namespaceName": place.namespace,
            "bucketName": place.bucket,
            "objectName": place.object_name,
        }
    return {**where, "exportFormat": export.export_format}


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


def _state(image_id: str, context: Context, until: float) -> str:
    context.retries.calls += 1
    try:
        image = context.services.compute.get_image(image_id, until=until, request_id=context.request_id)
    except ServiceRefusal as refusal:
        return ServiceRefusal.NO_IMAGE if refusal.answered == 404 else ServiceRefusal.STATE_UNKNOWN
    except ExportError:
        return ServiceRefusal.STATE_UNKNOWN
    return image.text("lifecycleState") or ServiceRefusal.STATE_UNKNOWN
