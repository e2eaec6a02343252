"""How exports ended is announced: each ending once it is known, none in another's place, none dropped in
silence.
"""

import json
from typing import Any

import pytest

from tests.local.oci import Destination, Fault
from tests.unit.operations.exports import REFUSED
from tests.unit.world import BUCKET, NAMESPACE, RECORDS, Answer, World, tuple_details

HOUR = 3600.0
PASSING: dict[str, Any] = {"status": 503, "code": "ServiceUnavailable", "times": None}


@pytest.fixture(params=[False, True], ids=["without records", "with records"])
def either(world: World, request: pytest.FixtureRequest) -> World:
    world.configure(EXPORT_RECORDS=RECORDS if request.param else None)
    return world


def begin(world: World, name: str = "a.oci", minutes_ago: float = 5) -> str:
    """One more export of the image: its work request."""
    token = f"token-{len(world.cloud.exports)}"
    answer = world.export(tuple_details(name), {"opc-retry-token": token})
    world.cloud.clock.advance(minutes_ago * 60)
    return answer.headers["opc-work-request-id"]


def end(world: World, work_request_id: str) -> None:
    world.cloud.work_requests.advance(work_request_id)


def exported(world: World, name: str = "a.oci") -> str:
    """The work request of one that began five minutes ago, and has ended now."""
    end(world, work_request_id := begin(world, name))
    return work_request_id


def tell(world: World, **changes: Any) -> Answer:
    """Delivers the event that an export of the image ended."""
    return world.event("exportimage.end", **changes)


def endings(world: World) -> list[str]:
    """The work requests whose endings were published, in that order."""
    return [event["data"]["workRequestId"] for event in told(world)]


def told(world: World) -> list[dict[str, Any]]:
    """The endings that were published, in their order."""
    return [event for event in world.announced() if not event["type"].endswith("accepted")]


def data_of(world: World) -> Any:
    """That of the only ending."""
    (event,) = told(world)
    return event["data"]


def lines(answer: Answer, level: str) -> list[str]:
    """What was logged at that level beside the invocation's own line."""
    return [line["message"] for line in answer.log if line["level"] == level and "deadlineLeftMs" not in line]


def place_of(world: World) -> Destination:
    """The record's."""
    return Destination(NAMESPACE, BUCKET, f"records/{world.image['id']}.json")


def change_entry(world: World, **fields: Any) -> None:
    """Changes the newest export in the record."""
    record = world.record()
    record["exports"][0] |= fields
    world.write_record(record)


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_one_that_failed_says_why_and_warns(either: World, status: str) -> None:
    work_request_id = begin(either)
    work_requests = either.cloud.work_requests
    if status == "FAILED":
        work_requests.fail(work_request_id, "OutOfCapacity", "No host is free")
    else:
        work_requests.cancel(work_request_id)
    answer, data = tell(either), data_of(either)
    errors = [
        {key: error[key] for key in ("code", "message")} for error in work_requests.errors(work_request_id)
    ]
    assert (data["status"], data["errors"]) == (status, errors)
    assert "object" not in data
    assert (answer.line["level"], answer.line["code"]) == ("WARNING", errors[0]["code"])
    if either.record():
        (entry,) = either.record()["exports"]
        assert (entry["status"], entry["errors"], entry["object"]) == (status, errors, None)


def test_of_two_exports_close_together_both_are_announced_the_one_accepted_first_before(
    either: World,
) -> None:
    first = begin(either)
    either.cloud.work_requests.fail(first, "OutOfCapacity", "No host is free")
    second = exported(either, "b.oci")
    answer = tell(either)
    assert endings(either) == [first, second]
    assert answer.document["workRequestId"] == answer.line["workRequestId"] == second
    assert answer.line["level"] == "INFO"
    (other,) = [line for line in answer.log if line is not answer.line]
    assert (other["level"], other["message"]) == ("INFO", "ending announced: FAILED")
    assert other["workRequestId"] == first
    if either.record():
        assert [entry["status"] for entry in either.record()["exports"]] == ["SUCCEEDED", "FAILED"]
        assert other["destination"] == f"{NAMESPACE}/{BUCKET}/a.oci"
        # Each is recorded before the next is announced.
        made = [call.operation for call in either.cloud.calls][-10:]
        assert made.index("PutObject") < made.index("HeadObject")


