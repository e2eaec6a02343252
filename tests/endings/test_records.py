"""The record of an image's exports: what is in it, and that it is in nobody's way."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import RECORDS, WITH_RECORDS, Platforms, Request, line_of, once

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
# What lasts; what would pass, but not within the time that a record may take.
FAULTS: dict[str, dict[str, Any]] = {
    "the permission is missing": {"status": 404, "code": "NotAuthorizedOrNotFound"},
    "the bucket is missing": {"status": 404, "code": "BucketNotFound"},
    "401": {"status": 401, "code": "NotAuthenticated"},
    "throttled": {"status": 429, "code": "TooManyRequests", "headers": {"retry-after": "60"}},
    "broken": {"status": 503, "code": "ServiceUnavailable", "headers": {"retry-after": "60"}},
}
# What somebody may have put in its place.
GARBAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda record: b"",
    "no JSON": lambda record: b"<html>",
    "a list": lambda record: [record],
    "another image's": lambda record: record | {"imageId": "ocid1.image.oc1.phx.another"},
    "without exports": lambda record: record | {"exports": None},
    "exports of another kind": lambda record: record | {"exports": [{"status": ["SUCCEEDED"]}]},
    "700 levels deep": lambda record: b'{"imageId": ' + b"[" * 700 + b"]" * 700 + b"}",
}


def errors_of(request: Request, call_id: str) -> list[str]:
    """What went wrong in an invocation beside its own matter."""
    line_of(request.platform, call_id)
    return [
        entry["message"]
        for entry in request.platform.host.log_entries
        if entry.get("callId") == call_id and "deadlineLeftMs" not in entry and entry["level"] == "ERROR"
    ]


def age(request: Request) -> None:
    """Makes the newest export in the record one of long ago: real exports of one image are minutes apart."""
    record = request.record
    assert record
    record["exports"][0]["timeAccepted"] = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    request.write_record(json.dumps(record).encode())


def writes(request: Request) -> list[dict[str, str]]:
    """The conditions of each PutObject of the image's record."""
    return [
        {name: value for name, value in call.headers.items() if name in ("if-match", "if-none-match")}
        for call in request.platform.cloud.calls.named("PutObject")
        if request.image_id in call.path
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


def test_the_record_s_calls_are_one_to_read_and_conditional_ones_to_write(a_request: Request) -> None:
    a_request.send()
    first = a_request.platform.cloud.buckets.objects[a_request.record_place].etag
    a_request.end()
    a_request.send_ending()

    assert writes(a_request) == [{"if-none-match": "*"}, {"if-match": first}]


def test_the_newest_export_stands_first_and_the_image_is_its(recording: LocalPlatform) -> None:
    first = Request(recording)
    first.send()
    first.end()
    first.send_ending()
    age(first)
    # Names and tags may change between two exports.
    recording.cloud.images._images[first.image_id]["displayName"] = "golden-2"
    second = Request(recording, "direct", first.image, object_name=ELSEWHERE)
    second.send()

    assert first.record
    assert first.record["image"]["displayName"] == "golden-2"
    assert [export["trigger"]["kind"] for export in first.record["exports"]] == ["direct", "event"]
    assert [export["status"] for export in first.record["exports"]] == ["ACCEPTED", "SUCCEEDED"]


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


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": "after"}], ids=str)
def test_a_fault_of_the_record_s_that_passes_costs_nothing(
    a_request: Request, operation: str, fault: dict[str, Any]
) -> None:
    a_request.platform.cloud.faults.add(Fault(operation, **fault))

    reply = a_request.send()

    assert reply.document["status"] == "exported"
    assert a_request.recorded["workRequestId"] == a_request.export.work_request_id
    assert not errors_of(a_request, reply.invocation.call_id)


@pytest.mark.parametrize("kind", GARBAGE)
def test_what_is_no_record_is_not_overwritten_and_holds_nothing_up(a_request: Request, kind: str) -> None:
    garbage = GARBAGE[kind]({"imageId": a_request.image_id, "image": None, "exports": []})
    content = garbage if isinstance(garbage, bytes) else json.dumps(garbage).encode()
    a_request.write_record(content)

    exported = a_request.send()
    a_request.end()
    ended = a_request.send_ending()

    assert (exported.document["status"], ended.document["status"]) == ("exported", "announced")
    assert len(a_request.accepted) == len(a_request.announced("succeeded")) == 1
    for reply in (exported, ended):
        assert any("record can't be" in error for error in errors_of(a_request, reply.invocation.call_id))
    stored = a_request.platform.cloud.buckets.objects[a_request.record_place]
    assert stored.path.read_bytes() == content
    assert not writes(a_request)


def test_a_record_of_a_later_edition_keeps_what_this_one_does_not_know(a_request: Request) -> None:
    unknown = {"schema": 7, "of": ["tomorrow", {"nested": None}]}
    a_request.send()
    record = a_request.record
    assert record
    record["edition"] = unknown
    record["exports"][0] |= {"checksums": unknown}
    record["exports"][0]["destination"]["region"] = "us-ashburn-1"
    record["exports"].append(
        {"workRequestId": "ocid1.workrequest.oc1..old", "status": "ARCHIVED", "more": unknown}
    )
    a_request.write_record(json.dumps(record).encode())

    a_request.end()
    a_request.send_ending()

    kept = a_request.record
    assert kept
    newest, oldest = kept["exports"]
    assert kept["edition"] == newest["checksums"] == oldest["more"] == unknown
    assert (newest["status"], newest["destination"]["region"]) == ("SUCCEEDED", "us-ashburn-1")
    assert oldest["status"] == "ARCHIVED"


def test_two_writers_at_once_lose_nothing_of_each_other_s(a_request: Request) -> None:
    """Whoever comes second is refused with 412, and reads again: at the export, and at its ending."""
    others = iter(("one", "two"))

    def write_another() -> None:
        record = a_request.record or {"imageId": a_request.image_id, "exports": []}
        other = next(others)
        record["exports"].append({"retryToken": other, "workRequestId": f"ocid1.workrequest.oc1..{other}"})
        a_request.write_record(json.dumps(record).encode())

    once(a_request.platform, "PutObject", "received", write_another)
    a_request.send()
    a_request.platform.cloud.stop_watching()
    once(a_request.platform, "PutObject", "received", write_another)
    a_request.end()
    a_request.send_ending()

    assert a_request.record
    statuses = {export["retryToken"]: export["status"] for export in a_request.record["exports"]}
    assert statuses == {a_request.tokens[0]: "SUCCEEDED", "one": "ACCEPTED", "two": "ACCEPTED"}
    assert len(writes(a_request)) == 4


def test_the_same_ending_twice_at_once_is_one_entry_and_one_id(a_request: Request) -> None:
    a_request.send()
    a_request.end()

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(lambda _: a_request.send_ending(), range(2)))

    assert [reply.document["status"] for reply in replies] == ["announced"] * 2
    assert len({ending["id"] for ending in a_request.announced("succeeded")}) == 1
    assert a_request.recorded["status"] == "SUCCEEDED"


