"""Work requests through the gateway: of image exports, and of nothing else."""

from typing import Literal

import pytest

from handlers.errors import ServiceRefusal
from handlers.operations import Subject
from handlers.operations.get_work_request import GetWorkRequest
from handlers.services import Page
from tests.fakes import IMAGE_ID, FakeServices, context, refusal
from tests.unit.examples import WORK_REQUEST_ID, no_answer, throttled

Part = Literal["", "errors", "logs"]
PARTS = pytest.mark.parametrize("part", ["", "errors", "logs"])


def test_a_work_request_is_read_as_compute_has_it(services: FakeServices) -> None:
    export = services.work_requests.add(IMAGE_ID, aFieldOfTomorrow=True)
    operation = GetWorkRequest(export["id"])
    result = operation.run(context(services, request_id="the-callers"))
    assert (result.document, result.message) == (export, "work request read")
    (call,) = services.calls()
    assert call.arguments == {"work_request_id": export["id"], "request_id": "the-callers"}
    assert operation.subject == Subject(work_request_id=export["id"])


@pytest.mark.parametrize(
    ("part", "message"),
    [("errors", "work request's errors read"), ("logs", "work request's log read")],
)
def test_a_page_of_its_errors_or_logs_is_read(part: Part, message: str, services: FakeServices) -> None:
    export = services.work_requests.add(IMAGE_ID, "FAILED")
    services.work_requests.its_errors[export["id"]] = [{"code": "InternalError", "message": "x"}]
    services.work_requests.its_logs[export["id"]] = [{"message": "begun"}]
    page = Page("5", "token", "ASC")
    result = GetWorkRequest(export["id"], part, page).run(context(services))
    stored = {"errors": services.work_requests.its_errors, "logs": services.work_requests.its_logs}[part]
    assert (result.document, result.message) == (stored[export["id"]], message)
    assert [call.operation for call in services.calls()] == ["get_work_request", f"list_{part}"]
    assert services.calls()[1].arguments["page"] == page
    assert result.headers.get("opc-next-page") == {"errors": "the-next", "logs": None}[part]


@PARTS
def test_another_work_request_answers_as_one_that_does_not_exist(part: Part, services: FakeServices) -> None:
    other = services.work_requests.add(IMAGE_ID, operationType="CreateImage")
    answers = []
    for work_request_id in (other["id"], f"{other['id']}missing"):
        with pytest.raises(ServiceRefusal) as raised:
            GetWorkRequest(work_request_id, part).run(context(services))
        answers.append((raised.value.status, raised.value.code, raised.value.message))
        assert raised.value.request_id
    assert answers[0] == answers[1]
    assert answers[0][:2] == (404, "NotAuthorizedOrNotFound")
    assert services.calls("list_errors") == services.calls("list_logs") == []


def test_a_services_own_words_for_a_404_are_not_passed_on(services: FakeServices) -> None:
    services.fail("get_work_request", refusal(404, "InvalidParameter", "It is an instance's."))
    with pytest.raises(ServiceRefusal) as raised:
        GetWorkRequest(WORK_REQUEST_ID).run(context(services))
    assert raised.value.code == "NotAuthorizedOrNotFound"
    assert "instance" not in raised.value.message


def test_another_refusal_is_the_services_own(services: FakeServices) -> None:
    refused = refusal(401, "NotAuthenticated")
    services.fail("get_work_request", refused)
    with pytest.raises(ServiceRefusal) as raised:
        GetWorkRequest(WORK_REQUEST_ID).run(context(services))
    assert raised.value is refused


@pytest.mark.parametrize("operation", ["get_work_request", "list_errors"])
def test_reading_is_tried_again(operation: str, services: FakeServices) -> None:
    export = services.work_requests.add(IMAGE_ID, "FAILED")
    services.fail(operation, throttled(), no_answer())
    assert GetWorkRequest(export["id"], "errors").run(context(services)).document == []
