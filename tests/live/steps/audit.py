"""The image's events as Audit has them: the only place where they can be seen afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import points
from ..run import REFUSED, UNREACHED, Run, told

_MOST_PAGES = 50
_MARGIN = timedelta(minutes=1)


def look_into_audit(run: Run) -> None:
    """Notes which keys the events of the image's exports have in `additionalDetails`."""
    try:
        events = list(_events(run))
    except (REFUSED, *UNREACHED) as problem:
        run.findings.not_seen(points.ADDITIONAL_DETAILS, f"Audit can't be read: {told(problem)}")
        return
    exports = [event for event in events if "exportimage" in str(event.event_type).lower()]
    if not exports:
        why = "Audit has no event of the exports yet; it may take a quarter of an hour"
        run.findings.not_seen(points.ADDITIONAL_DETAILS, why)
        return
    keys = sorted({key for event in exports for key in (event.data.additional_details or {})})
    seen = f"in {len(exports)} events: " + (", ".join(f"`{key}`" for key in keys) or "nothing")
    run.screen.step("Audit", f"additionalDetails {seen}")
    run.findings.seen(points.ADDITIONAL_DETAILS, seen, as_assumed=not keys)


def _events(run: Run) -> Iterator[Any]:
    """The image's events since the run began, out of all of its compartment."""
    page, until = None, datetime.now(UTC) + _MARGIN
    for _ in range(_MOST_PAGES):
        answer = run.clients.audit.list_events(
            run.image.compartment_id, run.began - _MARGIN, until, **({"page": page} if page else {})
        )
        yield from (event for event in answer.data if event.data.resource_id == run.options.image_id)
        if not (page := answer.headers.get("opc-next-page")):
            return
