"""A dry run: everything is checked, nothing is exported, nothing is published."""

import pytest

from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports.dry_run import check
from tests.fakes import IMAGE_ID, FakeServices
from tests.unit.exports.examples import at_hand, start_export, throttled


def test_an_image_that_could_be_exported_is_shown(services: FakeServices) -> None:
    shown = check(start_export(dry_run=True), at_hand(services))
    assert shown.answer.document == services.compute.images[IMAGE_ID]
    assert shown.answer.etag == "etag-1"
    assert [call.operation for call in services.calls()] == ["get_image"]
    assert services.notifications.messages == []


@pytest.mark.parametrize(
    "state", ["PROVISIONING", "IMPORTING", "EXPORTING", "DISABLED", "DELETED", "TOMORROWS"]
)
def test_an_image_that_cannot_be_exported_now_gets_the_conflict_that_compute_would_give(
    services: FakeServices, state: str
) -> None:
    services.compute.images[IMAGE_ID]["lifecycleState"] = state
    with pytest.raises(ServiceRefusal, match=state) as raised:
        check(start_export(dry_run=True), at_hand(services))
    assert (raised.value.status, raised.value.code) == (409, "IncorrectState")
    assert raised.value.request_id == "request-of-the-service"
    assert len(services.calls()) == 1


@pytest.mark.parametrize("if_match", [None, "*", "etag-1"])
def test_a_condition_that_holds_passes(services: FakeServices, if_match: str | None) -> None:
    assert check(start_export(dry_run=True, if_match=if_match), at_hand(services))


def test_a_condition_that_does_not_hold_is_refused_as_compute_would(services: FakeServices) -> None:
    with pytest.raises(ServiceRefusal) as raised:
        check(start_export(dry_run=True, if_match="etag-0"), at_hand(services))
    assert (raised.value.status, raised.value.code) == (412, "NoEtagMatch")
    assert raised.value.request_id == "request-of-the-service"


def test_an_image_that_does_not_exist_is_refused_by_compute_itself(services: FakeServices) -> None:
    services.compute.images.clear()
    with pytest.raises(ServiceRefusal) as raised:
        check(start_export(dry_run=True), at_hand(services))
    assert (raised.value.status, raised.value.code) == (404, "NotAuthorizedOrNotFound")


def test_fetching_is_tried_again(services: FakeServices) -> None:
    services.fail("get_image", throttled(), NoAnswer("lost"))
    assert check(start_export(dry_run=True), at_hand(services)).answer.document["id"] == IMAGE_ID
