"""One event of the image's creation, delivered twice: one export."""

import re
from datetime import UTC, datetime
from typing import Any

from .. import points
from ..following import follow
from ..invoking import invoke
from ..objects import head
from ..requests import image_event
from ..run import REFUSED, Place, Run, StepFailed, told

DEFAULT_NAME = "{image_name}-{event_time}-{image_suffix}.{extension}"


def deliver_twice(run: Run) -> None:
    """Raises StepFailed where the event's object would replace another, or no export came about."""
    run.wait_until_available()
    now = datetime.now(UTC).replace(microsecond=0)
    event = image_event(run, "createimage", now.isoformat().replace("+00:00", "Z"))
    place = _place(run, event, now)
    if head(run, place) is not None:
        raise StepFailed(f"an export by an event would replace {place}, which is there already")
    run.objects.append(place)
    first = _deliver(run, event)
    work_request_id = first.get("workRequestId")
    if first.get("status") != "exported" or not work_request_id:
        raise StepFailed(f"the event was answered {first.get('status')}: {first.get('message', '')}")
    try:
        second: dict[str, Any] | None = _deliver(run, event)
    except REFUSED as refusal:
        # Without a record, and where Compute looks at the state first, it passes once the export has ended.
        run.screen.step(
            "function", f"failed at the second delivery, as long as the export runs: {told(refusal)}"
        )
        second = None
    ending = follow(run, work_request_id, None, "export by an event")
    again = second or _deliver(run, event)
    once = again.get("workRequestId") == work_request_id
    run.check("one event that was delivered twice made one export", once)
    when = "while it ran" if second else "after it had ended; while it ran, the delivery failed"
    seen = f"yes, delivered again {when}" if once else f"no: answered {again.get('workRequestId')}"
    run.findings.seen(points.ONE_EVENT, seen, as_assumed=once)
    run.check("the event's export succeeded", ending.status == "SUCCEEDED")
    run.check(f"its object is in the bucket: {place}", head(run, place) is not None)


def _deliver(run: Run, event: dict[str, Any]) -> dict[str, Any]:
    return invoke(run, event)


def _place(run: Run, event: dict[str, Any], time: datetime) -> Place:
    """Where the function exports it to, by its configuration. Raises StepFailed where that can't be known."""
    config = run.config
    if not config.get("EXPORT_NAMESPACE") or not config.get("EXPORT_BUCKET"):
        raise StepFailed(
            "the function has no destination for events, or your user can't read its configuration"
        )
    export_format = config.get("EXPORT_FORMAT", "OCI")
    values = {
        "image_name": run.image.display_name or run.image.id,
        "image_id": run.image.id,
        "image_suffix": run.image.id[-8:],
        "compartment_name": "",
        "event_id": event["eventID"],
        "event_time": f"{time:%Y%m%dT%H%M%SZ}",
        "format": export_format,
        "extension": export_format.lower(),
    }
    cleaned = {name: re.sub(r"[^A-Za-z0-9_.-]", "-", value)[:255] for name, value in values.items()}
    name = config.get("EXPORT_OBJECT_NAME", DEFAULT_NAME).format(**cleaned)
    return Place(config["EXPORT_NAMESPACE"], config["EXPORT_BUCKET"], name)
