"""Everything fits before the deadline, whatever hangs: what did not come about is told, or comes again."""

from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SHORT, Request
from tests.unit.world import RECORDS, World

HANGING = 60.0
# A byte now and then: each read succeeds, and the answer never ends.
ENDLESS: dict[str, dict[str, Any]] = {
    "hangs": {"delay": HANGING},
    "drips its body": {"drip": 0.2, "after_work": True},
    "drips its head": {"drip": 0.2, "drip_head": True, "after_work": True},
    "sends interim answers": {"drip": 0.2, "interim": 1000, "after_work": True},
}


@pytest.mark.parametrize(
    ("operation", "how"),
    [*(("ExportImage", how) for how in ENDLESS), ("PublishMessage", "drips its head")],
)
def test_a_service_that_does_not_come_to_an_end_is_given_up_before_the_deadline(
    platform: LocalPlatform, operation: str, how: str
) -> None:
    request = Request(platform)
    platform.cloud.faults.add(Fault(operation, times=None, **ENDLESS[how]))

    reply = request.send(SHORT)

    assert reply.is_in_time
    # If only its body drips, the head has come, and says that the export was accepted.
    assert reply.status == (200 if how == "drips its body" else 502)
    assert len(request.accepted) == (reply.status == 200 or operation == "PublishMessage")
    platform.cloud.faults.clear()
    assert request.send().document["status"] == "exported"
    assert len(request.exports) == 1


# In memory, where waiting takes no time.


@pytest.fixture
def hanging(world: World) -> World:
    """With records, and a Compute that takes no bucket by its name: so every call is made that there is."""
    world.seconds = HANGING / 2
    world.configure(EXPORT_RECORDS=RECORDS)
    world.cloud.switches.refuses_tuples = True
    return world


def end(world: World) -> None:
    for export in world.cloud.exports:
        world.cloud.work_requests.advance(export.work_request_id)


@pytest.mark.parametrize(
    ("operation", "after", "status"),
    [
        ("GetObject", None, 200),
        ("ExportImage", None, 502),
        ("CreatePreauthenticatedRequest", None, 502),
        ("ExportImage", "CreatePreauthenticatedRequest", 502),
        ("PutObject", None, 200),
        ("PublishMessage", None, 502),
    ],
)
def test_whatever_hangs_the_function_answers_in_time_and_the_next_delivery_is_the_same_export(
    hanging: World, operation: str, after: str | None, status: int
) -> None:
    hang = Fault(operation, delay=HANGING, times=None)
    if after:
        hanging.cloud.on(after, "done", lambda _: hanging.cloud.faults.add(hang))
    else:
        hanging.cloud.faults.add(hang)
    event_time = hanging.image["timeCreated"]

    answer = hanging.event("createimage.end", eventTime=event_time)

    assert (answer.status, answer.line["deadlineLeftMs"] > 0) == (status, True)
    # A record keeps neither the export nor its announcement from happening.
    assert len(hanging.cloud.exports) == (status == 200 or operation == "PublishMessage")
    assert len(hanging.announced()) == (status == 200)
    hanging.cloud.stop_watching()
    hanging.cloud.faults.clear()
    # What hung is done late.
    hanging.cloud.clock.advance(HANGING)
    end(hanging)
    assert hanging.event("createimage.end", eventTime=event_time).document["status"] == "exported"
    assert len(hanging.cloud.exports) == 1


def test_a_record_and_lists_that_hang_fail_an_ending_in_time(hanging: World) -> None:
    hanging.event("createimage.end")
    end(hanging)
    hang = [Fault(each, delay=HANGING, times=None) for each in ("GetObject", "ListWorkRequests")]
    hanging.cloud.faults.add(*hang)

    answer = hanging.event("exportimage.end")

    assert (answer.status, answer.line["deadlineLeftMs"] > 0) == (502, True)


def test_a_call_without_time_for_a_single_try_calls_nobody(world: World) -> None:
    world.seconds = 0.25

    assert world.event("createimage.end").status == 502
    assert world.cloud.calls == []
