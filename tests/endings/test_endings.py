"""How an export ended is announced by the real function: what it sends, waits for, and gives up in time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, Request, line_of, send

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
UNREADABLE = {"status": 502, "body": b"<html>Bad Gateway</html>", "content_type": "text/html"}


def test_without_a_record_an_ending_tells_what_its_work_request_does(
    platform: LocalPlatform, request_without_record: Request
) -> None:
    request = request_without_record
    request.send()
    request.end()

    reply = request.send_ending()

    work_request_id = request.export.work_request_id
    work_request = platform.cloud.work_requests[work_request_id]
    assert (reply.document["workRequestId"], reply.document["exportStatus"]) == (work_request_id, "SUCCEEDED")
    [ending] = request.announced("succeeded")
    assert platform.cloud.messages[-1].title == "Image export succeeded: golden"
    times = {key: work_request[key] for key in ("timeAccepted", "timeStarted", "timeFinished")}
    assert {key: ending["data"][key] for key in times} == times
    assert ending["data"]["destination"] is ending["data"]["object"] is None


@pytest.mark.parametrize("refused", [False, True], ids=["by name", "through a request"])
def test_with_a_record_an_ending_tells_where_the_object_is_and_what_it_is(
    recording: LocalPlatform, refused: bool
) -> None:
    recording.cloud.switches.refuses_tuples = refused
    request = Request(recording, "gateway", export_format="QCOW2")
    request.send()
    request.end()

    reply = request.send_ending()

    [ending] = request.announced("succeeded")
    data, destination = ending["data"], request.export.destination
    assert data["destination"] == {
        "namespaceName": destination.namespace,
        "bucketName": destination.bucket,
        "objectName": destination.object,
    }
    [accepted] = request.accepted
    assert (data["exportFormat"], data["trigger"]) == ("QCOW2", accepted["data"]["trigger"])
    stored = recording.cloud.buckets.objects[destination]
    modified = datetime.fromisoformat(data["object"].pop("timeModified"))
    assert modified == datetime.fromtimestamp(int(stored.modified), UTC)
    # Compute writes in parts.
    assert stored.md5.endswith("-2")
    assert data["object"] == {"sizeInBytes": stored.size, "etag": stored.etag, "md5": stored.md5}
    # The used request, if there was one, is not needed any more.
    assert not request.pars
    line = line_of(recording, reply.invocation.call_id)
    assert line["destination"] == "/".join((destination.namespace, destination.bucket, destination.object))


def test_an_export_that_failed_tells_why_and_warns(a_request: Request) -> None:
    a_request.send()
    work_requests = a_request.platform.cloud.work_requests
    work_requests.fail(a_request.export.work_request_id, "InternalError", "Out of host capacity")

    reply = a_request.send_ending()

    [ending] = a_request.announced("failed")
    errors = [{"code": "InternalError", "message": "Out of host capacity"}]
    assert ending["data"]["errors"] == a_request.recorded["errors"] == errors
    line = line_of(a_request.platform, reply.invocation.call_id)
    assert (line["level"], line["code"]) == ("WARNING", "InternalError")


def test_two_exports_close_together_are_both_announced_by_one_event(recording: LocalPlatform) -> None:
    first = Request(recording)
    first.send()
    first.end()
    second = Request(recording, "direct", first.image, object_name=ELSEWHERE)
    second.send()
    first.end()

    reply = first.send_ending()

    work_requests = [export.work_request_id for export in first.exports]
    assert [event["data"]["workRequestId"] for event in first.announced("succeeded")] == work_requests
    assert reply.document["workRequestId"] in work_requests
    assert first.record
    assert [entry["status"] for entry in first.record["exports"]] == ["SUCCEEDED"] * 2


@pytest.mark.parametrize(
    "fault",
    [{"delay": 30.0}, {"drip": 0.5}, {"drip": 0.5, "drip_head": True}, {"drop": "before"}],
    ids=["hangs", "drips", "drips its head", "is dropped"],
)
def test_a_list_that_does_not_come_leaves_time_for_the_records_exports(
    a_request: Request, fault: dict[str, Any]
) -> None:
    a_request.send()
    a_request.end()
    a_request.platform.cloud.faults.add(Fault("ListWorkRequests", times=None, **fault))

    reply = a_request.send_ending(seconds=6.0)

    assert reply.document["workRequestId"] == a_request.export.work_request_id
    assert reply.is_in_time
    [ending] = a_request.announced("succeeded")
    assert ending["data"]["object"]


@pytest.mark.parametrize("records", [False, True], ids=["without a record", "with a record"])
def test_an_event_before_its_export_has_ended_waits_for_it_or_comes_again(
    platform: LocalPlatform, recording: LocalPlatform, records: bool
) -> None:
    request = Request(recording if records else platform)
    request.send()
    # One that was accepted in the last two minutes is not the event's.
    early = request.event | {
        "eventType": "com.oraclecloud.computeapi.exportimage.end",
        "eventTime": (datetime.now(UTC) + timedelta(minutes=3)).isoformat(),
    }
    body = json.dumps(early).encode()

    assert send(request.platform, body, seconds=SHORT).status == 502
    assert not request.announced("succeeded")

    request.platform.cloud.on("GetWorkRequest", "done", lambda _: request.end())
    assert send(request.platform, body).document["exportStatus"] == "SUCCEEDED"
    assert len(request.announced("succeeded")) == 1


@pytest.mark.parametrize("operation", ["ListWorkRequests", "ListWorkRequestErrors", "PublishMessage"])
@pytest.mark.parametrize("fault", [UNREADABLE, {"drop": "after"}], ids=["502 as HTML", "dropped after"])
def test_a_fault_that_passes_costs_no_announcement_of_an_ending(
    platform: LocalPlatform, request_without_record: Request, operation: str, fault: dict[str, Any]
) -> None:
    request_without_record.send()
    work_request_id = request_without_record.export.work_request_id
    platform.cloud.work_requests.fail(work_request_id, "InternalError", "Out of host capacity")
    platform.cloud.faults.add(Fault(operation, **fault))

    assert request_without_record.send_ending().document["status"] == "announced"
    endings = request_without_record.announced("failed")
    assert {ending["id"] for ending in endings} == {f"{work_request_id}/failed"}
    assert endings[0]["data"]["errors"][0]["code"] == "InternalError"
