"""With records, whose export it is can be told exactly; and one that failed is begun anew."""

import pytest

from tests.local.oci import Fault, Switches
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, Request, set_switches

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
NO_TOPIC = Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound")


@pytest.fixture
def either_way(recording: LocalPlatform, switches: Switches) -> LocalPlatform:
    """The local cloud with records, under each setting of the switches."""
    set_switches(recording, switches)
    return recording


def test_an_export_that_was_not_announced_is_known_by_its_work_request(either_way: LocalPlatform) -> None:
    request = Request(either_way)
    either_way.cloud.faults.add(NO_TOPIC)
    assert request.send().status == 502
    request.end()
    own = request.export
    Request(either_way, "gateway", request.image, object_name=ELSEWHERE).send()

    # Although another export of the image runs.
    assert request.send().document["workRequestId"] == own.work_request_id

    assert len(request.exports) == 2
    [announcement] = [event for event in request.accepted if event["data"]["trigger"]["kind"] == "event"]
    assert announcement["id"] == f"{own.work_request_id}/accepted"


def test_an_export_to_elsewhere_is_not_adopted_nor_recorded_as_this_request_s(
    recording: LocalPlatform,
) -> None:
    request = Request(recording)
    other = Request(recording, "gateway", request.image, object_name=ELSEWHERE)
    other.send()

    assert request.send(SHORT).status == 502
    assert request.recorded["workRequestId"] == other.export.work_request_id
    other.end()
    assert request.send().document["status"] == "exported"

    assert request.record
    recorded = {
        export["workRequestId"]: export["destination"]["objectName"] for export in request.record["exports"]
    }
    assert recorded == {export.work_request_id: export.destination.object for export in request.exports}


@pytest.mark.parametrize("first", [True, False], ids=["goes", "comes"])
@pytest.mark.parametrize("looks_at", ["token first", "state first"])
def test_where_the_known_issue_comes_or_goes_between_two_deliveries_there_is_one_export(
    recording: LocalPlatform, looks_at: str, first: bool
) -> None:
    switches = recording.cloud.switches
    switches.looks_at = looks_at  # type: ignore[assignment]
    request = Request(recording)
    for refused in (first, not first):
        switches.refuses_tuples = refused
        assert request.send().document["workRequestId"] == request.export.work_request_id
    request.end()
    assert request.send().document["workRequestId"] == request.export.work_request_id


def test_a_failed_export_is_begun_anew_by_its_event_three_times_in_all(recording: LocalPlatform) -> None:
    request = Request(recording)
    for _ in range(3):
        assert request.send().document["status"] == "exported"
        recording.cloud.work_requests.fail(request.exports[-1].work_request_id, "InternalError", "No space")
        assert request.send_ending().document["exportStatus"] == "FAILED"

    last = request.send().document

    first, second, third = request.exports
    assert first.destination == second.destination == third.destination
    assert (last["exportStatus"], last["workRequestId"]) == ("FAILED", third.work_request_id)
    assert [event["data"]["workRequestId"] for event in request.accepted] == [
        export.work_request_id for export in request.exports
    ]
    assert len(request.announced("failed")) == 3