def test_a_list_that_lags_makes_no_older_ending_of_it(either: World) -> None:
    begin_and_end = exported(either)
    tell(either)
    either.cloud.clock.advance(20 * 60)
    either.cloud.work_requests.lag_s = HOUR
    # The older one is listed, this one is not yet.
    work_request_id = exported(either, "b.oci")
    either.cloud.clock.advance(20 * 60 if either.record() is None else 0)
    when = either.cloud.work_requests[work_request_id]["timeFinished"]
    answer = tell(either, eventTime=when)
    is_recorded = either.record() is not None
    assert answer.status == (200 if is_recorded else 502)
    assert endings(either) == [begin_and_end, *([work_request_id] if is_recorded else [])]


def test_an_event_that_comes_late_tells_of_its_own_export_and_the_next_of_its_own(either: World) -> None:
    first = exported(either)
    late = either.later(1)
    second = begin(either, "b.oci", minutes_ago=0)
    assert tell(either, eventTime=late).document["workRequestId"] == first
    either.cloud.clock.advance(20 * 60)
    end(either, second)
    assert tell(either).document["workRequestId"] == second
    assert endings(either) == [first, second]


@pytest.mark.parametrize(
    ("newer", "is_told"), [("runs", False), ("overwrites", False), ("failed", True), ("elsewhere", True)]
)
def test_an_object_that_may_be_a_later_exports_is_not_told(
    recording: World, newer: str, is_told: bool
) -> None:
    work_request_id = exported(recording)
    late, record = recording.later(1), recording.record()
    other = begin(recording, "b.oci" if newer == "elsewhere" else "a.oci")
    if newer == "failed":
        recording.cloud.work_requests.fail(other, "OutOfCapacity", "No host is free")
        change_entry(recording, status="FAILED")
    elif newer == "overwrites":
        # One of which the record does not know.
        end(recording, other)
        recording.write_record(record)
    answer = tell(recording, eventTime=late)
    (data,) = [
        event["data"] for event in told(recording) if event["data"]["workRequestId"] == work_request_id
    ]
    assert (data["object"] is not None) == is_told
    warned = "the exported object may be another export's by now" in lines(answer, "WARNING")
    assert warned != is_told


def test_what_the_record_says_when_the_ending_is_published_counts(recording: World) -> None:
    exported(recording)
    record = recording.record()
    del recording.cloud.buckets.objects[place_of(recording)]
    # Its acceptance is written down after the event has read the record.
    recording.cloud.on("ListWorkRequests", "done", lambda _: recording.write_record(record))
    tell(recording)
    assert data_of(recording)["destination"]["objectName"] == "a.oci"
    (entry,) = recording.record()["exports"]
    assert entry["status"] == "SUCCEEDED"


def test_what_another_delivery_announces_meanwhile_is_not_announced_again(recording: World) -> None:
    exported(recording)
    recording.cloud.on("ListWorkRequests", "done", lambda _: change_entry(recording, status="SUCCEEDED"))
    answer = tell(recording)
    assert (answer.status, answer.line["message"]) == (200, "ending announced before: SUCCEEDED")
    assert endings(recording) == []


@pytest.mark.parametrize("hours", [0.0, 13.0], ids=["again", "after its work request is gone"])
def test_a_recorded_ending_is_done_without_an_announcement(recording: World, hours: float) -> None:
    work_request_id = exported(recording)
    when = recording.later(0)
    tell(recording)
    recording.cloud.clock.advance(hours * HOUR)
    answer = tell(recording, eventTime=when)
    assert (answer.status, answer.document["workRequestId"]) == (200, work_request_id)
    assert "messageId" not in answer.document
    assert len(endings(recording)) == 1


def test_an_event_whose_work_request_is_gone_fails(either: World) -> None:
    exported(either)
    when = either.later(0)
    either.cloud.clock.advance(13 * HOUR)
    assert tell(either, eventTime=when).status == 502
    assert endings(either) == []


@pytest.mark.parametrize(
    ("minutes", "is_done"), [(1.0, True), (3.0, False), (11.9 * 60, False), (12.5 * 60, True)]
)
def test_an_export_that_runs_keeps_the_event_open_if_it_may_be_its(
    world: World, minutes: float, is_done: bool
) -> None:
    """One that ended in the event's time is announced either way."""
    running = world.cloud.work_requests.add("ExportImage", resource_id=world.image["id"])
    world.cloud.clock.advance(minutes * 60)
    ended = world.cloud.work_requests.add("ExportImage", resource_id=world.image["id"])
    end(world, ended)
    assert tell(world).status == (200 if is_done else 502)
    assert endings(world) == [ended]
    assert not world.cloud.work_requests[running].get("timeFinished")


