"""Starting an export: once for each request, whatever fails; with the image, where a caller waits for it."""

from dataclasses import replace

import pytest

from handlers.context import Context
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations.export_image.attempt import Accepted, Export
from handlers.operations.export_image.start import start
from tests.fakes import HOSTS, IMAGE_ID, FakeServices, context, image, not_found, refusal
from tests.unit.examples import (
    ALWAYS,
    PLACE,
    export,
    export_of_call,
    export_of_event,
    invalid_bucket_name,
    logged,
    no_answer,
    throttled,
    token_was_used,
)


def started(services: FakeServices, asked: Export | None = None, **configuration: str) -> Accepted:
    return start(asked or export(), context(services, **configuration))


def test_every_try_has_the_same_retry_token_and_there_is_one_export(services: FakeServices) -> None:
    services.fail("export_image", throttled(), refusal(500, "X"))
    services.lose_answer("export_image")
    accepted = started(services)
    assert [export["id"] for export in services.work_requests.known] == [accepted.work_request_id]
    calls = services.calls("export_image")
    assert len(calls) == 4
    assert all(call.arguments == calls[0].arguments for call in calls)


def test_a_busy_image_is_tried_again_and_its_conflict_passes_after_that(services: FakeServices) -> None:
    services.compute.images[IMAGE_ID]["lifecycleState"] = "EXPORTING"
    services.fail("export_image", refusal(409, "Conflict"))
    assert started(services).work_request_id
    services.fail("export_image", *[refusal(409, "Conflict")] * ALWAYS)
    with pytest.raises(ServiceRefusal) as raised:
        started(services, export_of_event())
    assert (raised.value.code, raised.value.passing) == ("Conflict", True)


@pytest.mark.parametrize(
    "refused",
    [refusal(400, "InvalidParameter"), not_found(), refusal(409, "Conflict"), refusal(412, "NoEtagMatch")],
    ids=lambda refused: refused.code,
)
def test_a_lasting_refusal_ends_it_at_once(services: FakeServices, refused: ServiceRefusal) -> None:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        started(services)
    assert (raised.value.code, raised.value.passing) == (refused.code, False)
    assert len(services.calls("export_image")) == 1


@pytest.mark.parametrize("asked", [export_of_call(), export_of_event()], ids=["call", "event"])
def test_an_earlier_tries_work_request_is_looked_up(services: FakeServices, asked: Export) -> None:
    earlier = services.work_requests.add(IMAGE_ID)
    services.fail("export_image", token_was_used())
    accepted = started(services, asked)
    assert (accepted.work_request_id, accepted.how) == (earlier["id"], "export was accepted before")


@pytest.mark.parametrize(
    "refused",
    [
        refusal(400, "InvalidParameter", "Invalid objectName: it is too long"),
        refusal(400, "InvalidParameter", "The Invalid bucketName is not first"),
        refusal(400, "LimitExceeded", "Invalid bucketName: no"),
        refusal(404, "InvalidParameter", "Invalid bucketName: no"),
        refusal(400, "InvalidParameter", ""),
    ],
)
def test_another_refusal_than_the_known_issue_is_not_gotten_around(
    services: FakeServices, refused: ServiceRefusal
) -> None:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        started(services)
    assert raised.value is refused
    assert services.calls("create_par") == []


@pytest.mark.parametrize(
    ("asked", "configuration"),
    [
        pytest.param(export(destination=replace(PLACE, base=HOSTS.endpoint)), {}, id="a URL"),
        pytest.param(export(), {"PAR_FALLBACK": "false"}, id="switched off"),
    ],
)
def test_a_callers_url_and_a_fallback_that_is_switched_off_get_computes_refusal(
    services: FakeServices, asked: Export, configuration: dict[str, str]
) -> None:
    services.fail("export_image", invalid_bucket_name())
    with pytest.raises(ServiceRefusal, match="Invalid bucketName"):
        started(services, asked, **configuration)
    assert services.calls("create_par") == []


def test_the_known_issue_is_gotten_around(services: FakeServices) -> None:
    services.fail("export_image", invalid_bucket_name())
    assert started(services).work_request_id
    assert services.operations() == ["export_image", "create_par", "export_image"]


def unreadable(services: FakeServices) -> Context:
    """Compute accepts, with a body that nobody can read."""
    services.compute.is_readable = False
    return context(services)


def test_where_computes_answer_has_no_image_it_is_fetched_for_a_caller(services: FakeServices) -> None:
    accepted = start(export(), unreadable(services))
    assert accepted.image is not None
    assert accepted.image.document == image()
    assert accepted.headers["opc-work-request-id"] == accepted.work_request_id
    assert services.operations() == ["export_image", "get_image"]


def test_for_an_event_it_is_fetched_too_for_its_name_and_its_record(services: FakeServices) -> None:
    assert start(export_of_event(), unreadable(services)).image is not None
    assert services.operations() == ["export_image", "get_image"]


@pytest.mark.parametrize("failure", [not_found(), no_answer()], ids=lambda failure: failure.code)
def test_where_fetching_fails_too_the_export_is_still_accepted(
    services: FakeServices, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    services.fail("get_image", *[failure] * ALWAYS)
    accepted = start(export(), unreadable(services))
    assert accepted.work_request_id
    assert accepted.image is None
    (line,) = logged(caplog, "WARNING")
    assert line.startswith("the image of an accepted export can't be read: ")


def test_an_image_is_fetched_also_where_the_works_time_is_used_up(services: FakeServices) -> None:
    asked = unreadable(services)
    services.clock.advance(asked.retries.budget.work - services.clock.monotonic() - 4.0)
    services.take("export_image", 4.0)
    assert start(export(), asked).image is not None
    (call,) = services.calls("get_image")
    assert asked.retries.budget.work < call.until < asked.retries.budget.announcement
