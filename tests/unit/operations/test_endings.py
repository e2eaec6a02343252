"""How exports ended is announced: each ending once it is known, none in another's place, none dropped in
silence.
"""

from typing import Any

import pytest

from handlers.destinations import Destination
from tests.local.oci import Fault
from tests.unit.operations.exports import REFUSED
from tests.unit.world import BUCKET, EVENT_ID, NAMESPACE, RECORDS, Answer, World, tuple_details

HOUR = 3600.0
Fields = dict[str, Any]
PASSING: Fields = {"status": 503, "code": "ServiceUnavailable", "times": None}
HANGING: Fields = {"delay": HOUR, "times": None}
OVER_64_BITS: Fields = {"headers": {"content-length": "9" * 20}, "times": None}


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


def end(world: World, work_request_id: str) -> str:
    world.cloud.work_requests.advance(work_request_id)
    return work_request_id


def fail(world: World, work_request_id: str) -> str:
    world.cloud.work_requests.fail(work_request_id, "OutOfCapacity", "No host is free")
    return work_request_id


def exported(world: World, name: str = "a.oci") -> str:
    """The work request of one that began five minutes ago, and has ended now."""
    return end(world, begin(world, name))


def by_hand(world: World, operation: str = "ExportImage") -> str:
    """A work request of the image that is no business of the function's: it is in no record."""
    return world.cloud.work_requests.add(operation, resource_id=world.image["id"])


def tell(world: World, **changes: Any) -> Answer:
    """Delivers the event that an export of the image ended."""
    return world.event("exportimage.end", **changes)


def told(world: World) -> list[dict[str, Any]]:
    """The endings that were published, in their order."""
    return [event for event in world.announced() if not event["type"].endswith("accepted")]


def endings(world: World) -> list[str]:
    """Their work requests."""
    return [event["data"]["workRequestId"] for event in told(world)]


def data_of(world: World) -> Any:
    """That of the only ending."""
    (event,) = told(world)
    return event["data"]


def recorded(world: World) -> Any:
    """The only export in the record."""
    (entry,) = world.record()["exports"]
    return entry


def change_newest(world: World, **fields: Any) -> None:
    """Changes the newest export in the record."""
    record = world.record()
    record["exports"][0] |= fields
    world.write_record(record)


def change_list(world: World, **fields: Any) -> None:
    """The listed work requests say something else."""
    changed = Fault("ListWorkRequests", change=lambda listed: [each | fields for each in listed], times=None)
    world.cloud.faults.add(changed)


def lines(answer: Answer, level: str) -> list[str]:
    """What was logged at that level beside the invocation's own line."""
    return [line["message"] for line in answer.log if line["level"] == level and "deadlineLeftMs" not in line]


def test_an_export_is_written_down_when_it_was_accepted_and_completed_at_its_ending(recording: World) -> None:
    recording.cloud.switches.refuses_tuples = True
    recording.event("createimage.end")
    (export,), (par,) = recording.cloud.exports, recording.cloud.buckets.live_pars
    image, entry = recording.cloud.images[recording.image["id"]], recorded(recording)
    assert entry == {
        "retryToken": recording.calls("ExportImage")[0].headers["opc-retry-token"],
        "workRequestId": export.work_request_id,
        "destination": Destination(*export.destination).document,
        "exportFormat": "OCI",
        "trigger": {"kind": "event", "id": EVENT_ID},
        "timeAccepted": "2026-01-31T12:00:00.000Z",
        "preauthenticatedRequestId": par.id,
        "status": "ACCEPTED",
        "timeFinished": None,
        "errors": [],
        "object": None,
    }
    assert par.token not in str(recording.record())
    recording.cloud.clock.advance(60)
    end(recording, export.work_request_id)
    answer, data = tell(recording), data_of(recording)
    assert answer.line["destination"] == f"{NAMESPACE}/{BUCKET}/{export.destination.object}"
    ended = {"status": "SUCCEEDED", "timeFinished": "2026-01-31T12:01:00.000Z", "object": data["object"]}
    # Names, tags and launch options, as Compute answered when it was accepted; the used request is gone.
    exports = [{**entry, **ended, "preauthenticatedRequestId": None}]
    assert recording.record() == {"imageId": image["id"], "image": image, "exports": exports}
    assert recording.cloud.buckets.live_pars == []


