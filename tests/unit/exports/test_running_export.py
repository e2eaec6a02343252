"""The export behind a refusal: an earlier delivery of the same event may have started it."""

import pytest

from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.exports import running_export
from handlers.exports.commands import CreatedImage, Started
from handlers.exports.start import start
from tests.fakes import IMAGE_ID, START, FakeServices, not_found
from tests.unit.exports.examples import (
    at_hand,
    later,
    refusal,
    start_export,
    start_export_of_event,
    throttled,
)

BUSY = refusal(409, "IncorrectState")
CONFLICT = refusal(409, "Conflict")
USED = refusal(409, "InvalidatedRetryToken")
UNTIL = 1030.0
OTHER_IMAGE = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaanotherimage"


@pytest.mark.parametrize("refused", [BUSY, CONFLICT, USED], ids=lambda refused: refused.code)
def test_an_event_that_meets_a_running_export_of_its_image_announces_it(
    services: FakeServices, refused: ServiceRefusal
) -> None:
    running = services.work_requests.add()
    services.fail("export_image", refused)
    started = start(start_export_of_event(), at_hand(services))
    assert started == Started(running["id"], None, "message-1")
    (event,) = services.notifications.events
    assert (event["id"], event["data"]["imageName"]) == (running["id"], "web 1")
    assert len(services.calls("export_image")) == 1


@pytest.mark.parametrize("refused", [CONFLICT, USED], ids=lambda refused: refused.code)
def test_without_any_export_a_lasting_conflict_is_the_failure(
    services: FakeServices, refused: ServiceRefusal
) -> None:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        start(start_export_of_event(), at_hand(services))
    assert raised.value is refused
    assert not raised.value.passing


def test_without_a_running_export_a_busy_image_is_waited_for(services: FakeServices) -> None:
    services.fail("export_image", BUSY, BUSY)
    started = start(start_export_of_event(), at_hand(services))
    assert started.image is not None
    assert len(services.calls("export_image")) == 3
    assert len(services.calls("list_work_requests")) == 2


def test_an_export_that_has_ended_does_not_explain_a_busy_image(services: FakeServices) -> None:
    for status in ("SUCCEEDED", "FAILED", "CANCELED"):
        services.work_requests.add(status=status)
    assert running_export.behind(BUSY, start_export_of_event(), services, UNTIL) is None


def test_a_used_token_belongs_to_an_export_also_when_that_has_ended(services: FakeServices) -> None:
    ended = services.work_requests.add(status="SUCCEEDED")
    assert running_export.behind(USED, start_export_of_event(), services, UNTIL) == Started(ended["id"], None)


def test_of_several_exports_the_newest_unfinished_is_it(services: FakeServices) -> None:
    add = services.work_requests.add
    add(timeAccepted=START.isoformat())
    newest = add(timeAccepted=later(60).isoformat())
    add(timeAccepted=later(120).isoformat(), status="FAILED")
    found = running_export.behind(BUSY, start_export_of_event(), services, UNTIL)
    assert found == Started(newest["id"], None)


def test_another_operation_or_another_image_explains_nothing(services: FakeServices) -> None:
    services.work_requests.add(operationType="CreateImage")
    services.work_requests.add(OTHER_IMAGE)
    assert running_export.behind(BUSY, start_export_of_event(), services, UNTIL) is None


@pytest.mark.parametrize("refused", [BUSY, CONFLICT, USED], ids=lambda refused: refused.code)
def test_a_caller_who_reads_the_reply_gets_the_conflict_itself(
    services: FakeServices, refused: ServiceRefusal
) -> None:
    services.work_requests.add()
    assert running_export.behind(refused, start_export(), services, UNTIL) is None
    assert services.calls() == []


@pytest.mark.parametrize(
    ("refused", "is_found"),
    [(USED, True), (BUSY, False), (CONFLICT, False)],
    ids=lambda value: str(value)[:24],
)
def test_in_the_fallback_a_used_token_is_our_own_doing_and_nothing_else_is(
    services: FakeServices, refused: ServiceRefusal, is_found: bool
) -> None:
    services.work_requests.add()
    found = running_export.behind(refused, start_export(is_fallback=True), services, UNTIL)
    assert (found is not None) is is_found


@pytest.mark.parametrize(
    "refused",
    [refusal(404), refusal(412, "NoEtagMatch"), refusal(409, "LockConflict"), refusal(429)],
)
def test_other_refusals_are_not_looked_into(services: FakeServices, refused: ServiceRefusal) -> None:
    services.work_requests.add()
    assert running_export.behind(refused, start_export_of_event(), services, UNTIL) is None
    assert services.calls() == []


def test_without_a_compartment_in_the_event_the_image_tells_it(services: FakeServices) -> None:
    running = services.work_requests.add()
    command = start_export_of_event(event=CreatedImage(None, None, START))
    found = running_export.behind(BUSY, command, services, UNTIL)
    assert found is not None
    assert found.work_request_id == running["id"]
    assert found.image is not None
    assert found.image.text("displayName") == "web 1"
    assert [call.operation for call in services.calls()] == ["get_image", "list_work_requests"]


def test_an_image_that_tells_no_compartment_has_no_export_to_be_found(services: FakeServices) -> None:
    services.work_requests.add()
    services.compute.images[IMAGE_ID]["compartmentId"] = None
    command = start_export_of_event(event=CreatedImage(None, None, START))
    assert running_export.behind(BUSY, command, services, UNTIL) is None


@pytest.mark.parametrize(
    "failure", [throttled(), NoAnswer("lost"), refusal(500)], ids=lambda error: error.code
)
def test_where_looking_fails_for_now_the_whole_is_tried_again(
    services: FakeServices, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    running = services.work_requests.add()
    services.fail("export_image", CONFLICT, CONFLICT)
    services.fail("list_work_requests", failure)
    assert start(start_export_of_event(), at_hand(services)).work_request_id == running["id"]
    assert "could not look for a running export" in caplog.text


def test_where_looking_is_not_permitted_the_conflict_is_the_failure(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.fail("export_image", CONFLICT)
    services.fail("list_work_requests", not_found("Work Requests"))
    with pytest.raises(ServiceRefusal) as raised:
        start(start_export_of_event(), at_hand(services))
    assert raised.value is CONFLICT
    assert "could not look for a running export" in caplog.text


def test_looking_is_over_when_the_try_is(services: FakeServices) -> None:
    services.work_requests.add()
    running_export.behind(BUSY, start_export_of_event(), services, UNTIL)
    assert [call.until for call in services.calls()] == [UNTIL]
