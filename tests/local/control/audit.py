"""Audit: ListEvents, over the events that the emulator emitted.

Source: the SDK's `AuditClient`. Audit writes an event in the envelope of Events, with `eventId`.
"""

from typing import Any

from ..oci import Cloud
from ..oci.exchange import Answer, Received, text
from ..oci.identifiers import seconds
from .times import time_of


class Audit:
    """Has every event at once; the real one has them some minutes later."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def list_events(self, request: Received) -> Answer:
        """200 with the compartment's events in that time."""
        compartment = text(request.query, "compartmentId")
        since, until = time_of(request.query, "startTime"), time_of(request.query, "endTime")
        found = [
            _as_audited(event)
            for event in list(self._cloud.events.emitted)
            if event["data"]["compartmentId"] == compartment and since <= seconds(event["eventTime"]) <= until
        ]
        return Answer(200, found)


def _as_audited(event: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in event.items() if name not in ("eventID", "extensions")}
    return kept | {"eventId": event["eventID"]}