@pytest.mark.parametrize("fault", [{}, {"status": 502, "body": b"<html></html>"}, {"drop": "after"}], ids=str)
@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_one_that_failed_says_why_and_warns_also_where_each_call_fails_once(
    either: World, status: str, fault: Fields
) -> None:
    work_request_id, work_requests = begin(either), either.cloud.work_requests
    if status == "FAILED":
        fail(either, work_request_id)
    else:
        work_requests.cancel(work_request_id)
    if fault:
        operations = "ListWorkRequests", "ListWorkRequestErrors", "PublishMessage"
        either.cloud.faults.add(*(Fault(operation, **fault) for operation in operations))
    answer = tell(either)
    assert {event["id"] for event in told(either)} == {f"{work_request_id}/failed"}
    data = told(either)[0]["data"]
    (error,) = work_requests.errors(work_request_id)
    errors = [{key: error[key] for key in ("code", "message")}]
    assert (data["status"], data["errors"]) == (status, errors)
    assert "object" not in data
    assert (answer.line["level"], answer.line["code"]) == ("WARNING", error["code"])
    if either.record():
        entry = recorded(either)
        assert (entry["status"], entry["errors"], entry["object"]) == (status, errors, None)


def test_of_two_close_together_both_are_announced_the_one_accepted_first_before(either: World) -> None:
    first = fail(either, begin(either))
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
    older = exported(either)
    tell(either)
    either.cloud.clock.advance(20 * 60)
    either.cloud.work_requests.lag_s = HOUR
    # The older one is listed, this one is not yet.
    work_request_id = exported(either, "b.oci")
    when = either.later(0)
    is_recorded = either.record() is not None
    either.cloud.clock.advance(0 if is_recorded else 20 * 60)
    assert tell(either, eventTime=when).status == (200 if is_recorded else 502)
    assert endings(either) == [older, *([work_request_id] if is_recorded else [])]


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
        fail(recording, other)
        change_newest(recording, status="FAILED")
    elif newer == "overwrites":
        # One of which the record does not know.
        end(recording, other)
        recording.write_record(record)
    answer = tell(recording, eventTime=late)
    data = told(recording)[endings(recording).index(work_request_id)]["data"]
    assert (data["object"] is not None) == is_told
    warned = "the exported object may be another export's by now" in lines(answer, "WARNING")
    assert warned != is_told


def test_what_the_record_says_when_the_ending_is_published_counts(recording: World) -> None:
    exported(recording)
    record = recording.record()
    recording.write_record({"imageId": recording.image["id"]})
    # Its acceptance is written down after the event has read the record.
    recording.cloud.on("ListWorkRequests", "done", lambda _: recording.write_record(record))
    tell(recording)
    assert data_of(recording)["destination"]["objectName"] == "a.oci"
    assert recorded(recording)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("is_recorded", [True, False])
def test_an_event_whose_work_request_is_gone_is_done_if_the_ending_is_recorded_and_fails_else(
    recording: World, is_recorded: bool
) -> None:
    work_request_id = exported(recording)
    when = recording.later(0)
    if is_recorded:
        tell(recording)
    recording.cloud.clock.advance(13 * HOUR)
    answer = tell(recording, eventTime=when)
    assert answer.status == (200 if is_recorded else 502)
    assert answer.document.get("workRequestId") == (work_request_id if is_recorded else None)
    assert "messageId" not in answer.document
    assert len(endings(recording)) == is_recorded