def changing(fields: dict[str, Any], operation: str = "ListWorkRequests") -> Fault:
    """The list's entries, or the work request, say something else."""

    def change(document: Any) -> Any:
        listed = document if isinstance(document, list) else [document]
        for entry in listed:
            entry.update(fields)
        return document

    return Fault(operation, change=change, times=None)


@pytest.mark.parametrize(
    ("finished", "accepted", "is_in_time"),
    [
        *((seconds, -60.0, True) for seconds in (-14.5 * 60, 1.5 * 60)),
        *((seconds, -60.0, False) for seconds in (-15.5 * 60, 2.5 * 60)),
        *((None, seconds, True) for seconds in (-60.0, None)),
        *((None, seconds, False) for seconds in (60.0, -13 * HOUR)),
    ],
)
def test_the_event_tells_of_what_finished_about_then_or_of_what_was_accepted_where_that_is_not_known(
    world: World, finished: float | None, accepted: float | None, is_in_time: bool
) -> None:
    exported(world)
    times = {"timeFinished": finished, "timeAccepted": accepted}
    world.cloud.faults.add(
        changing({key: None if seconds is None else world.later(seconds) for key, seconds in times.items()})
    )
    assert tell(world).status == (200 if is_in_time else 502)


def test_an_event_without_a_time_has_that_of_the_invocation(world: World) -> None:
    work_request_id = exported(world)
    assert tell(world, eventTime=None).document["workRequestId"] == work_request_id


@pytest.mark.parametrize("lag", ["it runs", "its status lags", "the list lags", "it can't be read"])
def test_what_ends_or_shows_late_is_waited_for(either: World, lag: str) -> None:
    work_requests = either.cloud.work_requests
    if lag == "the list lags":
        work_requests.lag_s = 5 * 60 + 30
    work_request_id = begin(either)
    if lag == "it runs":
        either.cloud.at(either.cloud.clock.now() + 30, lambda: end(either, work_request_id))
    else:
        work_requests.status_lag_s = 30 if lag == "its status lags" else 0
        end(either, work_request_id)
        if lag == "it can't be read":
            either.cloud.faults.add(changing({"status": "IN_PROGRESS", "timeFinished": None}))
            either.cloud.faults.add(Fault("GetWorkRequest", status=501))
    answer = tell(either)
    assert answer.document["workRequestId"] == work_request_id
    assert answer.line["durationMs"] < 60_000


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param([Fault("ListWorkRequests", **REFUSED)], id="is refused"),
        pytest.param([Fault("ListWorkRequests", **PASSING)], id="fails"),
        pytest.param([Fault("ListWorkRequests", delay=HOUR, times=None)], id="hangs"),
        pytest.param(
            [
                Fault("ListWorkRequests", body=b"[{}]", headers={"opc-next-page": f"p{number}"})
                for number in range(1, 120)
            ],
            id="has no end",
        ),
        pytest.param([Fault("GetImage", **REFUSED), Fault("ListWorkRequests", **REFUSED)], id="has no place"),
    ],
)
def test_where_the_list_tells_nothing_the_records_exports_are_looked_at(
    recording: World, fault: list[Fault]
) -> None:
    first = exported(recording)
    change_entry(recording, timeAccepted=recording.later(-4 * 60))
    recording.cloud.faults.add(*fault)
    answer = tell(recording)
    assert (answer.status, answer.document["workRequestId"]) == (200, first)
    assert data_of(recording)["object"] is not None
    # A list takes a quarter of the time at most.
    assert answer.line["deadlineLeftMs"] > 80_000


def test_a_refused_list_is_not_asked_for_again_and_nothing_is_waited_for(world: World) -> None:
    exported(world)
    world.cloud.faults.add(Fault("ListWorkRequests", **REFUSED))
    answer = tell(world)
    assert answer.status == 502
    assert len(world.calls("ListWorkRequests")) == 1
    assert answer.line["durationMs"] == 0
    assert any("can't be listed: 404" in message for message in lines(answer, "WARNING"))


def test_a_work_request_that_may_not_be_read_runs_as_its_list_says(either: World) -> None:
    """A permission is missing; the list lags: it must not be dropped for another one that has ended."""
    running = begin(either)
    either.cloud.faults.add(Fault("GetWorkRequest", **REFUSED))
    ended = either.cloud.work_requests.add("ExportImage", resource_id=either.image["id"])
    end(either, ended)
    answer = tell(either)
    assert (answer.status, endings(either)) == (502, [ended])
    assert len(either.calls("GetWorkRequest")) == 1
    end(either, running)
    assert tell(either).status == 200
    assert running in endings(either)


