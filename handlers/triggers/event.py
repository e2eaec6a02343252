"""An event from OCI Events: a created image is exported, an export that ended is announced."""

from collections.abc import Callable, Mapping
from typing import Any

from handlers import redaction
from handlers.errors import ExportError, InvalidParameter, Misconfigured
from handlers.exports import identifiers, object_name, retry_token
from handlers.exports.clock import parse_time
from handlers.exports.commands import (
    Announced,
    AnnounceEnding,
    Command,
    CreatedImage,
    Ignore,
    Ignored,
    Outcome,
    Started,
    StartExport,
    Trigger,
)
from handlers.exports.destination import Destination
from handlers.exports.policy import Policy
from handlers.triggers import event_envelope
from handlers.triggers.event_envelope import EventEnvelope
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import JSON, Reply, without_none


def command(invocation: Invocation, policy: Policy) -> Command:
    """What the event leads to. Raises Refused, or Misconfigured where events have no destination."""
    envelope = event_envelope.parse(invocation.document)
    act = _ACTS.get(envelope.event_type.casefold())
    if act is None:
        return Ignore(f"events of this type are not acted upon: {envelope.event_type[:100]}")
    if not envelope.data.resource_id or not identifiers.is_ocid(envelope.data.resource_id, "image"):
        raise InvalidParameter("data.resourceId must be the OCID of an image.")
    return act(envelope, trigger(invocation), policy)


def reply(outcome: Outcome, invocation: Invocation) -> Reply:
    """For the log of whoever delivered it: nobody reads the reply to an event."""
    match outcome:
        case Started():
            said: dict[str, Any] = {
                "status": "exported",
                "workRequestId": outcome.work_request_id,
                "messageId": outcome.message_id,
            }
        case Announced():
            said = {
                "status": "announced",
                "workRequestId": outcome.work_request_id,
                "messageId": outcome.message_id,
                "exportStatus": outcome.status,
            }
        case Ignored(reason):
            said = {"status": "ignored", "reason": reason}
        case _:
            raise TypeError(f"no reply to {type(outcome).__name__}")
    return Reply(200, without_none({**said, "eventId": trigger(invocation).id}), JSON)


def refusal(error: ExportError, invocation: Invocation) -> Reply:
    """Dealt with: the topic knows."""
    document = {"status": "rejected", "code": error.code, "message": error.message}
    return Reply(200, {**document, "eventId": trigger(invocation).id}, JSON)


def trigger(invocation: Invocation) -> Trigger:
    """The event; the call that brought it, if it has no usable id."""
    event_id = event_envelope.event_id(invocation.document)
    if not isinstance(event_id, str) or len(event_id) > event_envelope.LONGEST_TEXT:
        event_id = invocation.call_id
    return Trigger("event", event_id)


def _export(envelope: EventEnvelope, source: Trigger, policy: Policy) -> StartExport:
    settings, data = policy.settings, envelope.data
    if settings.event_destination is None:
        raise Misconfigured("EXPORT_NAMESPACE and EXPORT_BUCKET are needed to export images of events.")
    image_id, time = str(data.resource_id), parse_time(envelope.event_time)
    missing = [key for key, value in (("eventID", envelope.event_id), ("eventTime", time)) if not value]
    if missing or time is None:
        raise InvalidParameter("; ".join(f"{key} is missing or unreadable" for key in missing) + ".")
    values = {
        "image_name": data.resource_name or image_id,
        "image_id": image_id,
        "compartment_name": data.compartment_name,
        "event_id": envelope.event_id,
        "event_time": object_name.compact_time(time),
        "format": settings.export_format,
        "extension": object_name.EXTENSIONS[settings.export_format],
    }
    try:
        # Redacted first: a secret that was tamed would no longer look like one.
        name = object_name.render(settings.export_object_name, redaction.clean(values))
    except ValueError as error:
        raise InvalidParameter(f"The object name {error}.") from None
    destination = Destination(*settings.event_destination, name)
    return StartExport(
        image_id,
        destination,
        settings.export_format,
        retry_token.for_event(source.id, image_id, str(destination), settings.export_format),
        source,
        event=CreatedImage(data.resource_name, data.compartment_id, time),
    )


def _announce(envelope: EventEnvelope, source: Trigger, policy: Policy) -> AnnounceEnding:
    data = envelope.data
    return AnnounceEnding(
        str(data.resource_id),
        data.compartment_id,
        data.resource_name,
        parse_time(envelope.event_time),
        source,
    )


_ACTS: Mapping[str, Callable[[EventEnvelope, Trigger, Policy], Command]] = {
    "com.oraclecloud.computeapi.createimage.end": _export,
    "com.oraclecloud.computeapi.exportimage.end": _announce,
}
