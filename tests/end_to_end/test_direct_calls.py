"""Direct calls, end to end."""

from tests.end_to_end.conftest import Running
from tests.local.oci import Fault

IMAGE_ID = "ocid1.image.oc1.phx.nosuchimage"


def test_an_export_is_answered_in_one_document(function: Running) -> None:
    image_id = function.image()
    reply = function.platform.invoke(function.call(image_id)).json()
    assert set(reply) == {"workRequestId", "image", "etag", "opcRequestId", "notification"}
    assert reply["image"] == function.cloud.images[image_id]
    assert reply["workRequestId"] == function.cloud.exports[-1].work_request_id
    assert reply["notification"] == {"messageId": function.cloud.messages[-1].message_id}


def test_a_dry_run_is_asked_for_by_a_key(function: Running) -> None:
    exports = len(function.cloud.exports)
    reply = function.platform.invoke(function.call(function.image(), dryRun=True)).json()
    assert set(reply) == {"image", "etag", "opcRequestId"}
    assert len(function.cloud.exports) == exports


def test_a_refusal_has_its_status_in_the_body(function: Running) -> None:
    invocation = function.platform.invoke({"imageId": IMAGE_ID})
    assert not invocation.failed
    assert invocation.json() == {
        "status": 400,
        "code": "MissingParameter",
        "message": "exportImageDetails is missing.",
    }


def test_an_empty_call_is_refused(function: Running) -> None:
    assert function.platform.host.invoke().json()["code"] == "CannotParseRequest"


def test_a_lasting_failure_of_a_detached_call_is_published(function: Running) -> None:
    detached = {"fn-invoke-type": "detached"}
    invocation = function.platform.invoke(function.call(IMAGE_ID), detached)
    assert not invocation.failed
    rejected = function.published()[-1]
    assert (rejected["type"], rejected["id"]) == ("imageexport.rejected", invocation.call_id)
    assert rejected["data"]["code"] == "NotAuthorizedOrNotFound"


def test_a_passing_failure_of_a_detached_call_fails_the_invocation(function: Running) -> None:
    function.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))
    messages = len(function.cloud.messages)
    detached = {"fn-invoke-type": "detached"}
    assert function.platform.invoke(function.call(function.image()), detached).failed
    assert len(function.cloud.messages) == messages
