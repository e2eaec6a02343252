"""An event from OCI Events: a created image is exported, an export that ended is announced.

The envelope is CloudEvents 0.1 as the service spells it. Sources disagree on the case of some keys, so both
are read; every key of ``data`` may be missing or null. Nothing says that an image's event carries a work
request, a bucket or an object: the image is all that is taken from it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.clock import parse_time
from handlers.context import Context, Requester
from handlers.errors import ExportError, InvalidParameter, NotAnnounced, Refused
from handlers.names import image_in
from handlers.operations.export_image import (
    Export,
    Image,
    destination_by_template,
    export_image,
    token_of_event,
)
from handlers.triggers.fdk_call import Call, Reply, json_reply

_LONGEST_TEXT = 255
_LONGEST_KIND = 100


class EventTrigger:
    """One event. Nobody reads the reply."""

    is_read = False
    publishes_rejection = True

    def __init__(self, call: Call) -> None:
        self._call = call
        try:
            envelope = call.event
        except Refused:
            envelope = {}
        event_id, data = _event_id(envelope), envelope.get("data")
        self.image_id = image_in(data.get("resourceId") if isinstance(data, dict) else None)
        usable = isinstance(event_id, str) and len(event_id) <= _LONGEST_TEXT
        self.requester = Requester("event", str(event_id) if usable else call.call_id)

    def run(self, context: Context) -> Reply:
        """What the event leads to. Raises Refused, or Misconfigured where events have no destination."""
        envelope = self._call.event
        kind = envelope["eventType"]
        if not isinstance(kind, str):
            raise InvalidParameter("eventType must be a string.")
        act = _ACTIONS.get(kind.casefold())
        if act is None:
            context.message = "event ignored"
            reason = f"events of this type are not acted upon: {context.redactor.text(kind)[:_LONGEST_KIND]}"
            return self._reply({"status": "ignored", "reason": reason}, context)
        return self._reply(act(*_parse(envelope, context), context), context)

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """Not to be delivered again: the topic was told."""
        return self._reply({"status": "rejected", "code": error.code, "message": error.message}, context)

    def _reply(self, document: Mapping[str, Any], context: Context) -> Reply:
        """For the log of whoever delivered it."""
        known = {key: value for key, value in document.items() if value is not None}
        return json_reply(200, {**known, "eventId": self.requester.id}, context)


def _event_id(envelope: Mapping[str, Any]) -> Any:
    return envelope.get("eventID") or envelope.get("eventId")


def _parse(envelope: Mapping[str, Any], context: Context) -> tuple[Image, list[str]]:
    """The event's image, and which keys of the event itself are missing. An event without a time has the
    invocation's. Raises InvalidParameter, naming every key that is of a wrong type.
    """
    data = envelope.get("data") or {}
    if not isinstance(data, dict):
        raise InvalidParameter("data must be an object.")
    name = data.get("resourceName")
    if isinstance(name, str):
        context.image_name = name
    texts = {"eventID": _event_id(envelope), "eventTime": envelope.get("eventTime")}
    for key in ("resourceId", "resourceName", "compartmentId", "compartmentName"):
        texts[f"data.{key}"] = data.get(key)
    problems = []
    for key, value in texts.items():
        # Names are cut where they are used.
        bound = "" if key.endswith("Name") else f" of at most {_LONGEST_TEXT} characters"
        if not (value is None or isinstance(value, str)) or (bound and len(value or "") > _LONGEST_TEXT):
            problems.append(f"{key} must be a string{bound}")
    if problems:
        raise InvalidParameter("; ".join(problems) + ".")
    image_id = image_in(texts["data.resourceId"])
    if image_id is None:
        raise InvalidParameter("data.resourceId must be the OCID of an image.")
    time = parse_time(texts["eventTime"])
    missing = [key for key, value in (("eventID", texts["eventID"]), ("eventTime", time)) if not value]
    compartment = texts["data.compartmentId"], texts["data.compartmentName"]
    return Image(image_id, name, *compartment, time or context.began), missing


def _export(image: Image, missing: list[str], context: Context) -> Mapping[str, Any]:
    settings, event_id = context.settings, context.requester.id
    destination = destination_by_template(image, event_id, settings)
    if missing:
        raise InvalidParameter("; ".join(f"{key} is missing or unreadable" for key in missing) + ".")
    token = token_of_event(event_id, image.id, destination, settings.export_format)
    export = Export(image.id, destination, settings.export_format, token, "event", created=image)
    accepted, message_id, failure = export_image(export, context)
    if failure:
        raise NotAnnounced("The export runs, but was not announced", failure)
    return {
        "status": "exported",
        "workRequestId": accepted.work_request_id,
        "messageId": message_id,
        "exportStatus": accepted.failed_as,
    }


def _announce(image: Image, missing: list[str], context: Context) -> Mapping[str, Any]:
    # Loaded for this event alone: 3 % of a first call.
    from handlers.operations.endings import announce_endings

    ending = announce_endings(image, context)
    return {
        "status": "announced",
        "workRequestId": ending.entry["workRequestId"],
        "messageId": ending.message_id,
        "exportStatus": ending.entry["status"],
    }


_ACTIONS: Mapping[str, Callable[[Image, list[str], Context], Mapping[str, Any]]] = {
    "com.oraclecloud.computeapi.createimage.end": _export,
    "com.oraclecloud.computeapi.exportimage.end": _announce,
}