def test_an_image_that_moved_is_looked_for_in_its_own_compartment_and_the_events(world: World) -> None:
    before, cloud = world.cloud.compartment_id, world.cloud
    first = exported(world)
    cloud.images.move(world.image["id"], elsewhere := cloud.add_compartment(before))
    second = exported(world, "b.oci")
    for compartment_id in (before, elsewhere, "ocid1.compartment.oc1..unknown", None):
        told = len(endings(world))
        data = {"resourceId": world.image["id"], "compartmentId": compartment_id}
        assert tell(world, data=data).document["workRequestId"] == second
        assert endings(world)[told:] == ([first, second] if compartment_id == before else [second])
    assert world.announced("succeeded")[-1]["data"]["compartmentId"] == elsewhere


@pytest.mark.parametrize("failure", [REFUSED, PASSING, {"delay": HOUR, "times": None}], ids=str)
def test_errors_that_can_t_be_read_are_none_with_a_warning(either: World, failure: dict[str, Any]) -> None:
    either.cloud.work_requests.fail(begin(either), "OutOfCapacity", "No host is free")
    either.cloud.faults.add(Fault("ListWorkRequestErrors", **failure))
    answer = tell(either)
    assert (answer.status, data_of(either)["errors"]) == (200, [])
    assert any("errors can't be read" in message for message in lines(answer, "WARNING"))


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(REFUSED, id="refused"),
        pytest.param({"delay": HOUR, "times": None}, id="hangs"),
        pytest.param({"headers": {"content-length": "9" * 20}, "times": None}, id="over 64 bits"),
    ],
)
def test_an_object_that_can_t_be_looked_at_is_null_with_a_warning(
    recording: World, failure: dict[str, Any]
) -> None:
    exported(recording)
    recording.cloud.faults.add(Fault("HeadObject", **failure))
    answer = tell(recording)
    assert (answer.status, data_of(recording)["object"]) == (200, None)
    assert data_of(recording)["destination"]["objectName"] == "a.oci"
    assert any("can't be looked at" in message for message in lines(answer, "WARNING"))
    (entry,) = recording.record()["exports"]
    assert (entry["status"], entry["object"]) == ("SUCCEEDED", None)


