"""The event that an export ended: its work request tells how, and subscribers are told, or it comes again."""

from typing import Any

import pytest

from handlers.errors import EndingUnknown, ExportError, NotAnnounced, ServiceRefusal
from handlers.operations import Result, Subject
from handlers.operations.announce_ending import AnnounceEnding
from tests.fakes import (
    COMPARTMENT_ID,
    IMAGE_ID,
    START,
    FakeClock,
    FakeServices,
    context,
    not_found,
    refusal,
)
from tests.unit.examples import ALWAYS, later, logged, moment, no_answer, throttled

ELSEWHERE = "ocid1.compartment.oc1..aaaaaaaaelsewhere"


def ending(**fields: Any) -> AnnounceEnding:
    given = {"image_id": IMAGE_ID, "image_name": "web 1", "compartment_id": COMPARTMENT_ID, "time": None}
    return AnnounceEnding(**{**given, **fields})


def announce(services: FakeServices, asked: AnnounceEnding | None = None, **configuration: str) -> Result:
    return (asked or ending()).run(context(services, kind="event", **configuration))


def add(services: FakeServices, status: str = "SUCCEEDED", **fields: Any) -> str:
    """The id of one more export's work request."""
    return str(services.work_requests.add(IMAGE_ID, status, **fields)["id"])


def announced(services: FakeServices) -> dict[str, Any]:
    (event,) = services.notifications.events
    return event


@pytest.mark.parametrize(
    ("status", "kind"), [("SUCCEEDED", "succeeded"), ("FAILED", "failed"), ("CANCELED", "failed")]
)
def test_an_export_that_ended_is_announced_with_its_errors_unless_it_succeeded(
    services: FakeServices, status: str, kind: str
) -> None:
    work_request_id = add(services, status)
    errors = [{"code": "InternalError", "message": "No space."}]
    services.work_requests.its_errors[work_request_id] = errors
    result = announce(services)
    assert (result.message, result.work_request_id) == (f"ending announced: {status}", work_request_id)
    assert result.summary == {
        "status": "announced",
        "workRequestId": work_request_id,
        "messageId": "message-1",
        "exportStatus": status,
    }
    event = announced(services)
    assert (event["id"], event["type"]) == (f"{work_request_id}/{kind}", f"imageexport.{kind}")
    assert event["data"]["errors"] == ([] if status == "SUCCEEDED" else errors)
    assert (services.calls("list_errors") == []) is (status == "SUCCEEDED")


def test_the_newest_export_of_the_image_is_meant(services: FakeServices) -> None:
    add(services, "FAILED")
    newest = add(services, timeAccepted=later(60))
    add(services, operationType="CreateImage", timeAccepted=later(90))
    assert announce(services).work_request_id == newest


@pytest.mark.parametrize("time", [30.0, 0.0], ids=["later", "at the same moment"])
def test_an_event_that_comes_late_does_not_announce_a_later_export(
    services: FakeServices, time: float
) -> None:
    meant = add(services)
    add(services, "IN_PROGRESS", timeAccepted=later(60))
    assert announce(services, ending(time=moment(time))).work_request_id == meant


def test_an_export_without_a_time_may_be_the_one(services: FakeServices) -> None:
    undated = add(services, timeAccepted=None)
    assert announce(services, ending(time=START)).work_request_id == undated


def test_an_unfinished_export_is_asked_for_again(services: FakeServices, clock: FakeClock) -> None:
    work_request_id = add(services, "IN_PROGRESS")
    sleep = clock.sleep

    def progress(seconds: float) -> None:
        sleep(seconds)
        if len(clock.sleeps) == 2:
            services.work_requests.known[0]["status"] = "SUCCEEDED"

    object.__setattr__(clock, "sleep", progress)
    assert announce(services).work_request_id == work_request_id
    assert clock.sleeps == [2.0, 2.0]
    assert announced(services)["data"]["status"] == "SUCCEEDED"


def test_the_services_own_pause_between_looks_is_kept(services: FakeServices, clock: FakeClock) -> None:
    add(services, "IN_PROGRESS")
    services.work_requests.retry_after = 11.0
    with pytest.raises(EndingUnknown):
        announce(services)
    assert set(clock.sleeps) == {11.0}


def test_an_export_that_goes_on_fails_the_invocation_so_that_the_event_comes_again(
    services: FakeServices, clock: FakeClock
) -> None:
    add(services, "IN_PROGRESS")
    asked = context(services)
    with pytest.raises(EndingUnknown, match="had not ended") as raised:
        ending().run(asked)
    assert raised.value.passing
    assert clock.monotonic() < asked.retries.budget.work
    assert services.notifications.messages == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"operationType": "CreateImage"}, id="no export"),
        pytest.param({"timeAccepted": later(60)}, id="none before the event"),
        pytest.param({"compartmentId": "another"}, id="none in the compartment"),
    ],
)
def test_where_no_export_is_known_the_invocation_fails(
    services: FakeServices, fields: dict[str, Any]
) -> None:
    add(services, **fields)
    with pytest.raises(EndingUnknown, match="No export of the image"):
        announce(services, ending(time=moment(30)))
    assert services.notifications.messages == []


