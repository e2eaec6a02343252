"""How an export ended is announced: never dropped in silence, and with all that is known of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.exactly_once.faults import PASSING
from tests.local.oci import Fault
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, Request, line_of, send

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
FAULTS = ("429", "502 as HTML", "a success that is HTML, before the work", "dropped after the work")
REFUSED: dict[str, Any] = {"status": 404, "code": "NotAuthorizedOrNotFound"}


def warnings_of(request: Request, call_id: str) -> list[str]:
    """What an invocation logged beside its own line."""
    line_of(request.platform, call_id)
    return [
        entry["message"]
        for entry in request.platform.host.log_entries
        if entry.get("callId") == call_id and "deadlineLeftMs" not in entry and entry["level"] == "WARNING"
    ]


def test_without_a_record_an_ending_tells_what_its_work_request_does(
    platform: LocalPlatform, request_without_record: Request
) -> None:
    request = request_without_record
    request.send()
    request.end()

    reply = request.send_ending()

    work_request_id = request.export.work_request_id
    work_request = platform.cloud.work_requests[work_request_id]
    assert reply.document["status"] == "announced"
    assert (reply.document["workRequestId"], reply.document["exportStatus"]) == (work_request_id, "SUCCEEDED")
    [ending] = request.announced("succeeded")
    assert ending["id"] == f"{work_request_id}/succeeded"
    assert platform.cloud.messages[-1].title == "Image export succeeded: golden"
    assert ending["data"] == {
        "workRequestId": work_request_id,
        "imageId": request.image_id,
        "imageName": "golden",
        "compartmentId": platform.cloud.compartment_id,
        **{key: work_request[key] for key in ("status", "timeAccepted", "timeStarted", "timeFinished")},
        "percentComplete": 100.0,
        "errors": [],
        "destination": None,
        "exportFormat": None,
        "trigger": None,
        "object": None,
    }


@pytest.mark.parametrize("refused", [False, True], ids=["by name", "through a request"])
def test_with_a_record_an_ending_tells_where_the_object_is_and_what_it_is(
    recording: LocalPlatform, refused: bool
) -> None:
    recording.cloud.switches.refuses_tuples = refused
    request = Request(recording, "gateway", export_format="QCOW2")
    request.send()
    request.end()

    request.send_ending()

    [ending] = request.announced("succeeded")
    data, destination = ending["data"], request.export.destination
    assert data["destination"] == {
        "namespaceName": destination.namespace,
        "bucketName": destination.bucket,
        "objectName": destination.object,
    }
    assert data["exportFormat"] == "QCOW2"
    [accepted] = request.accepted
    assert data["trigger"] == accepted["data"]["trigger"]
    stored = recording.cloud.buckets.objects[destination]
    modified = datetime.fromisoformat(data["object"].pop("timeModified"))
    assert modified == datetime.fromtimestamp(int(stored.modified), UTC)
    # Compute writes in parts.
    assert stored.md5.endswith("-2")
    assert data["object"] == {"sizeInBytes": stored.size, "etag": stored.etag, "md5": stored.md5}
    # The used request, if there was one, is not needed any more.
    assert not request.pars


@pytest.mark.parametrize("records", [False, True], ids=["without a record", "with a record"])
@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_an_export_that_failed_or_was_canceled_tells_why(
    platform: LocalPlatform, recording: LocalPlatform, status: str, records: bool
) -> None:
    request = Request(recording if records else platform)
    request.send()
    work_requests = request.platform.cloud.work_requests
    if status == "FAILED":
        work_requests.fail(request.export.work_request_id, "InternalError", "Out of host capacity")
    else:
        work_requests.cancel(request.export.work_request_id, "Canceled by an operator")

    assert request.send_ending().document["exportStatus"] == status

    [ending] = request.announced("failed")
    assert ending["id"] == f"{request.export.work_request_id}/failed"
    errors = [
        {"code": error["code"], "message": error["message"]}
        for error in work_requests.errors(request.export.work_request_id)
    ]
    assert len(errors) == 1
    assert ending["data"]["errors"] == errors
    assert "object" not in ending["data"]
    if records:
        assert ending["data"]["destination"]["objectName"] == request.export.destination.object
        assert (request.recorded["status"], request.recorded["errors"]) == (status, errors)
        assert request.recorded["object"] is None


def test_a_missing_object_is_told_and_logged(a_request: Request) -> None:
    a_request.send()
    a_request.end()
    del a_request.platform.cloud.buckets.objects[a_request.export.destination]

    reply = a_request.send_ending()

    [ending] = a_request.announced("succeeded")
    assert ending["data"]["object"] is None
    assert ending["data"]["destination"]["objectName"] == a_request.export.destination.object
    [warning] = warnings_of(a_request, reply.invocation.call_id)
    assert "the exported object" in warning
    assert (a_request.recorded["status"], a_request.recorded["object"]) == ("SUCCEEDED", None)


def test_an_ending_of_an_image_that_moved_is_found_in_its_own_compartment(
    platform: LocalPlatform, request_without_record: Request
) -> None:
    cloud, request = platform.cloud, request_without_record
    other = cloud.add_compartment(cloud.compartment_id)
    cloud.images.add(compartment_id=other)  # so that there is such a compartment
    request.send()
    request.end()

    for compartment_id in (other, cloud.tenancy_id, None):
        # Empty, not to be listed, and not told.
        reply = send_ending(request, compartmentId=compartment_id)
        assert reply.document["workRequestId"] == request.export.work_request_id

    assert len(request.announced("succeeded")) == 3


def test_an_ending_that_is_in_no_list_yet_fails_and_is_announced_when_it_comes_again(
    platform: LocalPlatform, request_without_record: Request
) -> None:
    platform.cloud.work_requests.lag_calls = 1
    request_without_record.send()
    request_without_record.end()

    assert request_without_record.send_ending().status == 502
    assert request_without_record.send_ending().document["status"] == "announced"
    assert len(request_without_record.announced("succeeded")) == 1


@pytest.mark.parametrize("refused", [False, True], ids=["lags", "is refused"])
def test_with_a_record_an_ending_needs_no_list(a_request: Request, refused: bool) -> None:
    cloud = a_request.platform.cloud
    if refused:
        cloud.faults.add(Fault("ListWorkRequests", **REFUSED))
    cloud.work_requests.lag_calls = 1
    a_request.send()
    a_request.end()

    assert a_request.send_ending().document["workRequestId"] == a_request.export.work_request_id


def test_a_list_that_lags_does_not_make_an_earlier_export_s_ending_of_it(recording: LocalPlatform) -> None:
    request, work_requests = Request(recording), recording.cloud.work_requests
    request.send()
    request.end()
    work_requests._all[request.export.work_request_id].accepted -= 60  # a minute ago
    work_requests.lag_calls = 1
    second = Request(recording, "direct", request.image, object_name=ELSEWHERE)
    second.send()
    request.end()

    assert request.send_ending().document["workRequestId"] == request.exports[-1].work_request_id


def test_an_event_that_comes_late_tells_of_its_own_export_and_no_later_one(
    platform: LocalPlatform, request_without_record: Request
) -> None:
    request = request_without_record
    request.send()
    first = request.export.work_request_id
    request.end()
    late = request.ending
    Request(platform, "direct", request.image, object_name=ELSEWHERE).send()

    assert send(platform, json.dumps(late).encode()).document["workRequestId"] == first

    request.end()
    assert request.send_ending().document["workRequestId"] == request.exports[-1].work_request_id
    assert len(request.announced("succeeded")) == 2


@pytest.mark.parametrize("records", [False, True], ids=["without a record", "with a record"])
def test_an_event_before_its_work_request_has_ended_waits_for_it_or_comes_again(
    platform: LocalPlatform, recording: LocalPlatform, records: bool
) -> None:
    request = Request(recording if records else platform)
    request.send()
    early = request.event | {
        "eventType": "com.oraclecloud.computeapi.exportimage.end",
        "eventTime": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
    }
    body = json.dumps(early).encode()

    assert send(request.platform, body, seconds=SHORT).status == 502
    assert not request.announced("succeeded")

    request.platform.cloud.on("GetWorkRequest", "done", lambda _: request.end())
    assert send(request.platform, body).document["exportStatus"] == "SUCCEEDED"
    assert len(request.announced("succeeded")) == 1


@pytest.mark.parametrize("resource_name", ["golden", None])
def test_an_export_that_the_function_did_not_begin_is_announced_and_recorded(
    recording: LocalPlatform, resource_name: str | None
) -> None:
    image = recording.cloud.images.add(display_name=resource_name)
    work_request_id = recording.cloud.work_requests.add(resource_id=image["id"])
    recording.cloud.work_requests.advance(work_request_id)
    request = Request(recording, "direct", image)
    request.event = {
        "eventType": "com.oraclecloud.computeapi.exportimage.end",
        "cloudEventsVersion": "0.1",
        "eventID": "an-ending",
        "eventTime": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
        "data": {"resourceId": request.image_id, "resourceName": resource_name},
    }

    send(recording, json.dumps(request.event).encode())

    [ending] = request.announced("succeeded")
    nothing = dict.fromkeys(("destination", "exportFormat", "trigger", "object"))
    assert {key: ending["data"][key] for key in nothing} == nothing
    assert ending["data"]["imageName"] == resource_name
    recorded = request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (work_request_id, "SUCCEEDED")
    assert (recorded["retryToken"], recorded["destination"]) == (None, None)


def test_the_name_of_an_image_is_the_record_s_where_the_event_has_none(a_request: Request) -> None:
    a_request.send()
    a_request.end()

    send_ending(a_request, resourceName=None)

    [ending] = a_request.announced("succeeded")
    assert ending["data"]["imageName"] == "golden"


@pytest.mark.parametrize("operation", ["ListWorkRequests", "GetWorkRequest", "PublishMessage"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_costs_no_announcement_of_an_ending(
    platform: LocalPlatform, request_without_record: Request, operation: str, fault: str
) -> None:
    request_without_record.send()
    request_without_record.end()
    platform.cloud.faults.add(Fault(operation, **PASSING[fault]))

    assert request_without_record.send_ending().document["status"] == "announced"
    assert {ending["id"] for ending in request_without_record.announced("succeeded")} == {
        f"{request_without_record.export.work_request_id}/succeeded"
    }


@pytest.mark.parametrize("fault", [*FAULTS, "lasts"])
def test_an_ending_is_announced_whatever_fails_in_reading_its_reasons(
    platform: LocalPlatform, request_without_record: Request, fault: str
) -> None:
    request_without_record.send()
    work_request_id = request_without_record.export.work_request_id
    platform.cloud.work_requests.fail(work_request_id, "InternalError", "Out of host capacity")
    platform.cloud.faults.add(Fault("ListWorkRequestErrors", **PASSING.get(fault, REFUSED)))

    assert request_without_record.send_ending().document["exportStatus"] == "FAILED"
    [ending] = request_without_record.announced("failed")
    reasons = [{"code": "InternalError", "message": "Out of host capacity"}]
    assert ending["data"]["errors"] == ([] if fault == "lasts" else reasons)


@pytest.mark.parametrize("operation", ["GetWorkRequest", "PublishMessage"])
def test_an_ending_that_can_t_be_read_or_announced_fails_and_is_announced_when_it_comes_again(
    platform: LocalPlatform, request_without_record: Request, operation: str
) -> None:
    request_without_record.send()
    request_without_record.end()
    platform.cloud.faults.add(Fault(operation, **REFUSED))

    assert request_without_record.send_ending().status == 502
    assert not request_without_record.announced("rejected")

    assert request_without_record.send_ending().document["status"] == "announced"
    assert len(request_without_record.announced("succeeded")) == 1


def send_ending(request: Request, **data: str | None) -> Any:
    """Delivers the ending with other data."""
    event = request.ending
    return send(request.platform, json.dumps(event | {"data": event["data"] | data}).encode())
