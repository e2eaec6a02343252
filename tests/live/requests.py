"""What the function is sent."""

from typing import Any
from uuid import uuid4

from .run import Place, Run


def call(run: Run, place: Place, retry_token: str | None = None) -> dict[str, Any]:
    """The body of a direct call that exports the image there."""
    details = {
        "destinationType": "objectStorageTuple",
        "namespaceName": place.namespace,
        "bucketName": place.bucket,
        "objectName": place.name,
    }
    body = {"imageId": run.options.image_id, "exportImageDetails": details}
    return body | ({"opcRetryToken": retry_token} if retry_token else {})


def image_event(run: Run, what: str, time: str) -> dict[str, Any]:
    """An event about the image, in the envelope of OCI Events; `what` is `createimage` or `exportimage`."""
    image = run.image
    return {
        "eventType": f"com.oraclecloud.computeapi.{what}.end",
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "source": "ComputeApi",
        "eventTime": time,
        "contentType": "application/json",
        "data": {
            "compartmentId": image.compartment_id,
            "resourceName": image.display_name,
            "resourceId": image.id,
            "additionalDetails": {},
        },
        "eventID": str(uuid4()),
        "extensions": {"compartmentId": image.compartment_id},
    }