@pytest.mark.parametrize("given", [ELSEWHERE, None, ""], ids=["another", "none", "empty"])
def test_where_the_events_compartment_has_none_the_images_own_is_looked_into(
    services: FakeServices, given: str | None
) -> None:
    work_request_id = add(services)
    assert announce(services, ending(compartment_id=given)).work_request_id == work_request_id
    listed = [call.arguments["compartment_id"] for call in services.calls("list_work_requests")]
    assert listed == [*([given] if given else []), COMPARTMENT_ID]


def test_where_the_events_compartment_has_one_the_image_is_not_asked(services: FakeServices) -> None:
    add(services)
    announce(services)
    assert services.calls("get_image") == []
    assert len(services.calls("list_work_requests")) == 1


def test_an_image_that_tells_no_compartment_has_no_list(services: FakeServices) -> None:
    services.compute.images[IMAGE_ID]["compartmentId"] = 7
    with pytest.raises(EndingUnknown):
        announce(services, ending(compartment_id=None))
    assert services.calls("list_work_requests") == []


REFUSED = pytest.mark.parametrize(
    "failure", [not_found("Work Requests"), throttled(), no_answer()], ids=lambda failure: failure.code
)


@REFUSED
@pytest.mark.parametrize("operation", ["list_work_requests", "get_image"])
def test_where_listing_is_refused_the_invocation_fails_and_the_log_says_why(
    services: FakeServices, operation: str, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    add(services)
    services.fail(operation, *[failure] * ALWAYS)
    with pytest.raises(EndingUnknown):
        announce(services, ending(compartment_id=None))
    assert any(failure.code in line for line in logged(caplog, "WARNING"))


def test_a_compartment_that_cannot_be_listed_does_not_hide_the_images_own(services: FakeServices) -> None:
    work_request_id = add(services)
    services.fail("list_work_requests", not_found("Work Requests"))
    assert announce(services, ending(compartment_id=ELSEWHERE)).work_request_id == work_request_id


@pytest.mark.parametrize("operation", ["list_work_requests", "get_work_request", "list_errors", "publish"])
def test_each_step_is_tried_again(services: FakeServices, operation: str) -> None:
    add(services, "FAILED")
    services.fail(operation, throttled(), no_answer())
    assert announce(services).summary["exportStatus"] == "FAILED"


@pytest.mark.parametrize("operation", ["get_work_request", "list_errors"])
def test_what_cannot_be_read_for_now_is_the_failure(services: FakeServices, operation: str) -> None:
    add(services, "FAILED")
    services.fail(operation, refusal(401, "NotAuthenticated"))
    with pytest.raises(ServiceRefusal) as raised:
        announce(services)
    assert raised.value.passing


def test_a_work_request_that_may_not_be_read_is_an_ending_that_is_not_known(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    add(services)
    services.fail("get_work_request", not_found("Work Requests"))
    with pytest.raises(EndingUnknown, match="can't be read"):
        announce(services)
    assert len(logged(caplog, "WARNING")) == 1


def test_errors_that_may_not_be_read_are_left_out_of_the_announcement(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    add(services, "FAILED")
    services.fail("list_errors", not_found("Work Requests"))
    announce(services)
    assert announced(services)["data"]["errors"] == []
    assert len(logged(caplog, "WARNING")) == 1


def test_an_ending_that_the_topic_refuses_comes_again(services: FakeServices) -> None:
    add(services)
    services.fail("publish", not_found("Notifications"))
    with pytest.raises(NotAnnounced, match="NotAuthorizedOrNotFound") as raised:
        announce(services)
    assert raised.value.passing


def test_fields_of_a_wrong_type_are_left_out(services: FakeServices) -> None:
    add(services, timeStarted=7, percentComplete="all", compartmentId=COMPARTMENT_ID)
    announce(services, ending(image_name=None))
    data = announced(services)["data"]
    assert (data["timeStarted"], data["percentComplete"], data["imageName"]) == (None, None, None)


def test_without_records_not_one_call_more_is_made(services: FakeServices) -> None:
    add(services)
    announce(services)
    assert services.operations() == ["list_work_requests", "get_work_request", "publish"]
    data = announced(services)["data"]
    assert [data[key] for key in ("destination", "exportFormat", "trigger", "object")] == [None] * 4


def test_the_log_names_the_image() -> None:
    assert ending().subject == Subject(IMAGE_ID)
