"""How an export ended is recorded and announced by the real function, in time and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of, once


@pytest.fixture
def a_request(recording: LocalPlatform) -> Request:
    """An event's request, where there are records."""
    return Request(recording)


def test_an_export_is_recorded_and_its_ending_tells_where_the_object_is_and_what_it_is(
    recording: LocalPlatform, a_request: Request
) -> None:
    """Through a pre-authenticated request, which is not needed any more then."""
    cloud = recording.cloud
    cloud.switches.refuses_tuples = True
    a_request.send()

    image, export = cloud.images[a_request.image_id], a_request.export
    accepted = a_request.record
    assert accepted is not None
    [entry] = accepted["exports"]
    # Names, tags and launch options, as Compute answered.
    assert (accepted["imageId"], accepted["image"]) == (a_request.image_id, image)
    times = entry.pop("timeAccepted"), cloud.work_requests[export.work_request_id]["timeAccepted"]
    assert datetime.fromisoformat(times[0]) <= datetime.fromisoformat(times[1])
    destination = {
        "namespaceName": export.destination.namespace,
        "bucketName": export.destination.bucket,
        "objectName": export.destination.object,
    }
    [par] = a_request.pars
    assert entry == {
        "retryToken": a_request.tokens[0],
        "workRequestId": export.work_request_id,
        "destination": destination,
        "exportFormat": "OCI",
        "trigger": {"kind": "event", "id": a_request.event["eventID"]},
        "preauthenticatedRequestId": par.id,
        "status": "ACCEPTED",
        "timeFinished": None,
        "errors": [],
        "object": None,
    }
    assert par.token not in cloud.buckets.objects[a_request.record_place].path.read_text()

    a_request.end()
    reply = a_request.send_ending()

    assert not a_request.pars
    [ending] = a_request.announced("succeeded")
    data, work_request = ending["data"], cloud.work_requests[export.work_request_id]
    assert {
        key: data[key] for key in ("timeAccepted", "timeStarted", "timeFinished")
    }.items() <= work_request.items()
    assert {key: data[key] for key in ("destination", "exportFormat", "trigger")}.items() <= entry.items()
    stored = cloud.buckets.objects[export.destination]
    # Compute writes in parts.
    assert stored.md5.endswith("-2")
    modified = datetime.fromtimestamp(int(stored.modified), UTC)
    assert datetime.fromisoformat(data["object"]["timeModified"]) == modified
    told = {"sizeInBytes": stored.size, "etag": stored.etag, "md5": stored.md5}
    assert data["object"] == {**told, "timeModified": data["object"]["timeModified"]}
    ended = {
        "timeAccepted": work_request["timeAccepted"],
        "preauthenticatedRequestId": None,
        "status": "SUCCEEDED",
        "timeFinished": work_request["timeFinished"],
        "object": data["object"],
    }
    assert a_request.record == {"imageId": a_request.image_id, "image": image, "exports": [entry | ended]}
    line = line_of(recording, reply.invocation.call_id)
    assert line["destination"] == "/".join(destination.values())


def test_a_list_that_drips_leaves_time_for_the_records_exports(a_request: Request) -> None:
    a_request.send()
    a_request.end()
    a_request.platform.cloud.faults.add(Fault("ListWorkRequests", times=None, drip=0.5))

    reply = a_request.send_ending(seconds=3.0)

    assert reply.document["workRequestId"] == a_request.export.work_request_id
    assert reply.is_in_time
    [ending] = a_request.announced("succeeded")
    assert ending["data"]["object"]


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
    assert ending["data"]["destination"] is a_request.recorded["destination"] is None

    a_request.send()

    recorded = a_request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (a_request.export.work_request_id, "SUCCEEDED")
    assert recorded["retryToken"] == a_request.tokens[0]
    assert recorded["destination"]["objectName"] == a_request.export.destination.object
