"""Events, end to end."""

import pytest

from tests import events
from tests.end_to_end.conftest import Running
from tests.local.oci import Fault

IMAGE_ID = "ocid1.image.oc1.phx.nosuchimage"


@pytest.mark.parametrize("payload", ["createimage.end", "createimage.end.other-casing"])
def test_a_created_image_is_exported_and_announced(payload: str, function: Running) -> None:
    image_id = function.image()
    invocation = function.platform.invoke(function.event(image_id, payload))
    export, message = function.cloud.exports[-1], function.published()[-1]
    assert invocation.json() == {
        "status": "exported",
        "workRequestId": export.work_request_id,
        "messageId": function.cloud.messages[-1].message_id,
        "eventId": events.load("createimage.end")["eventID"],
    }
    assert (export.image_id, export.destination.object) == (image_id, "web-1-20260131T115930Z.oci")
    assert message["data"]["trigger"]["kind"] == "event"


def test_the_same_event_delivered_again_is_the_same_export(function: Running) -> None:
    event = function.event(function.image())
    first, second = (function.platform.invoke(event).json() for _ in range(2))
    assert first["workRequestId"] == second["workRequestId"]
    exports = [export for export in function.cloud.exports if export.image_id == event["data"]["resourceId"]]
    assert len(exports) == 1


def test_an_event_about_a_missing_image_is_rejected_for_good(function: Running) -> None:
    event = function.event(IMAGE_ID)
    invocation = function.platform.invoke(event)
    assert (invocation.failed, invocation.json()["status"]) == (False, "rejected")
    rejected = function.published()[-1]
    assert (rejected["type"], rejected["id"]) == ("imageexport.rejected", event["eventID"])


def test_a_passing_failure_fails_the_invocation(function: Running) -> None:
    function.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))
    assert function.platform.invoke(function.event(function.image())).failed


@pytest.mark.parametrize(("ending", "kind"), [("advance", "succeeded"), ("cancel", "failed")])
def test_the_ending_of_an_export_is_announced(ending: str, kind: str, function: Running) -> None:
    image_id = function.image()
    work_request_id = function.export(image_id).headers["opc-work-request-id"]
    getattr(function.cloud.work_requests, ending)(work_request_id)
    event = function.event(image_id, "exportimage.end.nulls", eventID=f"the-{ending}")
    reply = function.platform.invoke(event).json()
    assert (reply["status"], reply["workRequestId"]) == ("announced", work_request_id)
    announced = [message for message in function.published() if message["type"] == f"imageexport.{kind}"]
    assert announced[-1]["id"] == work_request_id


@pytest.mark.parametrize("payload", ["createimage.begin", "updateimage", "object-created"])
def test_any_other_event_is_ignored(payload: str, function: Running) -> None:
    calls = len(function.cloud.calls)
    reply = function.platform.invoke(events.load(payload)).json()
    assert reply["status"] == "ignored"
    assert len(function.cloud.calls) == calls
