"""Work requests through the gateway: of image exports, and of nothing else."""

from typing import Literal

import pytest

from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports.commands import ShowWorkRequest
from handlers.exports.follow import show
from tests.fakes import FakeServices
from tests.unit.exports.examples import at_hand, refusal, throttled

Part = Literal["", "errors", "logs"]
PARTS: tuple[Part, ...] = ("", "errors", "logs")


def test_a_work_request_is_shown_as_compute_has_it(services: FakeServices) -> None:
    export = services.work_requests.add(aFieldOfTomorrow=True)
    shown = show(ShowWorkRequest(export["id"], ""), at_hand(services))
    assert shown.answer.document == export
    assert [call.operation for call in services.calls()] == ["get_work_request"]


def test_its_errors_are_shown(services: FakeServices) -> None:
    export = services.work_requests.add(status="FAILED")
    services.work_requests.its_errors[export["id"]] = [{"code": "InternalError", "message": "x"}]
    shown = show(ShowWorkRequest(export["id"], "errors"), at_hand(services))
    assert shown.answer.document == [{"code": "InternalError", "message": "x"}]


def test_its_logs_are_shown(services: FakeServices) -> None:
    export = services.work_requests.add()
    services.work_requests.its_logs[export["id"]] = [{"message": "begun"}]
    shown = show(ShowWorkRequest(export["id"], "logs"), at_hand(services))
    assert shown.answer.document == [{"message": "begun"}]


@pytest.mark.parametrize("part", PARTS)
def test_another_work_request_answers_as_one_that_does_not_exist(services: FakeServices, part: Part) -> None:
    other = services.work_requests.add(operationType="CreateImage")
    answers = []
    for work_request_id in (other["id"], "ocid1.coreservicesworkrequest.oc1.iad.missing"):
        with pytest.raises(ServiceRefusal) as raised:
            show(ShowWorkRequest(work_request_id, part), at_hand(services))
        answers.append((raised.value.status, raised.value.code, raised.value.message))
        assert raised.value.request_id
    assert answers[0] == answers[1]
    assert answers[0][:2] == (404, "NotAuthorizedOrNotFound")
    assert services.calls("list_errors") == services.calls("list_logs") == []


def test_what_the_service_says_of_a_404_is_not_passed_on(services: FakeServices) -> None:
    services.fail("get_work_request", refusal(404, "InvalidParameter", "It is an instance's."))
    with pytest.raises(ServiceRefusal) as raised:
        show(ShowWorkRequest("ocid1.coreservicesworkrequest.oc1.iad.x", ""), at_hand(services))
    assert (raised.value.code, "instance" in raised.value.message) == ("NotAuthorizedOrNotFound", False)


def test_another_refusal_is_the_services_own(services: FakeServices) -> None:
    refused = refusal(401, "NotAuthenticated")
    services.fail("get_work_request", refused)
    with pytest.raises(ServiceRefusal) as raised:
        show(ShowWorkRequest("ocid1.coreservicesworkrequest.oc1.iad.x", ""), at_hand(services))
    assert raised.value is refused


@pytest.mark.parametrize("operation", ["get_work_request", "list_errors"])
def test_reading_is_tried_again(services: FakeServices, operation: str) -> None:
    export = services.work_requests.add(status="FAILED")
    services.fail(operation, throttled(), NoAnswer("lost"))
    assert show(ShowWorkRequest(export["id"], "errors"), at_hand(services)).answer.document == []
