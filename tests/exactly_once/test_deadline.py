"""Everything fits before the deadline, and what did not come about is shown to whoever reads."""

from collections.abc import Callable

import pytest

from tests.exactly_once.request import DOORS, Door, Reply, Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform

# Long enough for a busy machine to answer within its tenth, short enough to wait for.
SHORT = 2.0
HANGING = 60.0


def in_time(reply: Reply) -> bool:
    """Whether the function itself answered, and did before its deadline."""
    return reply.invocation.failure != "FunctionInvokeTimeout" and reply.invocation.overrun_s == 0


@pytest.mark.parametrize("door", DOORS)
def test_a_compute_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)
    platform.cloud.faults.add(Fault("ExportImage", delay=HANGING, times=None))

    reply = request.send(SHORT)

    assert in_time(reply)
    assert reply.status == (502 if door == "event" else 503)
    assert not request.announced("accepted") + request.announced("rejected")


@pytest.mark.parametrize("door", DOORS)
def test_a_topic_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)
    platform.cloud.faults.add(Fault("PublishMessage", delay=HANGING, times=None))

    reply = request.send(SHORT)

    assert in_time(reply)
    # The caller learns that the export runs; an event's delivery fails, so that it comes again.
    assert reply.status == (502 if door == "event" else 200)
    assert len(request.exports) == 1
    platform.cloud.faults.clear()
    assert request.send().status == 200
    assert len(request.exports) == len(request.accepted) == 1


@pytest.mark.parametrize("hanging", ["CreatePreauthenticatedRequest", "ExportImage"])
def test_a_fallback_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, event_request: Request, hanging: str, once: Callable[..., None]
) -> None:
    platform.cloud.switches.refuses_tuples = True
    hang = Fault(hanging, delay=HANGING, times=None)
    once("CreatePreauthenticatedRequest", "received", lambda: platform.cloud.faults.add(hang))

    reply = event_request.send(SHORT)

    assert reply.status == 502
    assert in_time(reply)
    platform.cloud.faults.clear()
    assert event_request.send().status == 200
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_lookup_that_hangs_is_given_up_before_the_deadline(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send()
    platform.cloud.faults.add(
        Fault("ExportImage", status=409, code="Conflict", times=None),
        Fault("ListWorkRequests", delay=HANGING, times=None),
    )

    reply = event_request.send(SHORT)

    assert reply.status == 502
    assert in_time(reply)


@pytest.mark.parametrize("after_work", [False, True], ids=["before its work", "after its work"])
def test_a_try_that_hangs_leaves_time_for_another_which_finds_the_same_export(
    platform: LocalPlatform, event_request: Request, after_work: bool
) -> None:
    # A try may take half of the time, and 4 s at least: this one is late, and its work comes late or early.
    platform.cloud.faults.add(Fault("ExportImage", delay=5, after_work=after_work))

    reply = event_request.send(11)

    assert reply.document["status"] == "exported"
    assert in_time(reply)
    assert len(event_request.tries) == 2
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_fault_that_stays_is_shown_in_time_and_exports_nothing(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)
    platform.cloud.faults.add(Fault("ExportImage", status=503, code="ServiceUnavailable", times=None))

    reply = request.send(SHORT)

    assert in_time(reply)
    assert reply.status == (502 if door == "event" else 503)
    assert not request.exports
    assert not request.announced("accepted") + request.announced("rejected")


@pytest.mark.parametrize("door", DOORS)
def test_a_call_without_time_for_a_single_try_calls_nobody(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)

    request.send(0.25)

    assert not request.tries
