"""A direct call: the body is the whole request, and the reply's body the whole answer."""

import pytest

from handlers.operations.export_image import token_of_call
from tests.local.oci import Fault
from tests.unit.world import CALL_ID, World


def test_a_call_is_an_export_under_a_token_of_its_call_id(world: World) -> None:
    answer = world.call(world.asked())
    (call,) = world.calls("ExportImage")
    assert call.headers["opc-retry-token"] == token_of_call(CALL_ID)
    image_id = world.image["id"]
    assert answer.document == {
        "workRequestId": world.cloud.exports[0].work_request_id,
        "image": world.cloud.images[image_id],
        "etag": world.cloud.images.etag(image_id),
        "opcRequestId": answer.line["opcRequestId"],
        "notification": {"messageId": world.cloud.messages[0].message_id},
    }


def test_the_optional_keys_are_passed_on_and_a_dry_run_is_asked_for_by_one(world: World) -> None:
    etag = world.cloud.images.etag(world.image["id"])
    answer = world.call(world.asked(dryRun=True))
    request_id = answer.line["opcRequestId"]
    assert answer.document == {"image": world.image, "etag": etag, "opcRequestId": request_id}
    assert [call.operation for call in world.cloud.calls] == ["GetImage"]
    world.call(world.asked(ifMatch=etag, opcRetryToken="nightly-2026-01-31"))
    (call,) = world.calls("ExportImage")
    assert (call.headers["if-match"], call.headers["opc-retry-token"]) == (etag, "nightly-2026-01-31")


def test_what_is_not_known_of_an_accepted_export_is_null(world: World) -> None:
    world.cloud.faults.add(
        Fault("ExportImage", 200, body=b"no JSON", after_work=True, without_headers=("etag",)),
        Fault("GetImage", 404),
        Fault("PublishMessage", 404, "NotAuthorizedOrNotFound"),
    )
    document = world.call(world.asked()).document
    assert (document["image"], document["etag"]) == (None, None)
    assert document["notification"] == {"error": "NotAuthorizedOrNotFound"}


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "CannotParseRequest", "The body is missing."),
        (b"null", "CannotParseRequest", "The body is not a JSON object."),
        (b"{}", "MissingParameter", "imageId is missing; exportImageDetails is missing."),
        (
            b'{"catchUp": null, "imageId": 1}',
            "InvalidParameter",
            "catchUp must be an object; imageId is unknown.",
        ),
    ],
)
def test_an_error_has_its_status_in_the_body(body: bytes, code: str, message: str, world: World) -> None:
    answer = world.call(body)
    assert (answer.status, answer.document) == (200, {"status": 400, "code": code, "message": message})
    assert answer.line["trigger"] == "direct"


def test_a_detached_dry_run_that_is_refused_publishes_nothing(recording: World) -> None:
    for document in (recording.asked(dryRun=True, colour=1), {"catchUp": {"dryRun": True, "colour": 1}}):
        answer = recording.call(document, detached=True)
        assert (answer.status, answer.document["code"]) == (200, "InvalidParameter")
    recording.cloud.images.remove(recording.image["id"])
    assert recording.call(recording.asked(dryRun=True), detached=True).document["status"] == 404
    assert recording.cloud.messages == []
