"""ExportImage: one request is one export, whatever fails, and the topic hears of it.

A 409 is explained here. Under a token that the function made, InvalidatedRetryToken says that this request's
export was accepted before. Any other 409 is about the image, which somebody else may be exporting to
elsewhere: never is it taken for this request's own success.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import orjson

from handlers import messages
from handlers.clock import rfc3339
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.destinations import Destination, Place
from handlers.destinations.url import ObjectUrl
from handlers.errors import ExportError, InvalidParameter, Misconfigured, ServiceRefusal
from handlers.names import EXTENSIONS, render_object_name
from handlers.operations.pre_authenticated_fallback import create, delete
from handlers.redaction import Redactor
from handlers.settings import Settings

if TYPE_CHECKING:
    from handlers.records import Entry, Record, Store

KNOWN_ISSUE = "Invalid bucketName"
TOKEN_WAS_USED = "InvalidatedRetryToken"  # noqa: S105  # an error code
# Compute may not know an image yet of which an event tells already.
_FRESH = timedelta(minutes=10)
# An image that is missing is fetched in so much of the time until the announcement.
_PART_OF_IMAGE = 0.25
_LONGEST_STATE = 40


class Image(NamedTuple):
    """An image as an event, or a list, tells of it. ``time``: the event's, or its creation's, in UTC."""

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


# What to do now: another delivery of the same request may have exported meanwhile.
Decide = Callable[[], Export | Accepted]


class Exported(NamedTuple):
    """An accepted export: announced, or with what kept it from being announced; neither if it is over."""

    accepted: Accepted
    message_id: str | None = None
    failure: ExportError | None = None


def export_image(export: Export, context: Context) -> Exported:
    """Exports an image, unless its record has that export, and announces it.

    Raises NotAllowed before anything is called, or another ExportError where no export came about.
    """
    _note(context, export)
    context.settings.allow_list.check(export.destination)
    if place := context.settings.export_records:
        accepted = _recorded(export, context, place)
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


def _recorded(export: Export, context: Context, place: Place) -> Accepted:
    # Loaded for functions that keep records alone: it takes 3 ms of a full core.
    from handlers.records import Store

    recorded = _Recorded(export, Store(context, place, export.image_id), context)
    decision = recorded.decide()
    if isinstance(decision, Accepted):
        return _with_image(decision, context, recorded.image)
    accepted = _accepted(decision, context, recorded.decide)
    if accepted.token_was_used and isinstance(known := recorded.decide(), Accepted):
        # Another delivery has written the record while this one asked.
        accepted = known
    accepted = _with_image(accepted, context, recorded.image)
    if accepted.time is not None:
        recorded.add(accepted, accepted.time)
    return accepted


class _Recorded:
    """What its image's record says of one request to export, and what is written down of it."""

    def __init__(self, export: Export, store: "Store", context: Context) -> None:
        self._export = self._begun = export
        self._store, self._context = store, context

    def decide(self) -> Export | Accepted:
        """Reads the record: the export that this request has already, or the one to begin.

        Raises ServiceRefusal 409 where a caller's token was used for another one; NotAllowed where one that
        failed may no longer go where it went.
        """
        export, context, record = self._export, self._context, self._store.read()
        if record is None:
            return self._begun
        if export.token_of == "event":  # noqa: S105  # no token
            return self._decide_for_event(record)
        if export.token_of == "catch-up":  # noqa: S105  # no token
            # What began it knew no export of this image that runs or has succeeded.
            known = record.known_to_catch_up(context.settings)
            return self._accepted_before(known) if known else export
        known = record.of_call(shown_token(export.retry_token, context.redactor), context.clock.now())
        if known is None:
            return export
        destination = Destination.of(known["destination"])
        if (destination, known["exportFormat"]) != (export.destination, export.export_format):
            raise ServiceRefusal(
                409,
                TOKEN_WAS_USED,
                "The retry token was used for an export of this image to another destination or in another"
                " format.",
                service="Compute",
            )
        return self._accepted_before(known)

    def _decide_for_event(self, record: "Record") -> Export | Accepted:
        export, context = self._export, self._context
        known, has_failed = record.known_to_event(context.requester.id, context.settings)
        if known:
            accepted, how = self._accepted_before(known), "export failed before, and is not begun anew"
            return accepted._replace(how=how, failed_as=known["status"]) if has_failed else accepted
        if failed := record.failed_attempts(context.settings):
            # The same object, in an entry and under a token of its own.
            destination = Destination.of(failed[0]["destination"]) or export.destination
            token = token_of_attempt(export.retry_token, len(failed) + 1)
            export = export._replace(destination=destination, retry_token=token)
            context.settings.allow_list.check(destination)
        self._begun = export
        return export

    def _accepted_before(self, known: "Entry") -> Accepted:
        export = self._export
        return Accepted(
            "export was accepted before, as its record says",
            export._replace(
                destination=Destination.of(known["destination"]) or export.destination,
                export_format=known["exportFormat"] or export.export_format,
                retry_token=known["retryToken"] or export.retry_token,
            ),
            known["trigger"] or self._context.requester.document,
            known["workRequestId"],
        )

    @property
    def image(self) -> Answer | None:
        """The recorded image."""
        image = self._store.record.image if self._store.record else None
        return Answer(image, orjson.dumps(image)) if image else None

    def add(self, accepted: Accepted, time: datetime) -> None:
        """Writes an accepted export down."""
        export = accepted.export
        entry = {
            "retryToken": shown_token(export.retry_token, self._context.redactor),
            "workRequestId": accepted.work_request_id,
            "destination": export.destination.document,
            "exportFormat": export.export_format,
            "trigger": accepted.trigger,
            # As exact as Compute's own, beside which it is sorted.
            "timeAccepted": rfc3339(time, "milliseconds"),
            "preauthenticatedRequestId": accepted.par_id,
        }
        self._store.add(entry, accepted.image.document if accepted.image else None)


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
        return _through_par(decision, refusal, context, decide)


