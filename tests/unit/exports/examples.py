"""Commands, refusals and what is at hand, ready made; each test says only what matters to it."""

from datetime import datetime, timedelta
from typing import Any

from handlers.errors import ServiceRefusal
from handlers.exports.at_hand import AtHand
from handlers.exports.budget import plan
from handlers.exports.commands import AnnounceEnding, CreatedImage, StartExport, Trigger
from handlers.exports.destination import Destination
from handlers.exports.retries import Attempts
from tests.fakes import BUCKET, COMPARTMENT_ID, IMAGE_ID, NAMESPACE, START, FakeClock, FakeServices

SOURCE = "ocid1.fnfunc.oc1.eu-frankfurt-1.aaaaaaaaimageexport"
DESTINATION = Destination(NAMESPACE, BUCKET, "golden/web 1.oci")
EVENT = CreatedImage("web 1", COMPARTMENT_ID, START)


def attempts(clock: FakeClock, seconds: float = 60.0) -> Attempts:
    """The calls of an invocation whose deadline is that far away."""
    return Attempts(plan(clock.monotonic(), clock.monotonic() + seconds), clock)


def at_hand(services: FakeServices, seconds: float = 60.0, par_hours: int | None = 24) -> AtHand:
    return AtHand(services, attempts(services.clock, seconds), SOURCE, par_hours)


def start_export(**fields: Any) -> StartExport:
    given: dict[str, Any] = {
        "image_id": IMAGE_ID,
        "destination": DESTINATION,
        "export_format": "OCI",
        "retry_token": "token-of-the-request",
        "trigger": Trigger("gateway", "call-1"),
    }
    return StartExport(**{**given, **fields})


def start_export_of_event(**fields: Any) -> StartExport:
    return start_export(trigger=Trigger("event", "event-1"), **{"event": EVENT, **fields})


def announce_ending(**fields: Any) -> AnnounceEnding:
    given: dict[str, Any] = {
        "image_id": IMAGE_ID,
        "compartment_id": COMPARTMENT_ID,
        "image_name": "web 1",
        "time": None,
        "trigger": Trigger("event", "event-2"),
    }
    return AnnounceEnding(**{**given, **fields})


def refusal(status: int, code: str | None = None, message: str = "No.", **more: Any) -> ServiceRefusal:
    return ServiceRefusal(status, code, message, **{"service": "Compute", **more})


def throttled(retry_after: float | None = None) -> ServiceRefusal:
    return refusal(429, "TooManyRequests", retry_after=retry_after)


def invalid_bucket_name() -> ServiceRefusal:
    """The known issue, in Compute's words."""
    message = "Invalid bucketName: Specified namespace or bucket to export image does not exist"
    return refusal(400, "InvalidParameter", message, request_id="request-refused")


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)
