"""Objects, the function's record among them, and its pre-authenticated requests, as the user sees them."""

import json
from typing import Any

from .run import REFUSED, UNREACHED, Place, Run

REQUEST_NAMES = "image-export-"


def head(run: Run, place: Place) -> Any:
    """The headers of an object; None if it is not there or can't be seen."""
    try:
        return run.clients.object_storage.head_object(place.namespace, place.bucket, place.name).headers
    except (REFUSED, *UNREACHED):
        return None


def size(run: Run, place: Place) -> int | None:
    """The size of an object in bytes; None if it is not there or can't be seen."""
    headers = head(run, place)
    return int(headers["content-length"]) if headers else None


def record_place(run: Run) -> Place | None:
    """Where the function keeps its record of the image."""
    if not run.records:
        return None
    namespace, bucket, *prefix = run.records.split("/", 2)
    return Place(namespace, bucket, "/".join([*prefix, f"{run.options.image_id}.json"]))


def recorded_export(run: Run, work_request_id: str) -> dict[str, Any] | None:
    """The export as the function's record has it; None if there is none, or it can't be read."""
    place = record_place(run)
    if place is None:
        return None
    try:
        answer = run.clients.object_storage.get_object(place.namespace, place.bucket, place.name)
        record = json.loads(answer.data.content)
    except (REFUSED, *UNREACHED, ValueError):
        return None
    exports = [export for export in record["exports"] if export["workRequestId"] == work_request_id]
    return exports[0] if exports else None


def requests_of_the_function(run: Run, namespace: str, bucket: str) -> dict[str, str] | None:
    """Pre-authenticated requests that the function has made in the bucket, object names by ids.

    None where the user may not list them.
    """
    try:
        listed = run.clients.object_storage.list_preauthenticated_requests(namespace, bucket, limit=1000).data
    except (REFUSED, *UNREACHED):
        return None
    return {request.id: request.object_name for request in listed if request.name.startswith(REQUEST_NAMES)}