@pytest.mark.parametrize(
    "odd",
    [
        {"percentComplete": "all", "timeStarted": 7, "compartmentId": ["x"]},
        {"percentComplete": 1e300, "timeAccepted": {}},
        {"timeAccepted": "0001-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_odd_answers_keep_no_ending_back(either: World, odd: dict[str, Any]) -> None:
    work_request_id = exported(either)
    either.cloud.faults.add(changing(odd))
    assert tell(either).document["workRequestId"] == work_request_id
    data = data_of(either)
    if "percentComplete" in odd:
        assert data["percentComplete"] is None
    assert data.get("timeStarted") != 7
    if either.record():
        assert either.record()["exports"][0]["status"] == "SUCCEEDED"


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_at_the_calendars_end_is_no_bug(recording: World, time: str) -> None:
    exported(recording)
    recording.cloud.faults.add(changing({"timeFinished": time}))
    # Recorded, so looked at; not in the event's time.
    answer = tell(recording)
    assert (answer.status, answer.document["code"]) == (502, "ServiceUnavailable")
    assert data_of(recording)["timeFinished"] == time
    # As the event's it is in time, and recorded by now.
    assert tell(recording, eventTime=time).status == 200


@pytest.mark.parametrize(
    ("recorded", "told"), [("as recorded", "as recorded"), (None, "web 1"), (7, "web 1")]
)
def test_the_images_name_is_the_records_else_the_events(
    recording: World, recorded: object, told: str | None
) -> None:
    exported(recording)
    record = recording.record()
    record["image"]["displayName"] = recorded
    recording.write_record(record)
    tell(recording)
    assert data_of(recording)["imageName"] == told
    assert recording.cloud.messages[-1].title == f"Image export succeeded: {told}"


def test_somebody_elses_export_is_announced_and_adds_an_entry(recording: World) -> None:
    export = recording.cloud.export_as_another(recording.image["id"], "theirs.oci")
    end(recording, export.work_request_id)
    tell(recording, data={"resourceId": recording.image["id"]})
    data, (entry,) = data_of(recording), recording.record()["exports"]
    unknown = ("destination", "exportFormat", "trigger", "object", "imageName")
    assert [data[key] for key in unknown] == [None] * 5
    assert (entry["workRequestId"], entry["status"]) == (export.work_request_id, "SUCCEEDED")
    assert (entry["retryToken"], entry["destination"]) == (None, None)


@pytest.mark.parametrize(
    ("status", "is_told"), [("UNKNOWN", True), ("SUCCEEDED", False), ("A_STATUS_OF_TOMORROW", False)]
)
def test_a_recorded_status_is_final_unless_it_is_unknown(
    recording: World, status: str, is_told: bool
) -> None:
    exported(recording)
    change_entry(recording, status=status, timeFinished=recording.later(0))
    assert tell(recording).document["exportStatus"] == ("SUCCEEDED" if is_told else status)
    assert len(endings(recording)) == is_told
    assert recording.record()["exports"][0]["status"] == ("SUCCEEDED" if is_told else status)


def test_a_recorded_export_of_more_than_13_hours_ago_is_catch_ups(recording: World) -> None:
    old = begin(recording, minutes_ago=13.5 * 60)
    end(recording, old)
    recording.cloud.clock.advance(20 * 60)
    new = exported(recording, "b.oci")
    assert tell(recording).document["workRequestId"] == new
    assert endings(recording) == [new]


@pytest.mark.parametrize(
    ("deletion", "is_asked", "is_gone"),
    [
        pytest.param({}, True, True, id="deleted"),
        pytest.param({"status": 403, "code": "NotAllowed"}, True, False, id="refused"),
        pytest.param(None, False, False, id="not allowed any more"),
    ],
)
def test_a_used_request_is_deleted_where_exports_are_still_allowed(
    recording: World, deletion: dict[str, Any] | None, is_asked: bool, is_gone: bool
) -> None:
    recording.cloud.switches.refuses_tuples = True
    exported(recording)
    assert recording.record()["exports"][0]["preauthenticatedRequestId"]
    if deletion is None:
        recording.configure(EXPORT_RECORDS=RECORDS.replace(BUCKET, "records"), EXPORT_BUCKET="another")
        recording.cloud.buckets.add("records")
        content = json.dumps(recording.record()).encode()
        recording.cloud.buckets.put(place_of(recording)._replace(bucket="records"), content)
    elif deletion:
        recording.cloud.faults.add(Fault("DeletePreauthenticatedRequest", **deletion))
    answer = tell(recording)
    assert answer.status == 200
    assert len(recording.calls("DeletePreauthenticatedRequest")) == is_asked
    if deletion is not None:
        (entry,) = recording.record()["exports"]
        assert (entry["preauthenticatedRequestId"] is None) == is_gone
    assert ("a pre-authenticated request was not deleted" in "".join(lines(answer, "WARNING"))) == (
        deletion != {}
    )


@pytest.mark.parametrize("failure", [REFUSED, {"status": 429, "code": "TooManyRequests", "times": None}])
def test_an_ending_that_can_t_be_published_comes_again(either: World, failure: dict[str, Any]) -> None:
    work_request_id = exported(either)
    either.cloud.faults.add(Fault("PublishMessage", **failure))
    answer = tell(either)
    assert (answer.status, answer.document["code"]) == (502, "ServiceUnavailable")
    assert answer.line["code"] == failure["code"]
    assert either.announced("rejected") == []
    either.cloud.faults.clear()
    assert tell(either).document["workRequestId"] == work_request_id


def test_another_operation_on_the_image_is_no_export(world: World) -> None:
    end(world, world.cloud.work_requests.add("CreateImage", resource_id=world.image["id"]))
    assert tell(world).status == 502
    assert endings(world) == []


@pytest.mark.parametrize(
    "hanging", ["GetObject", "HeadObject", "ListWorkRequests", "DeletePreauthenticatedRequest", "PutObject"]
)
def test_whatever_hangs_the_ending_is_announced_in_time(recording: World, hanging: str) -> None:
    recording.cloud.switches.refuses_tuples = True
    exported(recording)
    recording.cloud.faults.add(Fault(hanging, delay=HOUR, times=None))
    answer = tell(recording)
    assert answer.document["status"] == "announced"
    assert answer.line["deadlineLeftMs"] > 0
    assert (data_of(recording)["destination"] is None) == (hanging == "GetObject")
    assert (data_of(recording)["object"] is None) == (hanging in ("GetObject", "HeadObject"))
