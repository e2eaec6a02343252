"""The record of an image's exports: what is in it, and that it is in nobody's way."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of, once

# What lasts; what would pass, but not within the time that a record may take.
FAULTS: dict[str, dict[str, Any]] = {
    "the permission is missing": {"status": 404, "code": "NotAuthorizedOrNotFound"},
    "401": {"status": 401, "code": "NotAuthenticated"},
    "broken": {"status": 503, "code": "ServiceUnavailable", "headers": {"retry-after": "60"}},
}


def errors_of(request: Request, call_id: str) -> list[str]:
    """What went wrong in an invocation beside its own matter."""
    line_of(request.platform, call_id)
    return [
        entry["message"]
        for entry in request.platform.host.log_entries
        if entry.get("callId") == call_id and "deadlineLeftMs" not in entry and entry["level"] == "ERROR"
    ]


@pytest.mark.parametrize("refused", [False, True], ids=["by name", "through a request"])
def test_an_export_is_written_down_when_it_was_accepted_and_completed_at_its_ending(
    recording: LocalPlatform, refused: bool
) -> None:
    recording.cloud.switches.refuses_tuples = refused
    request = Request(recording)
    request.send()

    image, export = recording.cloud.images[request.image_id], request.export
    accepted = request.record
    assert accepted is not None
    [entry] = accepted["exports"]
    # Names, tags and launch options, as Compute answered.
    assert (accepted["imageId"], accepted["image"]) == (request.image_id, image)
    work_request = recording.cloud.work_requests[export.work_request_id]
    times = [
        datetime.fromisoformat(text) for text in (entry.pop("timeAccepted"), work_request["timeAccepted"])
    ]
    assert times == sorted(times)
    assert entry == {
        "retryToken": request.tokens[0],
        "workRequestId": export.work_request_id,
        "destination": {
            "namespaceName": export.destination.namespace,
            "bucketName": export.destination.bucket,
            "objectName": export.destination.object,
        },
        "exportFormat": "OCI",
        "trigger": {"kind": "event", "id": request.event["eventID"]},
        "preauthenticatedRequestId": request.pars[0].id if refused else None,
        "status": "ACCEPTED",
        "timeFinished": None,
        "errors": [],
        "object": None,
    }

    request.end()
    request.send_ending()

    work_request = recording.cloud.work_requests[export.work_request_id]
    [ending] = request.announced("succeeded")
    assert request.record == {
        "imageId": request.image_id,
        "image": image,
        "exports": [
            entry
            | {
                "timeAccepted": work_request["timeAccepted"],
                "preauthenticatedRequestId": None,
                "status": "SUCCEEDED",
                "timeFinished": work_request["timeFinished"],
                "object": ending["data"]["object"],
            }
        ],
    }


def test_no_secret_is_in_a_record(recording: LocalPlatform) -> None:
    recording.cloud.switches.refuses_tuples = True
    request = Request(recording)
    request.send()

    [par] = request.pars
    written = recording.cloud.buckets.objects[request.record_place].path.read_text()
    assert json.dumps(par.id) in written
    assert par.token not in written


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_that_can_t_be_read_or_written_holds_nothing_up(
    a_request: Request, operation: str, fault: str
) -> None:
    faults = a_request.platform.cloud.faults
    faults.add(Fault(operation, times=None, **FAULTS[fault]))

    exported = a_request.send()
    a_request.end()
    ended = a_request.send_ending()

    assert (exported.document["status"], ended.document["status"]) == ("exported", "announced")
    assert len(a_request.exports) == len(a_request.accepted) == len(a_request.announced("succeeded")) == 1
    for reply in (exported, ended):
        assert any("record can't be" in error for error in errors_of(a_request, reply.invocation.call_id))
    assert a_request.record is None

    # As soon as it can be, the next delivery makes it whole.
    faults.clear()
    a_request.send_ending()
    assert a_request.send().document["workRequestId"] == a_request.export.work_request_id
    assert (a_request.recorded["status"], a_request.recorded["retryToken"]) == (
        "SUCCEEDED",
        a_request.tokens[0],
    )


def test_the_same_ending_twice_at_once_is_one_entry_and_one_id(a_request: Request) -> None:
    a_request.send()
    a_request.end()

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(lambda _: a_request.send_ending(), range(2)))

    assert [reply.document["status"] for reply in replies] == ["announced"] * 2
    assert len({ending["id"] for ending in a_request.announced("succeeded")}) == 1
    assert a_request.recorded["status"] == "SUCCEEDED"


def test_an_ending_that_came_before_its_export_was_written_down_is_completed_by_it(
    a_request: Request,
) -> None:
    # Killed before it could write, and only delivered again when the export had ended.
    once(a_request.platform, "ExportImage", "done", a_request.platform.host.kill_busy)
    a_request.send()
    a_request.end()
    a_request.send_ending()
    [ending] = a_request.announced("succeeded")
    assert ending["data"]["destination"] is None
    assert a_request.recorded["destination"] is None

    a_request.send()

    recorded = a_request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (a_request.export.work_request_id, "SUCCEEDED")
    assert recorded["retryToken"] == a_request.tokens[0]
    assert recorded["destination"]["objectName"] == a_request.export.destination.object
