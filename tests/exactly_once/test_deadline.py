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


@pytest.mark.parametrize(
    ("how", "trigger"), [("hangs", "event"), ("hangs", "direct"), ("drips its head", "direct")]
)
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


@pytest.mark.parametrize("hanging", [CREATE, "ExportImage"])
def test_a_fallback_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, event_request: Request, hanging: str
) -> None:
    platform.cloud.switches.refuses_tuples = True
    hang = Fault(hanging, delay=HANGING, times=None)
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


@pytest.mark.parametrize("hanging", ["GetObject", "HeadObject", "DeletePreauthenticatedRequest", "PutObject"])
def test_a_record_that_hangs_leaves_time_for_the_announcement_of_an_ending(
    recording: LocalPlatform, hanging: str
) -> None:
    recording.cloud.switches.refuses_tuples = True
    request = Request(recording)
    request.send()
    request.end()
    recording.cloud.faults.add(Fault(hanging, delay=HANGING, times=None))

    reply = request.send_ending(2 * SHORT)

    assert reply.is_in_time
    assert reply.document["status"] == "announced"
    [announcement] = request.announced("succeeded")
    assert (announcement["data"]["destination"] is None) == (hanging == "GetObject")
    assert (announcement["data"]["object"] is None) == (hanging in ("GetObject", "HeadObject"))


@pytest.mark.parametrize("hanging", ["ListWorkRequests", "ListWorkRequestErrors"])
def test_a_lookup_of_an_ending_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, event_request: Request, hanging: str
) -> None:
    event_request.send()
    platform.cloud.work_requests.fail(event_request.export.work_request_id, "InternalError", "No space")
    platform.cloud.faults.add(Fault(hanging, delay=HANGING, times=None))

    reply = event_request.send_ending(SHORT)

    assert reply.status == 502
    assert reply.is_in_time


def test_a_try_that_hangs_leaves_time_for_another_which_finds_the_same_export(
    platform: LocalPlatform, event_request: Request
) -> None:
    # A try may take half of the time, and 4 s at least: this one is late.
    platform.cloud.faults.add(Fault("ExportImage", delay=HANGING, after_work=True))

    reply = event_request.send(11)

    assert reply.document["status"] == "exported"
    assert reply.is_in_time
    assert len(event_request.tries) == 2
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize("trigger", ["event", "direct"])
def test_a_fault_that_stays_is_shown_in_time_and_exports_nothing(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(Fault("ExportImage", status=503, code="ServiceUnavailable", times=None))

    reply = request.send(SHORT)

    assert reply.is_in_time
    assert reply.status == (502 if trigger == "event" else 503)
    assert not request.exports
    assert not request.announced("accepted") + request.announced("rejected")


def test_a_call_without_time_for_a_single_try_calls_nobody(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send(0.25)

    assert not event_request.calls
