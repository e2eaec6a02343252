"""The event that an export ended: its work request tells how, and subscribers are told."""

import json

import pytest

from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports.commands import Announced, Ignored
from handlers.exports.ending import announce
from tests.fakes import COMPARTMENT_ID, IMAGE_ID, START, FakeClock, FakeServices
from tests.unit.exports.examples import announce_ending, at_hand, later, refusal, throttled


def test_an_export_that_succeeded_is_announced(services: FakeServices) -> None:
    export = services.work_requests.add(status="SUCCEEDED")
    assert announce(announce_ending(), at_hand(services)) == Announced(export["id"], "SUCCEEDED", "message-1")
    (event,) = services.notifications.events
    assert (event["type"], event["id"]) == ("imageexport.succeeded", export["id"])
    assert event["data"]["errors"] == []
    assert services.calls("list_errors") == []


def test_an_export_that_failed_is_announced_with_its_errors(services: FakeServices) -> None:
    export = services.work_requests.add(status="FAILED")
    services.work_requests.its_errors[export["id"]] = [
        {"code": "InternalError", "message": "No space.", "timestamp": "2026-01-31T12:00:00Z"},
        {"message": "without a code"},
        "no error at all",
    ]
    assert announce(announce_ending(), at_hand(services)) == Announced(export["id"], "FAILED", "message-1")
    (event,) = services.notifications.events
    assert event["type"] == "imageexport.failed"
    assert event["data"]["errors"] == [
        {"code": "InternalError", "message": "No space."},
        {"code": "None", "message": "without a code"},
    ]


def test_a_canceled_export_is_announced_as_failed(services: FakeServices) -> None:
    services.work_requests.add(status="CANCELED")
    assert isinstance(announce(announce_ending(), at_hand(services)), Announced)
    assert services.notifications.events[0]["type"] == "imageexport.failed"
    assert services.calls("list_errors") == []


def test_errors_that_are_no_list_are_none(services: FakeServices) -> None:
    export = services.work_requests.add(status="FAILED")
    services.work_requests.its_errors[export["id"]] = {"items": []}  # type: ignore[assignment]
    announce(announce_ending(), at_hand(services))
    assert services.notifications.events[0]["data"]["errors"] == []


def test_delivered_twice_it_publishes_the_same_id_and_type(services: FakeServices) -> None:
    services.work_requests.add(status="SUCCEEDED")
    for _ in range(2):
        announce(announce_ending(), at_hand(services))
    first, second = services.notifications.events
    assert (first["id"], first["type"]) == (second["id"], second["type"])


def test_the_newest_export_of_the_image_is_the_one(services: FakeServices) -> None:
    services.work_requests.add(status="FAILED")
    newest = services.work_requests.add(status="SUCCEEDED", timeAccepted=later(60).isoformat())
    services.work_requests.add(operationType="CreateImage", timeAccepted=later(90).isoformat())
    announced = announce(announce_ending(), at_hand(services))
    assert isinstance(announced, Announced)
    assert announced.work_request_id == newest["id"]


def test_an_event_that_comes_late_does_not_announce_a_later_export(services: FakeServices) -> None:
    meant = services.work_requests.add(status="SUCCEEDED")
    services.work_requests.add(status="IN_PROGRESS", timeAccepted=later(60).isoformat())
    announced = announce(announce_ending(time=later(30)), at_hand(services))
    assert isinstance(announced, Announced)
    assert announced.work_request_id == meant["id"]


def test_where_clocks_disagree_the_newest_export_is_still_found(services: FakeServices) -> None:
    services.work_requests.add(status="SUCCEEDED", timeAccepted=later(5).isoformat())
    assert isinstance(announce(announce_ending(time=START), at_hand(services)), Announced)


def test_an_unfinished_export_is_waited_for(services: FakeServices, clock: FakeClock) -> None:
    export = services.work_requests.add()
    services.fail("get_work_request", None, None)
    sleep = clock.sleep

    def progress(seconds: float) -> None:
        sleep(seconds)
        if len(clock.sleeps) == 2:
            export["status"] = "SUCCEEDED"

    object.__setattr__(clock, "sleep", progress)
    assert isinstance(announce(announce_ending(), at_hand(services)), Announced)
    assert clock.sleeps == [2.0, 2.0]
    assert services.notifications.events[0]["data"]["status"] == "SUCCEEDED"


