"""Everything fits before the deadline, whatever hangs: what did not come about is told, or comes again."""

from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SHORT, Request, Trigger, once

HANGING = 60.0
CREATE = "CreatePreauthenticatedRequest"
# A byte now and then: each read succeeds, and the answer never ends.
DRIPS: dict[str, dict[str, Any]] = {
    "hangs": {"delay": HANGING},
    "drips its body": {"drip": 0.2, "after_work": True},
    "drips its head": {"drip": 0.2, "drip_head": True, "after_work": True},
    "sends interim answers": {"drip": 0.2, "interim": 1000, "after_work": True},
}


@pytest.mark.parametrize(("how", "trigger"), [("hangs", "event"), *((how, "gateway") for how in DRIPS)])
def test_a_compute_that_does_not_come_to_an_end_is_given_up_before_the_deadline(
    platform: LocalPlatform, how: str, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(Fault("ExportImage", times=None, **DRIPS[how]))

    reply = request.send(SHORT)

    assert reply.is_in_time
    if how == "drips its body":
        # The head has come, and says that the export was accepted.
        assert reply.status == 200
        assert len(request.exports) == len(request.accepted) == 1
    else:
        assert reply.status == (502 if trigger == "event" else 503)
        assert not request.announced("accepted") + request.announced("rejected")


@pytest.mark.parametrize(("how", "trigger"), [("hangs", "event"), ("drips its head", "direct")])
def test_a_topic_that_does_not_come_to_an_end_is_given_up_before_the_deadline(
    platform: LocalPlatform, how: str, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(Fault("PublishMessage", times=None, **(DRIPS[how] | {"after_work": False})))

    reply = request.send(SHORT)

    assert reply.is_in_time
    # The caller learns that the export runs; an event's delivery fails, so that it comes again.
    assert reply.status == (502 if trigger == "event" else 200)
    platform.cloud.faults.clear()
    assert request.send().status == 200
    assert len(request.exports) == 1


def test_a_fallback_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.switches.refuses_tuples = True
    hang = Fault("ExportImage", delay=HANGING, times=None)
    once(platform, CREATE, "received", lambda: platform.cloud.faults.add(hang))

    reply = event_request.send(SHORT)

    assert reply.status == 502
    assert reply.is_in_time
    platform.cloud.faults.clear()
    assert event_request.send().status == 200
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize("hanging", ["GetObject", "PutObject"])
def test_a_record_that_hangs_leaves_time_for_the_export_and_its_announcement(
    recording: LocalPlatform, hanging: str
) -> None:
    request = Request(recording)
    recording.cloud.faults.add(Fault(hanging, delay=HANGING, times=None))

    reply = request.send(SHORT)

    assert reply.is_in_time
    assert reply.document["status"] == "exported"
    assert len(request.exports) == len(request.accepted) == 1
    assert request.record is None


def test_a_record_and_lists_that_hang_fail_an_ending_before_the_deadline(recording: LocalPlatform) -> None:
    request = Request(recording)
    request.send()
    request.end()
    hang = [Fault(each, delay=HANGING, times=None) for each in ("GetObject", "ListWorkRequests")]
    recording.cloud.faults.add(*hang)

    reply = request.send_ending(SHORT)

    assert reply.status == 502
    assert reply.is_in_time


def test_a_call_without_time_for_a_single_try_calls_nobody(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send(0.25)

    assert not event_request.calls