@pytest.mark.parametrize("meanwhile", [False, True], ids=["before", "by another delivery meanwhile"])
@pytest.mark.parametrize(
    ("status", "is_told"), [("UNKNOWN", True), ("SUCCEEDED", False), ("A_STATUS_OF_TOMORROW", False)]
)
def test_a_recorded_status_is_final_unless_it_is_unknown(
    recording: World, status: str, is_told: bool, meanwhile: bool
) -> None:
    exported(recording)

    def write(_: object = None) -> None:
        change_newest(recording, status=status, timeFinished=recording.later(0))

    if meanwhile:
        recording.cloud.on("ListWorkRequests", "done", write)
    else:
        write()
    answer, then = tell(recording), "SUCCEEDED" if is_told else status
    assert (answer.status, answer.document["exportStatus"]) == (200, then)
    assert answer.line["message"] == f"ending announced{'' if is_told else ' before'}: {then}"
    assert len(endings(recording)) == is_told
    assert recorded(recording)["status"] == then


@pytest.mark.parametrize(
    ("minutes", "is_done"), [(1.0, True), (3.0, False), (11.9 * 60, False), (12.5 * 60, True)]
)
def test_one_that_runs_keeps_the_event_open_if_it_may_be_its(
    world: World, minutes: float, is_done: bool
) -> None:
    """One that ended in the event's time is announced either way."""
    by_hand(world)
    world.cloud.clock.advance(minutes * 60)
    ended = end(world, by_hand(world))
    assert tell(world).status == (200 if is_done else 502)
    assert endings(world) == [ended]


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
    change_list(world, **{key: None if each is None else world.later(each) for key, each in times.items()})
    assert tell(world).status == (200 if is_in_time else 502)


def test_an_event_without_a_time_has_that_of_the_invocation(world: World) -> None:
    work_request_id = exported(world)
    assert tell(world, eventTime=None).document["workRequestId"] == work_request_id


LISTS = {
    "is refused": [Fault("ListWorkRequests", **REFUSED)],
    "fails": [Fault("ListWorkRequests", **PASSING)],
    "hangs": [Fault("ListWorkRequests", **HANGING)],
    "has no end": [
        Fault("ListWorkRequests", body=b"[{}]", headers={"opc-next-page": f"p{number}"})
        for number in range(1, 120)
    ],
    "has no place": [Fault("GetImage", **REFUSED), Fault("ListWorkRequests", **REFUSED)],
}


@pytest.mark.parametrize("lag", ["it runs", "its status lags", "the list lags", "it can't be read"])
def test_what_ends_or_shows_late_is_waited_for(either: World, lag: str) -> None:
    work_requests = either.cloud.work_requests
    work_requests.lag_s = 5 * 60 + 30 if lag == "the list lags" else 0
    work_request_id = begin(either)
    if lag == "it runs":
        either.cloud.at(either.cloud.clock.now() + 30, lambda: end(either, work_request_id))
        # What a record knows of needs no list.
        either.cloud.faults.add(*(LISTS["is refused"] if either.record() else []))
    else:
        work_requests.status_lag_s = 30 if lag == "its status lags" else 0
        end(either, work_request_id)
    if lag == "it can't be read":
        change_list(either, status="IN_PROGRESS", timeFinished=None)
        either.cloud.faults.add(Fault("GetWorkRequest", status=501))
    answer = tell(either)
    assert answer.document["workRequestId"] == work_request_id
    assert answer.line["durationMs"] < 60_000


@pytest.mark.parametrize("faults", LISTS.values(), ids=LISTS)
def test_where_the_list_tells_nothing_the_records_exports_are_looked_at(
    recording: World, faults: list[Fault]
) -> None:
    first = exported(recording)
    change_newest(recording, timeAccepted=recording.later(-4 * 60))
    recording.cloud.faults.add(*faults)
    answer = tell(recording)
    assert (answer.status, answer.document["workRequestId"]) == (200, first)
    assert data_of(recording)["object"] is not None
    # A list takes a quarter of the time at most.
    assert answer.line["deadlineLeftMs"] > 80_000


