"""One export under one retry token: accepted once, however often it is asked for.

A 409 is explained here. Under a token that the function made, InvalidatedRetryToken says that this request's
export was accepted before. Any other 409 is about the image, which somebody else may be exporting to
elsewhere: never is it taken for this request's own success.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Destination
from handlers.destinations.url import ObjectUrl
from handlers.errors import ExportError, InvalidParameter, Misconfigured, ServiceRefusal
from handlers.names import EXTENSIONS, render_object_name
from handlers.redaction import Redactor
from handlers.settings import Settings

KNOWN_ISSUE = "Invalid bucketName"
TOKEN_WAS_USED = "InvalidatedRetryToken"  # noqa: S105  # an error code
# Compute may not know an image yet of which an event tells already.
_FRESH = timedelta(minutes=10)


class Image(NamedTuple):
    """An image as an event, or a list, tells of it. ``time``: the event's, or that of its creation."""

    id: str
    name: str | None
    compartment_id: str | None
    compartment_name: str | None
    time: datetime


class Export(NamedTuple):
    """What is to be exported where.

    ``url``: where the destination is given by one. ``token_of``: who made the retry token; all but a caller's
    are the function's own. ``created``: the image, where it is exported because it was created.
    ``through_par``: the URL is a pre-authenticated request's of our own making, and the token is derived from
    the request's.
    """

    image_id: str
    destination: Destination
    export_format: str
    retry_token: str
    token_of: Literal["event", "call", "caller", "catch-up"]
    if_match: str | None = None
    created: Image | None = None
    url: ObjectUrl | None = None
    through_par: bool = False

    @property
    def details(self) -> dict[str, str]:
        """The ExportImageDetails, as the API reference has them."""
        if self.url:
            where = {"destinationType": "objectStorageUri", "destinationUri": self.url.text}
        else:
            where = {"destinationType": "objectStorageTuple", **self.destination.document}
        return {**where, "exportFormat": self.export_format}


class Accepted(NamedTuple):
    """An accepted export. ``how``: for the log. ``headers``: of the service's answer. ``trigger``: who asked.

    ``par_id``: the pre-authenticated request that it goes through. ``time``: when it was asked for, in UTC;
    None if a record tells of it. ``token_was_used``: by an earlier delivery or try of this request.
    ``failed_as``: it is over, with that status, and not begun anew.
    """

    how: str
    export: Export
    trigger: Mapping[str, str]
    work_request_id: str | None = None
    image: Answer | None = None
    headers: Mapping[str, str] = {}
    par_id: str | None = None
    time: datetime | None = None
    token_was_used: bool = False
    failed_as: str | None = None


def ask(export: Export, context: Context) -> Accepted:
    """Calls ExportImage. Raises ExportError; a 409 with the image's state, which tells if it passes."""
    accepted = Accepted("export accepted", export, context.requester.document, time=context.clock.now())
    try:
        answer = context.cloud.export_image(
            export.image_id, export.details, retry_token=export.retry_token, if_match=export.if_match
        )
    except ServiceRefusal as refusal:
        if refusal.answered == 404 and export.created and context.clock.now() - export.created.time < _FRESH:
            raise refusal.but(passing=True) from None
        if refusal.answered != 409:
            raise
        if refusal.code != TOKEN_WAS_USED:
            raise refusal.but(image_state=_state(export.image_id, context)) from None
        if export.token_of == "caller" and not export.through_par:  # noqa: S105  # no token
            raise
        return accepted._replace(how="export was accepted before", token_was_used=True)
    return accepted._replace(
        work_request_id=answer.work_request_id, image=answer.image, headers=answer.headers
    )


# What to do now: another delivery of the same request may have exported meanwhile.
Decide = Callable[[], Export | Accepted]


def ask_while_busy(export: Export, context: Context, decide: Decide) -> Accepted:
    """The same, tried again as long as the image is busy and time allows, unless ``decide`` has another word
    after the pause. Raises ExportError.
    """
    tries = 0
    while True:
        try:
            return ask(export, context)
        except ServiceRefusal as refusal:
            tries += 1
            is_busy = refusal.answered == 409 and refusal.passing
            if not is_busy or not context.cloud.wait(tries, refusal):
                raise
        decision = decide()
        if isinstance(decision, Accepted):
            return decision
        export = decision


def is_known_issue(refusal: ServiceRefusal, export: Export) -> bool:
    """Whether Compute refused the bucket's name, as it does to principals of a dynamic group.

    Source: Compute's known issues, "Invalid bucketName error when importing or exporting a custom image".
    """
    return (
        export.url is None
        and (refusal.answered, refusal.code) == (400, "InvalidParameter")
        and refusal.message.startswith(KNOWN_ISSUE)
    )


def _state(image_id: str, context: Context) -> str:
    try:
        image = context.cloud.get_image(image_id)
    except ServiceRefusal as refusal:
        return ServiceRefusal.NO_IMAGE if refusal.answered == 404 else ServiceRefusal.STATE_UNKNOWN
    except ExportError:
        return ServiceRefusal.STATE_UNKNOWN
    return image.text("lifecycleState") or ServiceRefusal.STATE_UNKNOWN


def destination_by_template(image: Image, event_id: str, settings: Settings) -> Destination:
    """Where an image goes because it was created.

    Raises Misconfigured, or InvalidParameter where the object's name comes out too long.
    """
    if settings.event_destination is None:
        raise Misconfigured("EXPORT_NAMESPACE and EXPORT_BUCKET are needed to export images of events.")
    values = {
        "image_name": image.name or image.id,
        "image_id": image.id,
        "image_suffix": image.id[-8:],
        "compartment_name": image.compartment_name,
        "event_id": event_id,
        "event_time": image.time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "format": settings.export_format,
        "extension": EXTENSIONS[settings.export_format],
    }
    try:
        return Destination(
            *settings.event_destination, render_object_name(settings.export_object_name, values)
        )
    except ValueError as error:
        raise InvalidParameter(f"The object name {error}.") from None


# A token is 1 to 64 characters and lives for 24 hours at Compute (API reference, opc-retry-token); a SHA-256
# in hex fits exactly.


def token_of_event(event_id: str, image_id: str, destination: Destination, export_format: str) -> str:
    """The retry token of an event's export: the same event delivered again is the same request."""
    return _digest("event", event_id, image_id, str(destination), export_format)


def token_of_call(call_id: str) -> str:
    """The retry token of a request that brought none."""
    return _digest("call", call_id)


def token_of_catch_up(image_id: str, destination: Destination, export_format: str, number: int) -> str:
    """The retry token of a catch-up's attempt: two catch-ups at once are one export."""
    return _digest("catch-up", image_id, str(destination), export_format, str(number))


def token_of_attempt(token: str, number: int) -> str:
    """The retry token of a failed export that is begun anew, made of the first one's."""
    return _digest("attempt", token, str(number))


def token_of_fallback(export: Export) -> str:
    """The retry token of the same export through a pre-authenticated request.

    Made of image, destination and format, too: a caller's token that comes again with others is another
    export, and Compute, which never accepted the first under it, can't say so.
    """
    parts = export.retry_token, export.image_id, str(export.destination), export.export_format
    return _digest("pre-authenticated request", *parts)


def shown_token(token: str, redactor: Redactor) -> str:
    """A retry token as it is recorded and published: a digest where it reads like a secret."""
    return token if redactor.text(token) == token else _digest("record", token)


def short(token: str) -> str:
    """A few characters to know a token by, that are no part of it."""
    return _digest("name", token)[:16]


def _digest(*parts: str) -> str:
    # Each part with its length, so that no two lists of parts look alike.
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()