def is_known_issue(refusal: ServiceRefusal, export: Export) -> bool:
    """Whether Compute refused the bucket's name, as it does to principals of a dynamic group.

    Source: Compute's known issues, "Invalid bucketName error when importing or exporting a custom image".
    """
    return (
        export.url is None
        and (refusal.answered, refusal.code) == (400, "InvalidParameter")
        and refusal.message.startswith(KNOWN_ISSUE)
    )


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


def _state(image_id: str, context: Context) -> str:
    try:
        image = context.cloud.get_image(image_id)
    except ServiceRefusal as refusal:
        return ServiceRefusal.NO_IMAGE if refusal.answered == 404 else ServiceRefusal.STATE_UNKNOWN
    except ExportError:
        return ServiceRefusal.STATE_UNKNOWN
    return image.text("lifecycleState") or ServiceRefusal.STATE_UNKNOWN


def _through_par(export: Export, refusal: ServiceRefusal, context: Context, decide: Decide) -> Accepted:
    """The same export to the URL of a new pre-authenticated request that may write that one object.

    Raises ExportError: the first refusal, where the request may not be created.
    """
    par = create(export.destination, f"image-export-{short(export.retry_token)}", refusal, context)
    context.log(logging.INFO, "a pre-authenticated request is used, for Compute refused the bucket", refusal)
    # Another payload, so another token; made of the first, so that the same request has the same.
    through_par = export._replace(url=par.url, retry_token=token_of_fallback(export), through_par=True)

    def decide_again() -> Export | Accepted:
        decision = decide()
        return decision if isinstance(decision, Accepted) else through_par

    unanswered = context.cloud.unanswered
    # Also after a bug of ours: Compute may have taken it.
    may_be_in_use = True
    try:
        accepted = ask_while_busy(through_par, context, decide_again)
        # An earlier request's, if the token was used or a record told of it: nothing writes through this one.
        is_ours = accepted.time is not None and not accepted.token_was_used
        may_be_in_use = is_ours or context.cloud.unanswered > unanswered
        # The request's own token and destination are recorded and published.
        accepted = accepted._replace(export=export) if accepted.time else accepted
        return accepted._replace(par_id=par.id) if is_ours else accepted
    except ExportError:
        may_be_in_use = context.cloud.unanswered > unanswered
        raise
    finally:
        if not may_be_in_use:
            delete(par.url.destination, par.id, context)


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
        "event_time": image.time.strftime("%Y%m%dT%H%M%SZ"),
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
