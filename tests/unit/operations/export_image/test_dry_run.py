"""A dry run: everything is checked, nothing is exported, nothing is published."""

import pytest

from handlers.errors import ServiceRefusal
from handlers.operations import Result, Subject
from handlers.operations.export_image.dry_run import CheckExport
from tests.fakes import IMAGE_ID, FakeServices, context, image
from tests.unit.examples import PLACE, export, no_answer, throttled


def check(services: FakeServices, if_match: str | None = None) -> Result:
    return CheckExport(export(if_match=if_match)).run(context(services))


@pytest.mark.parametrize("if_match", [None, "*", "etag-1"])
def test_an_image_that_could_be_exported_is_returned(if_match: str | None, services: FakeServices) -> None:
    result = check(services, if_match)
    assert (result.document, result.message) == (image(), "export checked, not started")
    assert result.headers == {"etag": "etag-1", "opc-request-id": "request-of-the-service"}
    assert result.summary == {"image": image(), "etag": "etag-1", "opcRequestId": "request-of-the-service"}
    assert result.work_request_id is None
    assert services.operations() == ["get_image"]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        *((state, state) for state in ("PROVISIONING", "IMPORTING", "EXPORTING", "DISABLED", "DELETED")),
        ("A_STATE_OF_TOMORROW", "A_STATE_OF_TOMORROW"),
        ("X" * 99, "X" * 40),
        (None, "UNKNOWN"),
    ],
)
def test_an_image_that_cannot_be_exported_now_gets_the_conflict_that_compute_would_give(
    state: str | None, shown: str, services: FakeServices
) -> None:
    services.compute.images[IMAGE_ID]["lifecycleState"] = state
    with pytest.raises(ServiceRefusal, match=f"is {shown};") as refused:
        check(services)
    assert (refused.value.status, refused.value.code) == (409, "IncorrectState")
    assert refused.value.request_id == "request-of-the-service"
    assert refused.value.passing == (state not in ("DISABLED", "DELETED"))
    assert services.operations() == ["get_image"]


def test_a_condition_that_does_not_hold_is_refused_as_compute_would(services: FakeServices) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        check(services, "etag-0")
    assert (refused.value.status, refused.value.code) == (412, "NoEtagMatch")
    assert refused.value.request_id == "request-of-the-service"


def test_an_image_that_does_not_exist_is_refused_by_compute_itself(services: FakeServices) -> None:
    services.compute.images.clear()
    with pytest.raises(ServiceRefusal) as refused:
        check(services)
    assert (refused.value.status, refused.value.code) == (404, "NotAuthorizedOrNotFound")


def test_fetching_is_tried_again(services: FakeServices) -> None:
    services.fail("get_image", throttled(), no_answer())
    assert check(services).document["id"] == IMAGE_ID


def test_the_log_names_what_was_checked() -> None:
    assert CheckExport(export()).subject == Subject(IMAGE_ID, PLACE, "OCI")
