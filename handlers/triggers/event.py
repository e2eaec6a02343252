"""An event from OCI Events: a created image is exported, an export that ended is announced.

The envelope is CloudEvents 0.1 as the service spells it. Sources disagree on the case of some keys, so both
are read; every key of ``data`` may be missing or null. Nothing says that an image's event carries a work
request, a bucket or an object: the image is all that is taken from it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from handlers import identifiers
from handlers.clock import parse_time
from handlers.context import Context, Requester
from handlers.destinations import Destination, object_name
from handlers.errors import ExportError, InvalidParameter, Misconfigured, Refused
from handlers.operations import Operation, Result, Subject
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply, json_reply

_LONGEST_TEXT = 255
_LONGEST_KIND = 100
_Text = Annotated[str | None, Field(max_length=_LONGEST_TEXT)]


class EventData(BaseModel):
    """The resource that the event is about."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    resource_id: _Text = Field(None, alias="resourceId")
    resource_name: str | None = Field(None, alias="resourceName")
    compartment_id: _Text = Field(None, alias="compartmentId")
    compartment_name: str | None = Field(None, alias="compartmentName")


class EventEnvelope(BaseModel):
    """An event. ``event_time`` is RFC 3339."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    event_id: _Text = Field(None, alias="eventID")
    event_time: _Text = Field(None, alias="eventTime")
    data: Annotated[EventData, BeforeValidator(lambda data: data or {})] = EventData()


class Event:
    """One event. Nobody reads the reply."""

    is_read = False
    publishes_refusal = True

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        try:
            event = invocation.event
        except Refused:
            event = {}
        event_id, data = _event_id(event), event.get("data")
        self.subject = Subject(
            identifiers.image_in(data.get("resourceId") if isinstance(data, dict) else None)
        )
        usable = isinstance(event_id, str) and len(event_id) <= _LONGEST_TEXT
        self.requester = Requester("event", str(event_id) if usable else invocation.call_id)

    def operation(self, context: Context) -> Operation:
        """What the event leads to. Raises Refused, or Misconfigured where events have no destination."""
        event = self._invocation.event
        kind = event["eventType"]
        if not isinstance(kind, str):
            raise InvalidParameter("eventType is of a wrong type or too long.")
        make = _OPERATIONS.get(kind.casefold())
        if make is None:
            from handlers.operations.ignore import Ignore

            # Redacted before it is cut: half a secret would no longer look like one.
            shown = context.redactor.text(kind)[:_LONGEST_KIND]
            return Ignore(f"events of this type are not acted upon: {shown}")
        envelope = _parse(event)
        if not envelope.data.resource_id or not identifiers.is_ocid(envelope.data.resource_id, "image"):
            raise InvalidParameter("data.resourceId must be the OCID of an image.")
        return make(envelope, envelope.data.resource_id, context)

    def reply(self, result: Result, context: Context) -> Reply:
        """For the log of whoever delivered it."""
        document = {key: value for key, value in result.summary.items() if value is not None}
        return json_reply(200, {**document, "eventId": context.redactor.text(self.requester.id)})

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """Not to be delivered again: the topic was told."""
        document = {
            "status": "rejected",
            "code": context.shown_code(error),
            "message": context.shown_message(error),
        }
        return json_reply(200, {**document, "eventId": context.redactor.text(self.requester.id)})


def _event_id(document: Mapping[str, Any]) -> Any:
    return document.get("eventID") or document.get("eventId")


def _parse(document: Mapping[str, Any]) -> EventEnvelope:
    """The envelope. Raises InvalidParameter, naming every key that is of a wrong type."""
    try:
        return EventEnvelope.model_validate({**document, "eventID": _event_id(document)})
    except ValidationError as error:
        places = (".".join(map(str, problem["loc"])) for problem in error.errors())
        raise InvalidParameter(
            "; ".join(f"{place} is of a wrong type or too long" for place in places) + "."
        ) from None


def _export(envelope: EventEnvelope, image_id: str, context: Context) -> Operation:
    from handlers.messages import CreatedImage
    from handlers.operations.export_image import ExportImage, retry_token
    from handlers.operations.export_image.attempt import Export

    settings, data = context.settings, envelope.data
    if settings.event_destination is None:
        raise Misconfigured("EXPORT_NAMESPACE and EXPORT_BUCKET are needed to export images of events.")
    time = parse_time(envelope.event_time)
    missing = [key for key, value in (("eventID", envelope.event_id), ("eventTime", time)) if not value]
    if missing or time is None:
        raise InvalidParameter("; ".join(f"{key} is missing or unreadable" for key in missing) + ".")
    values = {
        "image_name": data.resource_name or image_id,
        "image_id": image_id,
        "image_suffix": image_id[-8:],
        "compartment_name": data.compartment_name,
        "event_id": envelope.event_id,
        "event_time": object_name.compact_time(time),
        "format": settings.export_format,
        "extension": object_name.EXTENSIONS[settings.export_format],
    }
    try:
        # Redacted first: a secret would no longer look like one after its characters were replaced.
        name = object_name.render(settings.export_object_name, context.redactor.document(values))
    except ValueError as error:
        raise InvalidParameter(f"The object name {error}.") from None
    destination = Destination(*settings.event_destination, name)
    token = retry_token.for_event(context.requester.id, image_id, str(destination), settings.export_format)
    return ExportImage(
        Export(
            image_id,
            destination,
            settings.export_format,
            token,
            "event",
            created=CreatedImage(data.resource_name, data.compartment_id, time),
        )
    )


def _announce(envelope: EventEnvelope, image_id: str, _: Context) -> Operation:
    from handlers.operations.announce_ending import AnnounceEnding

    data = envelope.data
    return AnnounceEnding(image_id, data.resource_name, data.compartment_id, parse_time(envelope.event_time))


_OPERATIONS: Mapping[str, Callable[[EventEnvelope, str, Context], Operation]] = {
    "com.oraclecloud.computeapi.createimage.end": _export,
    "com.oraclecloud.computeapi.exportimage.end": _announce,
}
