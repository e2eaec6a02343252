"""OCI Events: what Compute emits about an image, rules that choose events, and their delivery, at least once
and in no promised order.

Source: Oracle's "Contents of an Event Message" (CloudEvents 0.1, `eventID`), captured events of the same
service, and "Matching Events with Filters".
"""

import copy
from collections.abc import Mapping
from typing import Any

from .delivery import Delivery
from .faults import DELIVER_EVENT, Faults
from .identifiers import rfc3339, uuid
from .images import Image
from .policy import fits
from .tenancy import Tenancy

Event = dict[str, Any]


class Events(Delivery[Event]):
    """Emitted events that meet a rule are delivered to the target; how often and when a failed one is
    delivered again is not documented, so it can be set (see `Delivery`)."""

    def __init__(self, tenancy: Tenancy, faults: Faults) -> None:
        super().__init__(tenancy, "events", max_tries=5, retry_delay=1.0)
        self._faults = faults
        self._conditions: list[Mapping[str, object]] = []
        self.emitted: list[Event] = []

    def rule(self, condition: Mapping[str, object]) -> None:
        """Adds a rule; an event is delivered once, however many rules it meets."""
        with self._tenancy.lock:
            self._conditions.append(condition)

    def emit(self, event: Event) -> None:
        """An event of any service, such as the payload of a test."""
        with self._tenancy.lock:
            self.emitted.append(copy.deepcopy(event))
            chosen = any(matches(condition, event) for condition in self._conditions)
        if chosen and not self._faults.take(DELIVER_EVENT, event):
            self.post(copy.deepcopy(event))


def image_event(what: str, image: Image, tenancy: Tenancy) -> Event:
    """`what` is the end of the type, such as `createimage.end`. What such an event carries in
    `additionalDetails` is not documented, so here it carries nothing that could be relied on."""
    return {
        "eventType": f"com.oraclecloud.computeapi.{what}",
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "source": "ComputeApi",
        "eventTime": rfc3339(tenancy.clock.now()),
        "contentType": "application/json",
        "data": {
            "compartmentId": image["compartmentId"],
            "compartmentName": tenancy.compartment_name,
            "resourceName": image.get("displayName"),
            "resourceId": image["id"],
            "availabilityDomain": "AD1",
            "freeformTags": image.get("freeformTags", {}),
            "definedTags": image.get("definedTags", {}),
            "additionalDetails": {},
        },
        "eventID": uuid(tenancy.random),
        "extensions": {"compartmentId": image["compartmentId"]},
    }


def matches(condition: object, event: object) -> bool:
    """Whether an event meets a rule's condition: JSON in the shape of an event; fields that it does not
    mention are ignored; a list means any of its values; `*` in a value stands for any characters; `{}`
    matches every event. A key that the event does not have never matches."""
    if isinstance(condition, Mapping):
        if not isinstance(event, Mapping):
            return False
        return all(key in event and matches(wanted, event[key]) for key, wanted in condition.items())
    if isinstance(event, list):
        return any(matches(condition, value) for value in event)
    if isinstance(condition, list):
        return any(matches(wanted, event) for wanted in condition)
    if isinstance(condition, str) and isinstance(event, str):
        return fits(condition, event)
    return type(condition) is type(event) and condition == event