def test_a_record_that_somebody_always_changes_holds_nothing_up(a_request: Request) -> None:
    a_request.platform.cloud.faults.add(Fault("PutObject", status=412, code="IfMatchFailed", times=None))

    reply = a_request.send(4.0)

    assert reply.document["status"] == "exported"
    assert reply.is_in_time
    assert len(a_request.accepted) == 1


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


def test_a_used_request_whose_destination_is_not_allowed_any_more_is_left_alone(
    recording: LocalPlatform,
) -> None:
    """A record is no proof of what the function may touch."""
    recording.cloud.switches.refuses_tuples = True
    request = Request(recording)
    request.send()
    record = request.record
    assert record
    record["exports"][0]["destination"]["bucketName"] = "somebody-elses"
    request.write_record(json.dumps(record).encode())
    request.end()

    deletions = len(recording.cloud.calls.named("DeletePreauthenticatedRequest"))
    # What such a record says of the destination is as wrong as it is.
    recording.cloud.faults.add(Fault("PublishMessage", status=501))
    request.send_ending()

    assert len(request.pars) == 1
    assert len(recording.cloud.calls.named("DeletePreauthenticatedRequest")) == deletions


@pytest.fixture
def into_records(platforms: Platforms) -> Iterator[LocalPlatform]:
    """Where the object name of events would lead among the records."""
    with platforms.borrow(
        config=WITH_RECORDS | {"EXPORT_OBJECT_NAME": f"{RECORDS}/{{image_id}}.json"}
    ) as platform:
        yield platform


def test_nobody_exports_over_a_record(into_records: LocalPlatform) -> None:
    event = Request(into_records)
    caller = Request(into_records, "gateway", object_name=f"{RECORDS}/{event.image_id}.json")

    assert event.send().document["code"] == "NotAllowed"
    reply = caller.send()

    assert (reply.status, reply.document["code"]) == (403, "NotAllowed")
    [rejection] = event.announced("rejected")
    assert rejection["data"]["destination"]["objectName"].startswith(RECORDS)
    assert not event.calls
    assert not caller.calls