def test_a_refused_list_is_not_asked_for_again_and_nothing_is_waited_for(world: World) -> None:
    exported(world)
    world.cloud.faults.add(*LISTS["is refused"])
    answer = tell(world)
    assert (answer.status, answer.line["durationMs"]) == (502, 0)
    assert len(world.calls("ListWorkRequests")) == 1
    assert any("can't be listed: 404" in message for message in lines(answer, "WARNING"))


def test_a_work_request_that_may_not_be_read_runs_as_its_list_says(either: World) -> None:
    """A permission is missing; the list lags: it must not be dropped for another one that has ended."""
    running = begin(either)
    either.cloud.faults.add(Fault("GetWorkRequest", **REFUSED))
    ended = end(either, by_hand(either))
    assert (tell(either).status, endings(either)) == (502, [ended])
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
        assert world.announced()[-1]["data"]["compartmentId"] == (compartment_id or elsewhere)


ERRORS, DELETE = "ListWorkRequestErrors", "DeletePreauthenticatedRequest"


@pytest.mark.parametrize(
    ("operation", "failure", "said"),
    [
        *((ERRORS, failure, "errors can't be read") for failure in (REFUSED, PASSING, HANGING)),
        *(("HeadObject", failure, "can't be looked at") for failure in (REFUSED, HANGING, OVER_64_BITS)),
        (DELETE, HANGING, "a pre-authenticated request was not deleted"),
    ],
    ids=str,
)
def test_what_can_t_be_read_or_done_is_missing_and_keeps_no_ending_back(
    recording: World, operation: str, failure: Fields, said: str
) -> None:
    recording.cloud.switches.refuses_tuples = True
    (fail if operation == ERRORS else end)(recording, begin(recording))
    recording.cloud.faults.add(Fault(operation, **failure))
    answer, data = tell(recording), data_of(recording)
    assert (answer.document["status"], data["errors"]) == ("announced", [])
    assert answer.line["deadlineLeftMs"] > 0
    assert any(said in message for message in lines(answer, "WARNING"))
    entry = recorded(recording)
    assert (entry["status"], entry["object"]) == (data["status"], data.get("object"))
    assert (entry["object"] is None) == (operation in (ERRORS, "HeadObject"))
    assert (entry["preauthenticatedRequestId"] is None) == (operation != DELETE)


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
@pytest.mark.parametrize(
    "failure", [REFUSED, {"status": 401}, {**PASSING, "headers": {"retry-after": "60"}}, HANGING], ids=str
)
def test_a_record_that_can_t_be_read_or_written_holds_nothing_up_and_is_made_whole_later(
    recording: World, operation: str, failure: Fields
) -> None:
    recording.cloud.faults.add(Fault(operation, **{**failure, "times": None}))
    when = recording.later(0)
    created = recording.event("createimage.end", eventTime=when)
    (export,) = recording.cloud.exports
    work_request_id = end(recording, export.work_request_id)
    for answer, status in ((created, "exported"), (tell(recording), "announced")):
        assert (answer.document["status"], answer.document["workRequestId"]) == (status, work_request_id)
        assert any("the record can't be" in message for message in lines(answer, "ERROR"))
        assert answer.line["deadlineLeftMs"] > 0
    assert recording.record() is None
    recording.cloud.faults.clear()
    tell(recording)
    again = recording.event("createimage.end", eventTime=when)
    assert again.document["workRequestId"] == work_request_id
    entry = recorded(recording)
    assert (entry["status"], entry["retryToken"]) == ("SUCCEEDED", export.retry_token)
    assert len(recording.cloud.exports) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"percentComplete": "all", "timeStarted": 7, "compartmentId": ["x"]},
        {"percentComplete": 1e300, "timeAccepted": {}, "timeStarted": "9" * 1000},
        {"timeAccepted": "0001-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_odd_answers_keep_no_ending_back(either: World, odd: Fields) -> None:
    work_request_id = exported(either)
    change_list(either, **odd)
    assert tell(either).document["workRequestId"] == work_request_id
    data = data_of(either)
    assert data["percentComplete"] == (None if "percentComplete" in odd else 100)
    assert len(data["timeStarted"] or "") <= 255
    if either.record():
        assert recorded(either)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_at_the_calendars_end_is_no_bug(recording: World, time: str) -> None:
    exported(recording)
    change_list(recording, timeFinished=time)
    # Recorded, so looked at; not in the event's time.
    answer = tell(recording)
    assert (answer.status, answer.document["code"]) == (502, "ServiceUnavailable")
    assert data_of(recording)["timeFinished"] == time
    # As the event's it is in time, and recorded by now.
    assert tell(recording, eventTime=time).status == 200


@pytest.mark.parametrize(
    ("name", "expected"), [("as recorded", "as recorded"), (None, "web 1"), (7, "web 1")]
)
def test_the_images_name_is_the_records_else_the_events(
    recording: World, name: object, expected: str
) -> None:
    exported(recording)
    record = recording.record()
    record["image"]["displayName"] = name
    recording.write_record(record)
    tell(recording)
    assert data_of(recording)["imageName"] == expected
    assert recording.cloud.messages[-1].title == f"Image export succeeded: {expected}"


def test_somebody_elses_export_is_announced_and_adds_an_entry(recording: World) -> None:
    export = recording.cloud.export_as_another(recording.image["id"], "theirs.oci")
    end(recording, export.work_request_id)
    tell(recording, data={"resourceId": recording.image["id"]})
    data, entry = data_of(recording), recorded(recording)
    unknown = ("destination", "exportFormat", "trigger", "object", "imageName")
    assert [data[key] for key in unknown] == [None] * 5
    assert (entry["workRequestId"], entry["status"]) == (export.work_request_id, "SUCCEEDED")
    assert (entry["retryToken"], entry["destination"]) == (None, None)


def test_a_recorded_export_of_more_than_13_hours_ago_is_catch_ups(recording: World) -> None:
    end(recording, begin(recording, minutes_ago=13.5 * 60))
    recording.cloud.clock.advance(20 * 60)
    new = exported(recording, "b.oci")
    assert tell(recording).document["workRequestId"] == new
    assert endings(recording) == [new]


def test_a_used_request_is_kept_where_exports_are_no_longer_allowed(recording: World) -> None:
    recording.cloud.switches.refuses_tuples = True
    exported(recording)
    entry = recorded(recording)
    change_newest(recording, destination=entry["destination"] | {"bucketName": "another"})
    answer = tell(recording)
    assert answer.status == 200
    assert recording.calls(DELETE) == []
    assert recorded(recording)["preauthenticatedRequestId"] == entry["preauthenticatedRequestId"] is not None
    assert "a pre-authenticated request was not deleted" in "".join(lines(answer, "WARNING"))


@pytest.mark.parametrize("failure", [REFUSED, {"status": 429, "code": "TooManyRequests", "times": None}])
def test_an_ending_that_can_t_be_published_comes_again(either: World, failure: Fields) -> None:
    work_request_id = exported(either)
    either.cloud.faults.add(Fault("PublishMessage", **failure))
    answer = tell(either)
    assert (answer.status, answer.document["code"]) == (502, "ServiceUnavailable")
    assert answer.line["code"] == failure["code"]
    assert either.announced("rejected") == []
    either.cloud.faults.clear()
    assert tell(either).document["workRequestId"] == work_request_id


def test_another_operation_on_the_image_is_no_export(world: World) -> None:
    end(world, by_hand(world, "CreateImage"))
    assert (tell(world).status, endings(world)) == (502, [])
