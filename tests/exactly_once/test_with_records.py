"""With records, whose export it is can be told exactly, by its work request, also when Compute forgot."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.local.oci import Fault, Switches
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, WITH_RECORDS, Platforms, Request, Trigger, set_switches

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
NO_TOPIC = Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound")
HOUR = 3600


@pytest.fixture
def either_way(recording: LocalPlatform, switches: Switches) -> LocalPlatform:
    """The local cloud with records, under each setting of the switches."""
    set_switches(recording, switches)
    return recording


@pytest.fixture
def aging(platforms: Platforms) -> Iterator[LocalPlatform]:
    """One whose clock the tests move on by days, away from the function's: so requests live for a week."""
    with platforms.borrow(config=WITH_RECORDS | {"PAR_HOURS": "168"}) as platform:
        yield platform


def age_record(request: Request, hours: float) -> None:
    """Makes the export in the image's record older."""
    record = request.record
    assert record
    accepted = datetime.now(UTC) - timedelta(hours=hours)
    record["exports"][0]["timeAccepted"] = accepted.isoformat()
    request.write_record(json.dumps(record).encode())


def test_a_token_for_another_object_is_refused_at_once(either_way: LocalPlatform) -> None:
    first = Request(either_way, "direct")
    second = Request(either_way, "direct", first.image, token=first.token, object_name=ELSEWHERE)
    third = Request(either_way, "direct", first.image, token=first.token, export_format="QCOW2")
    first.send()
    tries = len(first.tries)

    for ended in (False, True):
        for request in (second, third):
            reply = request.send()
            assert (reply.status, reply.document["code"]) == (409, "InvalidatedRetryToken")
        if not ended:
            first.end()

    assert len(first.exports) == len(first.accepted) == 1
    assert len(first.tries) == tries


def test_a_caller_s_token_counts_for_24_hours(aging: LocalPlatform) -> None:
    first = Request(aging, "direct")
    second = Request(aging, "direct", first.image, token=first.token, object_name=ELSEWHERE)
    first.send()
    first.end()

    age_record(first, 23.9)
    assert first.send().document["workRequestId"] == first.export.work_request_id
    assert second.send().status == 409

    age_record(first, 24.1)
    aging.cloud.clock.advance(25 * HOUR)
    assert second.send().status == 200
    old, new = first.exports
    assert new.destination.object == ELSEWHERE
    assert first.record
    assert {export["workRequestId"] for export in first.record["exports"]} == {
        old.work_request_id,
        new.work_request_id,
    }


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


@pytest.mark.parametrize("refused", [False, True], ids=["by name", "through a request"])
def test_an_event_that_comes_again_after_a_day_is_known(aging: LocalPlatform, refused: bool) -> None:
    aging.cloud.switches.refuses_tuples = refused
    request = Request(aging)
    request.send()
    request.end()
    tries = len(request.tries)

    aging.cloud.clock.advance(25 * HOUR)
    reply = request.send()

    assert reply.document["workRequestId"] == request.export.work_request_id
    assert len(request.tries) == tries
    assert {event["id"] for event in request.accepted} == {f"{request.export.work_request_id}/accepted"}


def test_after_a_day_the_known_issue_and_another_export_make_no_difference(aging: LocalPlatform) -> None:
    aging.cloud.switches.refuses_tuples = True
    request = Request(aging)
    aging.cloud.faults.add(NO_TOPIC)
    assert request.send().status == 502
    request.end()
    own = request.export

    aging.cloud.clock.advance(25 * HOUR)
    aging.cloud.switches.refuses_tuples = False
    Request(aging, "gateway", request.image, object_name=ELSEWHERE).send()

    assert request.send().document["workRequestId"] == own.work_request_id
    assert len(request.exports) == 2


@pytest.mark.parametrize("trigger", ["direct", "gateway"])
def test_a_caller_who_is_answered_from_the_record_gets_the_image_of_now_or_the_record_s(
    recording: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(recording, trigger)
    request.send()
    recorded = recording.cloud.images[request.image_id]
    request.end()

    now = request.send()
    recording.cloud.faults.add(Fault("GetImage", status=404, code="NotAuthorizedOrNotFound"))
    then = request.send()

    images = [reply.document if trigger == "gateway" else reply.document["image"] for reply in (now, then)]
    assert images == [recording.cloud.images[request.image_id], recorded]
    assert [image["lifecycleState"] for image in images] == ["AVAILABLE", "EXPORTING"]
    told = [
        reply.invocation.headers.get("fn-http-h-opc-work-request-id", reply.document.get("workRequestId"))
        for reply in (now, then)
    ]
    assert told == [request.export.work_request_id] * 2