def test_the_services_own_pause_between_looks_is_kept(services: FakeServices, clock: FakeClock) -> None:
    services.work_requests.add()
    services.work_requests.retry_after = 11.0
    with pytest.raises(NoAnswer):
        announce(announce_ending(), at_hand(services))
    assert set(clock.sleeps) == {11.0}


def test_an_export_that_outlasts_the_budget_fails_the_invocation_so_that_it_comes_again(
    services: FakeServices, clock: FakeClock
) -> None:
    services.work_requests.add()
    hand = at_hand(services)
    with pytest.raises(NoAnswer, match="had not ended") as raised:
        announce(announce_ending(), hand)
    assert raised.value.passing
    assert clock.monotonic() < hand.attempts.budget.work
    assert services.notifications.messages == []


def test_an_image_without_an_export_is_ignored_and_the_log_says_so(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.work_requests.add(operationType="CreateImage")
    outcome = announce(announce_ending(), at_hand(services))
    assert outcome == Ignored("no work request of an export was found")
    assert services.notifications.messages == []
    assert [(record.levelname, IMAGE_ID in record.getMessage()) for record in caplog.records] == [
        ("WARNING", True)
    ]


def test_the_compartment_is_the_events(services: FakeServices) -> None:
    services.work_requests.add(status="SUCCEEDED", compartmentId="compartment-of-the-event")
    announce(announce_ending(compartment_id="compartment-of-the-event"), at_hand(services))
    assert services.calls("get_image") == []
    (call,) = services.calls("list_work_requests")
    assert call.arguments == {"compartment_id": "compartment-of-the-event", "resource_id": IMAGE_ID}


@pytest.mark.parametrize("missing", [None, ""])
def test_without_one_the_image_tells_it(services: FakeServices, missing: str | None) -> None:
    services.work_requests.add(status="SUCCEEDED")
    announce(announce_ending(compartment_id=missing), at_hand(services))
    (call,) = services.calls("list_work_requests")
    assert call.arguments["compartment_id"] == COMPARTMENT_ID
    assert services.notifications.events[0]["data"]["compartmentId"] == COMPARTMENT_ID


def test_an_image_that_is_gone_has_no_ending_to_announce(services: FakeServices) -> None:
    services.compute.images.clear()
    with pytest.raises(ServiceRefusal) as raised:
        announce(announce_ending(compartment_id=None), at_hand(services))
    assert raised.value.status == 404


def test_an_image_without_a_compartment_is_looked_for_nowhere_in_particular(services: FakeServices) -> None:
    services.compute.images[IMAGE_ID]["compartmentId"] = 7
    assert isinstance(announce(announce_ending(compartment_id=None), at_hand(services)), Ignored)


@pytest.mark.parametrize("operation", ["list_work_requests", "get_work_request", "list_errors", "publish"])
def test_each_step_is_tried_again(services: FakeServices, operation: str) -> None:
    services.work_requests.add(status="FAILED")
    services.fail(operation, throttled(), NoAnswer("lost"))
    assert isinstance(announce(announce_ending(), at_hand(services)), Announced)


def test_an_ending_that_cannot_be_published_is_a_failure(services: FakeServices) -> None:
    services.work_requests.add(status="SUCCEEDED")
    services.fail("publish", refusal(404))
    with pytest.raises(ServiceRefusal):
        announce(announce_ending(), at_hand(services))


def test_long_errors_do_not_make_the_message_too_long(services: FakeServices) -> None:
    export = services.work_requests.add(status="FAILED")
    services.work_requests.its_errors[export["id"]] = [{"code": "InternalError", "message": "x" * 90_000}]
    announce(announce_ending(), at_hand(services))
    assert len(json.dumps(services.notifications.messages[0])) <= 65_536
