"""One export under one retry token: accepted once, however often it is tried.

A 409 is explained here. Under a token that the function made, InvalidatedRetryToken says that this request's
export was accepted before. Any other 409 is about the image, which somebody else may be exporting to
elsewhere: never is it taken for this request's own success.
"""

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


def _state(image_id: str, context: Context, until: float) -> str:
    context.retries.calls += 1
    try:
        image = context.services.compute.get_image(image_id, until=until, request_id=context.request_id)
    except ServiceRefusal as refusal:
        return ServiceRefusal.NO_IMAGE if refusal.answered == 404 else ServiceRefusal.STATE_UNKNOWN
    except ExportError:
        return ServiceRefusal.STATE_UNKNOWN
    return image.text("lifecycleState") or ServiceRefusal.STATE_UNKNOWN
