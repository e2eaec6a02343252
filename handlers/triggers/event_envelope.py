"""The envelope of OCI Events: CloudEvents 0.1, as the service spells it.

Sources disagree on the case of some keys, so both are read; every key of ``data`` may be missing or null.
Nothing says that an image's event carries a work request, a bucket or an object: the image is all that is
taken from it.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from handlers.errors import InvalidParameter

LONGEST_TEXT = 255
_Text = Annotated[str | None, Field(max_length=LONGEST_TEXT)]


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

    event_type: str = Field(alias="eventType")
    event_id: _Text = Field(None, alias="eventID")
    event_time: _Text = Field(None, alias="eventTime")
    data: Annotated[EventData, BeforeValidator(lambda data: data or {})] = EventData()


def event_id(document: dict[str, Any]) -> Any:
    """The event's id, whichever way its key is spelt; None if it has none."""
    return document.get("eventID") or document.get("eventId")


def parse(document: dict[str, Any]) -> EventEnvelope:
    """The envelope. Raises InvalidParameter, naming every key that is of a wrong type."""
    try:
        return EventEnvelope.model_validate({**document, "eventID": event_id(document)})
    except ValidationError as error:
        places = (".".join(map(str, problem["loc"])) for problem in error.errors())
        raise InvalidParameter(
            "; ".join(f"{place} is of a wrong type or too long" for place in places) + "."
        ) from None
