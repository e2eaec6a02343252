"""Exports as they are asked for, below the triggers; each test names only what matters to it."""

from datetime import timedelta
from typing import Any

from handlers.context import Context
from handlers.destinations import Destination
from handlers.operations.export_image import Export, Exported, Image, export_image
from tests.local.oci import Fault
from tests.unit.world import BUCKET, EVENT_ID, NAMESPACE, World

PLACE = Destination(NAMESPACE, BUCKET, "golden/web 1.oci")
TOKEN = "token-of-the-request"  # noqa: S105  # opens nothing
WEB_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."  # noqa: S105  # nor does this, which looks like it
TOKEN_WAS_USED = Fault("ExportImage", status=409, code="InvalidatedRetryToken")
REFUSED: dict[str, Any] = {"status": 404, "code": "NotAuthorizedOrNotFound", "times": None}
SILENT: dict[str, Any] = {"drop": "before", "times": None}


def export(world: World, token_of: str = "caller", *, age: float = 0, **fields: Any) -> Export:  # noqa: S107
    """An export of the world's image. One of an event: the event came so many seconds ago."""
    given: dict[str, Any] = {
        "image_id": world.image["id"],
        "destination": PLACE,
        "export_format": "OCI",
        "retry_token": TOKEN,
        "token_of": token_of,
    }
    if token_of == "event":  # noqa: S105  # no token
        created = world.clock.now() - timedelta(seconds=age)
        given["created"] = Image(given["image_id"], "the event's", "compartment of the event", None, created)
    return Export(**{**given, **fields})


def context_of(world: World, asked: Export, event_id: str = EVENT_ID) -> Context:
    """Of an invocation that asks for it."""
    if asked.token_of == "event":  # noqa: S105  # no token
        return world.context("event", event_id)
    return world.context("catch-up" if asked.token_of == "catch-up" else "direct")  # noqa: S105


def run(world: World, asked: Export | None = None) -> Exported:
    asked = asked or export(world)
    return export_image(asked, context_of(world, asked))


def operations(world: World) -> list[str]:
    """What was called since the last look, in order."""
    called = [call.operation for call in world.cloud.calls]
    world.cloud.calls.clear()
    return called


def lines(world: World, level: str) -> list[str]:
    return [line["message"] for line in world.log() if line["level"] == level]
