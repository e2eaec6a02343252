"""One invocation: its time, its secrets, its lines in the log; and what its container keeps."""

import logging
from typing import Any

import pytest

from handlers import context as contexts
from handlers.clock import Clock
from handlers.context import Context, Requester
from handlers.errors import CannotParse, Misconfigured, ServiceRefusal
from tests.unit.world import CALL_ID, START, World


def context(**options: Any) -> Context:
    clock = Clock(lambda: START, lambda: 1000.0)
    return Context(Requester("direct", CALL_ID), call_id=CALL_ID, clock=clock, **options)


@pytest.mark.parametrize(
    ("deadline", "seconds"),
    [
        pytest.param("2026-01-31T12:02:00Z", 120.0, id="the platform's"),
        pytest.param("2026-01-31T11:59:00Z", -60.0, id="one that has passed"),
        pytest.param("", 30.0, id="none: half a minute, as the FDK assumes"),
        pytest.param("soon", 30.0, id="an unreadable one"),
    ],
)
def test_the_time_ends_at_the_deadline(deadline: str, seconds: float) -> None:
    made = context(deadline=deadline)
    assert (made.began, made.started, made.deadline) == (START, 1000.0, 1000.0 + seconds)


def test_announcements_come_from_the_functions_name_where_its_id_is_not_known() -> None:
    assert context().source == "image-export"


def test_what_is_only_tried_leaves_a_line_with_the_services_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = context()
    with made.best_effort("it was not deleted"):
        raise ServiceRefusal(404, "NotFound", "None.", service="S", request_id="services-own")
    with made.best_effort("it can't be read", level=logging.ERROR):
        raise CannotParse("No.")
    with pytest.raises(KeyError), made.best_effort("a bug"):
        raise KeyError
    refused, unreadable = (
        (line.levelname, line.getMessage(), vars(line)["fields"]) for line in caplog.records
    )
    ids = {"opcRequestId": "services-own"}
    assert refused == ("WARNING", "it was not deleted: 404 NotFound None.", ids)
    assert unreadable == ("ERROR", "it can't be read: 400 CannotParseRequest No.", {})


def test_the_services_are_where_the_configuration_says(world: World) -> None:
    services = {"compute": "COMPUTE", "topics": "NOTIFICATION", "objects": "OBJECT_STORAGE"}
    endpoints = {f"{key}_ENDPOINT": f"https://{name}.example" for name, key in services.items()}
    places = contexts.build({"TOPIC_ID": world.cloud.topic_id, **endpoints}).places
    used = (places.compute, places.work_requests, places.notifications, places.object_storage)
    names = ("compute", "compute", "topics", "objects")
    assert [place.endpoint for place in used] == [f"https://{name}.example" for name in names]


def test_a_wrong_configuration_is_named_before_the_principal_is_looked_for() -> None:
    with pytest.raises(Misconfigured, match="TOPIC_ID is missing"):
        contexts.build({})
