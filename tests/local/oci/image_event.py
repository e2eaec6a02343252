"""The event that Compute emits about an image, in the envelope of OCI Events.

Source: Oracle's "Contents of an Event Message" (CloudEvents 0.1, `eventID`) and captured events of the same
service. What an image's event carries in `additionalDetails` is not documented, so here it carries nothing
that could be relied on.
"""

from typing import Any

from .identifiers import rfc3339, uuid
from .images import Image
from .tenancy import Tenancy

Event = dict[str, Any]


def image_event(what: str, image: Image, tenancy: Tenancy) -> Event:
    """`what` is the end of the type, such as `createimage.end`."""
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
