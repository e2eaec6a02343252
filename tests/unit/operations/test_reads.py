"""What is only read: images, work requests of image exports and of nothing else, the description."""

import pytest

from handlers.operations.reads import DOCUMENT, is_export
from tests.local.oci import Fault
from tests.unit.world import World

NOT_FOUND = {
    "code": "NotAuthorizedOrNotFound",
    "message": "Authorization failed or requested resource not found.",
}


def test_the_description_is_served_byte_by_byte_without_a_call(world: World) -> None:
    answer = world.http("GET", "/openapi.json")
    assert (answer.status, answer.body) == (200, DOCUMENT.read_bytes())
    assert answer.headers == {"content-type": "application/json"}
    assert answer.line["message"] == "OpenAPI document returned"
    assert world.cloud.calls == []


def test_an_image_is_read_as_compute_has_it(world: World) -> None:
    image_id = world.image["id"]
    answer = world.http("GET", f"/20160918/images/{image_id}", headers={"opc-request-id": "the-callers"})
    assert (answer.document, answer.headers["etag"]) == (world.image, world.cloud.images.etag(image_id))
    assert world.calls("GetImage")[0].headers["opc-request-id"] == "the-callers"
    line = answer.line
    assert (line["message"], line["imageId"]) == ("image read", image_id)
    assert line["opcRequestId"] == answer.headers["opc-request-id"]


def failed(world: World) -> str:
    """A work request of an export that failed."""
    work_request_id = world.cloud.work_requests.add(resource_id=world.image["id"])
    world.cloud.work_requests.fail(work_request_id, "InternalError", "The disk is broken.")
    return work_request_id


def test_a_work_request_its_errors_and_its_log_are_read_as_compute_has_them(world: World) -> None:
    work_request_id, known = failed(world), world.cloud.work_requests
    path = f"/20160918/workRequests/{work_request_id}"
    for part, document, message in (
        ("", known[work_request_id], "work request read"),
        ("/errors", known.errors(work_request_id), "work request's errors read"),
        ("/logs", known.logs(work_request_id), "work request's log read"),
    ):
        answer = world.http("GET", path + part)
        assert (answer.status, answer.document) == (200, document)
        assert (answer.line["message"], answer.line["workRequestId"]) == (message, work_request_id)


@pytest.mark.parametrize("part", ["", "/errors", "/logs"])
def test_another_work_request_answers_as_one_that_does_not_exist(part: str, world: World) -> None:
    other = world.cloud.work_requests.add("CreateImage", resource_id=world.image["id"])
    for work_request_id in (other, f"{other}missing"):
        answer = world.http("GET", f"/20160918/workRequests/{work_request_id}{part}")
        assert (answer.status, answer.document) == (404, NOT_FOUND)
        assert answer.line["opcRequestId"] == answer.headers["opc-request-id"]
        assert answer.line["workRequestId"] == work_request_id
    assert {call.operation for call in world.cloud.calls} == {"GetWorkRequest"}


def test_a_services_own_words_for_a_404_are_not_passed_on_but_for_another_refusal(world: World) -> None:
    path = f"/20160918/workRequests/{failed(world)}"
    world.cloud.faults.add(
        Fault("GetWorkRequest", 404, "InvalidParameter", "It is an instance's."),
        Fault("GetWorkRequest", 401, "NotAuthenticated", "Who?", times=2),
    )
    assert world.http("GET", path).document == NOT_FOUND
    answer = world.http("GET", path)
    assert (answer.status, answer.document) == (401, {"code": "NotAuthenticated", "message": "Who?"})


def test_an_export_is_one_however_the_operation_is_spelt_and_anything_else_is_none() -> None:
    for spelling in ("ExportImage", "EXPORT_IMAGE", "export-image", "export image", "exportimage"):
        assert is_export({"operationType": spelling})
    for other in ("CreateImage", "ExportImages", "ReExportImage", None, "", 7):
        assert not is_export({"operationType": other})
    assert not is_export({})
