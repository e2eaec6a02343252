"""The work request of an export that was accepted before: the only one it can be, or none."""

import pytest

from handlers.errors import ExportError
from handlers.messages import CreatedImage
from handlers.operations.export_image import earlier
from handlers.operations.export_image.attempt import Export
from tests.fakes import COMPARTMENT_ID, IMAGE_ID, START, FakeServices, context, not_found
from tests.unit.examples import ALWAYS, export, export_of_call, export_of_event, later, logged, no_answer

OTHER_IMAGE = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaanotherimage"
HOURS = 3600.0


def found(services: FakeServices, asked: Export, *, after: float = 0.0) -> str | None:
    """What an invocation that began at START finds so many seconds later."""
    invocation = context(services, deadline=later(after + 120))
    services.clock.advance(after)
    return earlier.work_request_of(asked, invocation)


@pytest.mark.parametrize("asked", [export_of_call(), export_of_event()], ids=["call", "event"])
@pytest.mark.parametrize(
    ("accepted", "is_found"),
    [
        pytest.param([0.0], True, id="at once"),
        pytest.param([30.0], True, id="later"),
        pytest.param([-1.0, 30.0], True, id="one of before does not count"),
        pytest.param([-1.0], False, id="before only"),
        pytest.param([10.0, 30.0], False, id="two: it can be either"),
        pytest.param([], False, id="none"),
    ],
)
def test_it_is_the_only_export_of_the_image_accepted_since(
    services: FakeServices, asked: Export, accepted: list[float], is_found: bool
) -> None:
    exports = [services.work_requests.add(IMAGE_ID, timeAccepted=later(seconds)) for seconds in accepted]
    services.work_requests.add(IMAGE_ID, operationType="CreateImage", timeAccepted=later(20))
    services.work_requests.add(OTHER_IMAGE, timeAccepted=later(20))
    assert found(services, asked, after=60.0) == (exports[-1]["id"] if is_found else None)


@pytest.mark.parametrize(("age", "is_found"), [(12 * HOURS - 60, True), (12 * HOURS, False)])
def test_of_an_events_it_can_be_told_for_twelve_hours(
    services: FakeServices, age: float, is_found: bool
) -> None:
    services.work_requests.add(IMAGE_ID, timeAccepted=later(0))
    assert (found(services, export_of_event(), after=age) is not None) is is_found
    assert is_found or services.calls() == []


def test_under_a_callers_token_it_is_not_looked_for(services: FakeServices) -> None:
    services.work_requests.add(IMAGE_ID)
    assert found(services, export(through_par=True)) is None
    assert services.calls() == []


@pytest.mark.parametrize(
    ("asked", "operations"),
    [
        (export_of_event(), ["list_work_requests"]),
        (export_of_event(created=CreatedImage(None, None, START)), ["get_image", "list_work_requests"]),
        (export_of_call(), ["get_image", "list_work_requests"]),
    ],
    ids=["the event's", "an event without one", "a call"],
)
def test_the_compartment_is_the_events_or_the_images(
    services: FakeServices, asked: Export, operations: list[str]
) -> None:
    known = services.work_requests.add(IMAGE_ID)
    assert found(services, asked) == known["id"]
    assert services.operations() == operations
    assert services.calls()[-1].arguments == {"compartment_id": COMPARTMENT_ID, "resource_id": IMAGE_ID}


def test_an_image_that_tells_no_compartment_has_no_export_to_be_found(services: FakeServices) -> None:
    services.work_requests.add(IMAGE_ID)
    services.compute.images[IMAGE_ID]["compartmentId"] = None
    assert found(services, export_of_call()) is None


@pytest.mark.parametrize("operation", ["get_image", "list_work_requests"])
@pytest.mark.parametrize("failure", [not_found(), no_answer()], ids=lambda failure: failure.code)
def test_where_looking_fails_it_is_unknown_and_the_log_says_so(
    services: FakeServices, operation: str, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    services.work_requests.add(IMAGE_ID)
    services.fail(operation, *[failure] * ALWAYS)
    assert found(services, export_of_call()) is None
    (line,) = logged(caplog, "WARNING")
    assert line.startswith("the work request of an earlier try can't be looked up: ")
