"""A catch-up: each image's turn by what its record says, the order and time of turns, what ends a run, what
the reply and the log tell of it.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers.clock import rfc3339
from handlers.operations import catch_up as operation
from tests.local.oci import Fault
from tests.local.oci.exchange import Stage
from tests.unit.operations.exports import REFUSED
from tests.unit.world import BUCKET, CALL_ID, NAMESPACE, RECORDS, START, Answer, World, tuple_details

Fields = dict[str, Any]
HOUR = 3600.0
DAY = 24 * HOUR
FAILED: Fields = {"status": 500, "code": "InternalServerError", "times": None}
HANGING: Fields = {"delay": HOUR, "times": None}
NONE = {"done": 0, "exported": 0, "announced": 0, "running": 0, "rejected": 0, "failed": 0, "left": 0}


@pytest.fixture
def a_world(recording: World) -> World:
    """One whose image is two hours old."""
    recording.cloud.clock.advance(2 * HOUR)
    return recording


def catch_up(world: World, **more: Any) -> Answer:
    return world.call({"catchUp": {"compartmentId": world.cloud.compartment_id, **more}})


def counts(answer: Answer) -> dict[str, int]:
    """Those of the invocation's line that are not 0, as the reply has them too."""
    numbers = {key: answer.line[key] for key in NONE}
    reply = {key: len(value) if isinstance(value, list) else value for key, value in answer.document.items()}
    assert {key: reply[key] for key in NONE} == numbers
    assert sum(numbers.values()) - numbers["announced"] == reply["images"] == answer.line["images"]
    return {key: value for key, value in numbers.items() if value}


def add(world: World, name: str, hours: float = 2.0, **fields: Any) -> str:
    """One more image, of so many hours ago: its OCID."""
    created = rfc3339(world.clock.now() - timedelta(hours=hours))
    return str(world.cloud.images.add(name, time_created=created, **fields)["id"])


def entry(world: World, status: str, hours: float, **fields: Any) -> Fields:
    """A recorded attempt of so many hours ago."""
    return {
        "retryToken": f"token-{hours}",
        "workRequestId": f"ocid1.workrequest.oc1..of{hours}",
        "destination": {"namespaceName": NAMESPACE, "bucketName": BUCKET, "objectName": "as-before.oci"},
        "exportFormat": "OCI",
        "trigger": {"kind": "event", "id": "event-1"},
        "timeAccepted": world.later(-hours * HOUR),
        "status": status,
        **fields,
    }


def write(world: World, *exports: Fields, image_id: str | None = None) -> None:
    """The record of an image (the world's)."""
    image_id = image_id or world.image["id"]
    world.write_record({"imageId": image_id, "exports": exports}, image_id)


def statuses(world: World) -> list[str]:
    """The record's, newest first."""
    return [export["status"] for export in world.record()["exports"]]


def end(world: World) -> None:
    """Lets the first export end well."""
    world.cloud.work_requests.advance(world.cloud.exports[0].work_request_id)


def exported_images(world: World) -> list[str]:
    return [export.image_id for export in world.cloud.exports]


def test_an_image_that_no_record_knows_is_exported_as_by_an_event_announced_and_recorded(
    a_world: World,
) -> None:
    template = "{compartment_name}/{image_name}-{event_time}-{event_id}.{extension}"
    a_world.configure(EXPORT_RECORDS=RECORDS, EXPORT_OBJECT_NAME=template)
    answer = catch_up(a_world, compartmentName="golden")
    (export,), image_id = a_world.cloud.exports, a_world.image["id"]
    assert export.destination.object == f"golden/web-1-20260131T120000Z-{image_id}.oci"
    (event,) = a_world.announced()
    assert event["id"] == f"{export.work_request_id}/accepted"
    assert event["data"]["trigger"] == {"kind": "catch-up", "id": CALL_ID}
    (recorded,) = a_world.record()["exports"]
    assert (recorded["status"], recorded["trigger"]) == ("ACCEPTED", event["data"]["trigger"])
    assert recorded["workRequestId"] == export.work_request_id
    assert counts(answer) == {"exported": 1}
    line = answer.line
    assert (line["level"], line["trigger"], line["message"]) == ("INFO", "catch-up", "caught up")
    assert line["imageId"] is line["workRequestId"] is line["destination"] is None


ELSEWHERE = {"destination": {"namespaceName": NAMESPACE, "bucketName": "b", "objectName": "o"}}
CALLERS = {"trigger": {"kind": "direct", "id": "call-1"}}
UNKNOWN_WORK = {"workRequestId": None}
SUCCEEDED, FAILED_1, RUNS = ("SUCCEEDED", 1.0, {}), ("FAILED", 1.0, {}), ("ACCEPTED", 1.0, {})
DONE = ("SUCCEEDED", 20.0, {})
OLDER = [("FAILED", 2.0, {}), ("CANCELED", 3.0, {})]
LONG_AGO = [("FAILED", 20.0, {}), ("CANCELED", 30.0, {})]


@pytest.mark.parametrize(
    ("exports", "outcome", "then"),
    [
        pytest.param([SUCCEEDED], "done", "SUCCEEDED", id="succeeded"),
        pytest.param([("SUCCEEDED", 1.0, CALLERS)], "done", "SUCCEEDED", id="a caller's"),
        pytest.param([("SUCCEEDED", 1.0, ELSEWHERE)], "exported", "SUCCEEDED", id="elsewhere"),
        pytest.param([("SUCCEEDED", 1.0, {"exportFormat": "VHD"})], "exported", "SUCCEEDED", id="as VHD"),
        pytest.param([FAILED_1, DONE], "done", "FAILED", id="succeeded before it failed"),
        pytest.param([RUNS, DONE], "done", "ACCEPTED", id="and then begun"),
        pytest.param([("ACCEPTED", 1.0, ELSEWHERE), DONE], "done", "ACCEPTED", id="and begun elsewhere"),
        pytest.param([("ACCEPTED", 14.0, ELSEWHERE), DONE], "done", "UNKNOWN", id="and gone elsewhere"),
        pytest.param([("ACCEPTED", 12.9, {})], "failed", "ACCEPTED", id="its work request can't be read"),
        pytest.param([("ACCEPTED", 13.1, {})], "exported", "UNKNOWN", id="its work request is gone"),
        pytest.param([("ACCEPTED", 12.9, UNKNOWN_WORK)], "running", "ACCEPTED", id="no work request"),
        pytest.param([("ACCEPTED", 13.1, UNKNOWN_WORK)], "exported", "UNKNOWN", id="none for 13 hours"),
        pytest.param([FAILED_1], "exported", "FAILED", id="failed"),
        pytest.param([("CANCELED", 1.0, {})], "exported", "CANCELED", id="canceled"),
        pytest.param([("UNKNOWN", 1.0, {})], "exported", "UNKNOWN", id="unknown"),
        pytest.param([FAILED_1, *OLDER[:1]], "exported", "FAILED", id="failed twice"),
        pytest.param([FAILED_1, *OLDER], "given up", "FAILED", id="failed three times"),
        pytest.param([("ACCEPTED", 13.1, {}), *LONG_AGO], "given up", "UNKNOWN", id="is the third to fail"),
        pytest.param([("REJECTED", 6.9 * 24, UNKNOWN_WORK)], "rejected", "REJECTED", id="rejected"),
        pytest.param([("REJECTED", 7.1 * 24, UNKNOWN_WORK)], "exported", "REJECTED", id="rejected long ago"),
        pytest.param(
            [("A_STATUS_OF_TOMORROW", 1.0, {})], "given up", "A_STATUS_OF_TOMORROW", id="tomorrow's"
        ),
    ],
)
def test_the_newest_attempt_decides_unless_one_succeeded(
    a_world: World, exports: list[tuple[str, float, Fields]], outcome: str, then: str
) -> None:
    """``then``: the status of the newest one after this turn."""
    write(a_world, *(entry(a_world, status, hours, **more) for status, hours, more in exports))
    before = a_world.record()
    expected = {"failed" if outcome == "given up" else outcome: 1}

    # A dry run takes the same way, and does nothing.
    answer = catch_up(a_world, dryRun=True)
    assert (counts(answer), a_world.record(), a_world.announced()) == (expected, before, [])
    assert a_world.cloud.exports == []

    answer = catch_up(a_world)
    assert counts(answer) == expected
    begun = ["ACCEPTED"] if outcome == "exported" else []
    assert statuses(a_world) == [*begun, then, *(status for status, _, _ in exports[1:])]
    assert len(a_world.cloud.exports) == len(begun)
    assert answer.document["status"] == ("unfinished" if outcome == "failed" else "caughtUp")
    if outcome == "done" and exports[0][0] == "ACCEPTED":
        (warned,) = [line["message"] for line in answer.log if line["level"] == "WARNING"]
        assert "can't be read: 404" in warned
    if begun and then in ("FAILED", "CANCELED", "UNKNOWN"):
        assert a_world.cloud.exports[0].destination.object == "as-before.oci"
    if outcome in ("given up", "failed"):
        is_final = outcome == "given up"
        code, level = (then, "WARNING") if is_final else ("NotAuthorizedOrNotFound", "ERROR")
        assert answer.document["failed"] == [{"imageId": a_world.image["id"], "code": code}]
        assert next(line["imageId"] for line in answer.log if line["level"] == level) == a_world.image["id"]
        assert answer.line["level"] == ("INFO" if is_final else "ERROR")


def test_one_that_failed_is_begun_anew_in_the_same_turn_three_times_in_all(a_world: World) -> None:
    for number in (1, 2, 3):
        assert catch_up(a_world).document["exported"][0]["imageId"] == a_world.image["id"]
        export = a_world.cloud.exports[-1]
        a_world.cloud.work_requests.fail(export.work_request_id, "OutOfCapacity", "No host is free")
        assert len(a_world.cloud.exports) == number
    answer = catch_up(a_world)
    assert counts(answer) == {"announced": 1, "failed": 1}
    assert answer.document["status"] == "caughtUp"
    assert statuses(a_world) == ["FAILED"] * 3
    assert len(a_world.announced("failed")) == len(a_world.announced("accepted")) == 3
    assert len({export.retry_token for export in a_world.cloud.exports}) == 3
    assert len({export.destination for export in a_world.cloud.exports}) == 1


def test_exports_to_elsewhere_are_announced_and_never_begun_anew(a_world: World) -> None:
    for name in ("a.oci", "b.oci"):
        a_world.export(tuple_details(name, exportFormat="VHD"), {"opc-retry-token": name})
        end(a_world)
    a_world.cloud.work_requests.fail(a_world.cloud.exports[1].work_request_id, "OutOfCapacity", "No host")
    expected = {"announced": 2, "exported": 1}
    assert counts(catch_up(a_world, dryRun=True)) == expected
    assert a_world.announced("failed") == a_world.announced("succeeded") == []
    assert counts(catch_up(a_world)) == expected
    assert [export.format for export in a_world.cloud.exports] == ["VHD", "VHD", "OCI"]


@pytest.mark.parametrize(
    ("status", "hours", "where", "outcome"),
    [(503, 1, ELSEWHERE, "failed"), (429, 1, ELSEWHERE, "left"), (403, 14, {}, "failed")],
)
def test_a_work_request_that_can_t_be_read_ends_the_turn_and_only_a_404_makes_its_export_unknown(
    a_world: World, status: int, hours: float, where: Fields, outcome: str
) -> None:
    write(a_world, entry(a_world, "ACCEPTED", hours, **where))
    a_world.cloud.faults.add(Fault("GetWorkRequest", status=status, code="NotAllowed", times=None))
    assert counts(catch_up(a_world)) == {outcome: 1}
    assert statuses(a_world) == ["ACCEPTED"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_nothing_is_exported_over_a_record(a_world: World, dry_run: bool) -> None:
    a_world.configure(EXPORT_RECORDS=RECORDS, EXPORT_OBJECT_NAME="records/{image_id}.json")
    answer = catch_up(a_world, dryRun=dry_run)
    assert counts(answer) == {"failed": 1}
    assert answer.document["failed"][0]["code"] == "NotAllowed"
    assert a_world.announced() == []


@pytest.mark.parametrize(("status", "code"), [(400, "InvalidParameter"), (409, "NotAnImage")])
def test_an_image_that_compute_refuses_for_good_is_rejected_once_and_tried_again_after_seven_days(
    a_world: World, status: int, code: str
) -> None:
    def run(code: str) -> Answer:
        a_world.cloud.faults.clear()
        a_world.cloud.faults.add(Fault("ExportImage", status=status, code=code, message="No.", times=None))
        return catch_up(a_world)

    answer = run(code)
    assert counts(answer) == {"rejected": 1}
    assert (answer.document["status"], answer.line["level"]) == ("caughtUp", "INFO")
    token = a_world.calls("ExportImage")[-1].headers["opc-retry-token"]
    (event,) = a_world.announced("rejected")
    assert event["id"] == f"{token}/rejected"
    data = event["data"]
    assert (data["imageId"], data["code"], data["message"]) == (a_world.image["id"], code, "No.")
    (recorded,) = a_world.record()["exports"]
    assert (recorded["status"], recorded["errors"]) == ("REJECTED", [{"code": code, "message": "No."}])

    assert counts(run(code)) == {"rejected": 1}
    assert len(a_world.calls("ExportImage")) == 1
    for seconds, refused_with, told in ((7 * DAY, code, 1), (7 * DAY, "AnotherCode", 2)):
        a_world.cloud.clock.advance(seconds)
        assert counts(run(refused_with)) == {"rejected": 1}
        assert len(a_world.announced("rejected")) == told
    # No attempt: each time under the same number, in an entry of its own.
    assert {call.headers["opc-retry-token"] for call in a_world.calls("ExportImage")} == {token}
    assert statuses(a_world) == ["REJECTED"] * 3

    a_world.cloud.clock.advance(7 * DAY)
    a_world.cloud.faults.clear()
    assert counts(catch_up(a_world)) == {"exported": 1}
    assert statuses(a_world) == ["ACCEPTED", *["REJECTED"] * 3]


@pytest.mark.parametrize(
    "refused",
    [
        (400, "LimitExceeded"),
        (400, "QuotaExceeded"),
        (400, "InvalidParameter", "Invalid bucketName: none"),
        (401, "NotAuthenticated"),
        (403, "NotAllowed"),
        (404, "NotAuthorizedOrNotFound"),
        (413, "RequestEntityTooLarge"),
    ],
    ids=str,
)
@pytest.mark.parametrize("par_fallback", ["true", "false"])
def test_what_speaks_of_the_function_rejects_nothing_and_ends_the_run_after_three_in_a_row(
    a_world: World, refused: Any, par_fallback: str
) -> None:
    a_world.configure(EXPORT_RECORDS=RECORDS, PAR_FALLBACK=par_fallback)
    write(a_world, entry(a_world, "SUCCEEDED", 1), image_id=add(a_world, "done", 5.5))
    for hours in (6, 5, 4, 3):
        add(a_world, f"{hours} hours old", hours)
    fault: Fields = dict(zip(("status", "code", "message"), refused, strict=False))
    a_world.cloud.faults.add(Fault("ExportImage", times=None, **fault))
    a_world.cloud.faults.add(Fault("CreatePreauthenticatedRequest", **REFUSED))
    answer = catch_up(a_world)
    # The first of the four is before the done one: not in a row.
    assert counts(answer) == {"failed": 4, "done": 1, "left": 1}
    assert {failed["code"] for failed in answer.document["failed"]} == {fault["code"]}
    assert (answer.document["status"], answer.line["level"]) == ("unfinished", "ERROR")
    assert (a_world.announced(), a_world.record()) == ([], None)
    a_world.cloud.faults.clear()
    assert counts(catch_up(a_world)) == {"exported": 5, "done": 1}


def test_an_export_that_can_t_be_read_keeps_no_other_ending_back(a_world: World) -> None:
    name = "by-hand.oci"
    work_request_id = a_world.export(tuple_details(name)).headers["opc-work-request-id"]
    a_world.cloud.work_requests.advance(work_request_id)
    write(a_world, entry(a_world, "ACCEPTED", 0), *a_world.record()["exports"])
    # It is where events export to, so no more is asked of the newest attempt.
    assert counts(catch_up(a_world)) == {"done": 1, "announced": 1}
    assert statuses(a_world) == ["SUCCEEDED", "ACCEPTED"]


def test_where_something_failed_the_line_is_an_error_unless_something_was_done(a_world: World) -> None:
    a_world.cloud.faults.add(Fault("ExportImage", status=400, code="InvalidParameter"))
    write(a_world, {"status": ["no text"]}, image_id=add(a_world, "unreadable"))
    # Rejected now, and before.
    for level in ("INFO", "ERROR"):
        answer = catch_up(a_world)
        assert (counts(answer), answer.line["level"]) == ({"rejected": 1, "failed": 1}, level)
    ended = a_world.cloud.work_requests.add("ExportImage", resource_id=a_world.image["id"])
    a_world.cloud.work_requests.advance(ended)
    write(a_world, entry(a_world, "ACCEPTED", 1, workRequestId=ended))
    answer = catch_up(a_world)
    assert (counts(answer), answer.line["level"]) == ({"done": 1, "announced": 1, "failed": 1}, "INFO")


def test_a_busy_image_is_left_for_the_next_run_and_not_waited_for(a_world: World) -> None:
    theirs = a_world.cloud.export_as_another(a_world.image["id"], "theirs.oci")
    other = add(a_world, "another")
    answer = catch_up(a_world)
    assert counts(answer) == {"left": 1, "exported": 1}
    assert (answer.document["status"], answer.line["durationMs"]) == ("unfinished", 0)
    assert exported_images(a_world)[1:] == [other]
    a_world.cloud.work_requests.advance(theirs.work_request_id)
    assert counts(catch_up(a_world)) == {"exported": 1, "running": 1}


def test_computes_429_ends_the_run(a_world: World) -> None:
    add(a_world, "another")
    a_world.cloud.faults.add(Fault("ExportImage", status=429, code="TooManyRequests", times=None))
    answer = catch_up(a_world)
    assert counts(answer) == {"left": 2}
    assert len(a_world.calls("ExportImage")) == 1
    assert (answer.status, answer.document["status"], answer.line["level"]) == (200, "unfinished", "INFO")


@pytest.mark.parametrize("status", [429, 404])
@pytest.mark.parametrize(
    ("what", "outcome", "then"),
    [
        # Its ending will be announced.
        ("an acceptance", {"exported": 1, "left": 1}, {"done": 1, "announced": 1, "exported": 1}),
        # Not recorded before it was announced.
        ("an ending", {"left": 2}, {"done": 1, "announced": 1, "exported": 1}),
        ("a rejection", {"left": 2}, {"exported": 2}),
    ],
)
def test_where_nothing_can_be_published_the_run_ends(
    a_world: World, status: int, what: str, outcome: Fields, then: Fields
) -> None:
    if what == "an ending":
        a_world.event("createimage.end")
        end(a_world)
    elif what == "a rejection":
        a_world.cloud.faults.add(Fault("ExportImage", status=400, code="InvalidParameter"))
    add(a_world, "another", 1.5)
    told = len(a_world.announced())
    a_world.cloud.faults.add(Fault("PublishMessage", status=status, times=None))
    answer = catch_up(a_world)
    assert counts(answer) == outcome
    assert [line["level"] for line in answer.log if line["level"] == "ERROR"] == ["ERROR"]
    assert len(a_world.announced()) == told
    assert len(a_world.calls("PublishMessage")) == told + 1
    a_world.cloud.faults.clear()
    if what == "an acceptance":
        end(a_world)
    assert counts(catch_up(a_world)) == then


@pytest.mark.parametrize("answer", [FAILED, HANGING], ids=["fails", "hangs"])
def test_an_image_that_always_fails_takes_a_tenth_of_the_time_and_keeps_no_other_from_its_turn(
    a_world: World, answer: Fields
) -> None:
    bad = a_world.image["id"]
    others = [add(a_world, f"web {hours}", hours) for hours in (1.9, 1.8)]
    a_world.cloud.faults.add(Fault("ExportImage", when=lambda call: bad in call.path, **answer))
    caught = catch_up(a_world)
    assert counts(caught) == {"failed": 1, "exported": 2}
    assert exported_images(a_world) == others
    # Something was done, so nobody has to act at once.
    assert (caught.document["status"], caught.line["level"]) == ("unfinished", "INFO")
    assert len([call for call in a_world.calls("ExportImage") if bad in call.path]) <= 3
    assert caught.line["durationMs"] <= 10_300


def test_no_turn_begins_once_two_thirds_of_the_time_are_gone(a_world: World) -> None:
    for number in range(2, 13):
        add(a_world, f"web {number}")
    a_world.cloud.faults.add(Fault("ExportImage", **HANGING))
    answer = catch_up(a_world)
    found = counts(answer)
    assert found["failed"] + found["left"] == 12
    assert found["left"]
    # Of 120 s, 103 are for the work.
    assert 103_000 * 2 / 3 <= answer.line["durationMs"] <= 103_000 * (2 / 3 + 1 / 10)


def test_a_turn_without_time_for_a_try_is_left(a_world: World) -> None:
    a_world.seconds = 3.0
    write(a_world, entry(a_world, "ACCEPTED", 1, **ELSEWHERE))
    running = json.dumps({"status": "IN_PROGRESS"}).encode()
    a_world.cloud.faults.add(Fault("GetWorkRequest", body=running, delay=1.6))
    assert counts(catch_up(a_world)) == {"left": 1}
    assert a_world.calls("ExportImage") == []


def test_however_many_records_or_work_requests_can_t_be_read_nothing_is_guessed_and_no_other_image_waits(
    a_world: World,
) -> None:
    for number in (1, 2):
        write(a_world, {"status": ["no text"]}, image_id=add(a_world, f"record {number}", 4))
        write(a_world, entry(a_world, "ACCEPTED", 5), image_id=add(a_world, f"work request {number}", 3))
    assert counts(catch_up(a_world)) == {"failed": 4, "exported": 1}
    assert exported_images(a_world) == [a_world.image["id"]]
    # Nor is it Compute that throttles, or an image that is busy.
    for status, code in ((409, "ConcurrentObjectUpdate"), (409, "Conflict"), (429, "TooManyRequests")):
        a_world.cloud.faults.add(Fault("GetObject", status=status, code=code, times=None))
        assert counts(catch_up(a_world)) == {"failed": 5}
        a_world.cloud.faults.clear()


def meanwhile(
    world: World, act: Callable[[], Answer], operation: str = "ExportImage", stage: Stage = "received"
) -> list[Answer]:
    """Does that at the next such call: what came of it, by then."""
    came: list[Answer] = []

    def once(_: object) -> None:
        world.cloud.stop_watching()
        came.append(act())

    world.cloud.on(operation, stage, once)
    return came


@pytest.mark.parametrize(
    ("refuses_tuples", "stage", "outcome"),
    [
        pytest.param(False, "received", "exported", id="by name"),
        # Its record tells, when it is read again.
        pytest.param(True, "done", "running", id="through a pre-authenticated request"),
    ],
)
def test_two_at_once_are_one_export(a_world: World, refuses_tuples: bool, stage: Stage, outcome: str) -> None:
    a_world.cloud.switches.refuses_tuples = refuses_tuples
    second = meanwhile(a_world, lambda: catch_up(a_world), stage=stage)
    assert counts(catch_up(a_world)) == {outcome: 1}
    assert counts(second[0]) == {"exported": 1}
    (export,) = a_world.cloud.exports
    assert {event["id"] for event in a_world.announced()} == {f"{export.work_request_id}/accepted"}
    assert statuses(a_world) == ["ACCEPTED"]


def test_an_ending_that_an_event_announces_meanwhile_is_not_announced_again(a_world: World) -> None:
    a_world.event("createimage.end")
    end(a_world)
    events = meanwhile(a_world, lambda: a_world.event("exportimage.end"), "GetWorkRequest")
    assert counts(catch_up(a_world)) == {"done": 1}
    assert events[0].document["status"] == "announced"
    assert len(a_world.announced("succeeded")) == 1


@pytest.mark.parametrize("platforms", [None, "ocid1.compartment.oc1..oracle"])
def test_the_compartments_own_images_are_taken_the_oldest_first(
    a_world: World, platforms: str | None
) -> None:
    platform = a_world.cloud.images.add_platform()
    a_world.cloud.clock.advance(2 * HOUR)
    oldest = add(a_world, "oldest", 9)
    add(a_world, "too young", 0.99)
    for state in ("PROVISIONING", "IMPORTING", "DISABLED", "DELETED"):
        add(a_world, state, lifecycle_state=state)
    add(a_world, "busy", 5, lifecycle_state="EXPORTING")
    add(a_world, "the tenancy's", compartment_id=a_world.cloud.tenancy_id)

    def belonging(images: Any) -> Any:
        return [image | {"compartmentId": image["compartmentId"] or platforms} for image in images]

    a_world.cloud.faults.add(Fault("ListImages", change=belonging, times=None))
    assert counts(catch_up(a_world)) == {"exported": 2, "left": 1}
    assert exported_images(a_world) == [oldest, a_world.image["id"]]
    assert platform["id"] not in exported_images(a_world)
    assert catch_up(a_world, compartmentId=a_world.cloud.tenancy_id).document["images"] == 1


def test_pages_of_50_are_read_and_the_lists_of_the_reply_end_at_100(a_world: World) -> None:
    for number in range(120):
        add(a_world, f"web {number} {'y' * 300}", definedTags={"a": {"b": "x" * 100}})
    answer = catch_up(a_world, dryRun=True)
    assert (answer.line["exported"], len(answer.document["exported"])) == (121, 100)
    assert [call.query["limit"] for call in a_world.calls("ListImages")] == ["50"] * 3
    # Of each, no more is kept than its turn needs.
    asked = operation.CatchUp(a_world.cloud.compartment_id, None, dry_run=True)
    found = operation._images(asked, a_world.context("catch-up"))
    assert "x" * 50 not in repr(found)
    assert (len(found), max(len(image.name or "") for image in found)) == (121, 255)


def test_a_list_that_has_no_end_is_cut(a_world: World) -> None:
    compartment_id = a_world.cloud.compartment_id
    image = {"compartmentId": compartment_id, "lifecycleState": "AVAILABLE", "timeCreated": rfc3339(START)}
    for page in range(12):
        body = json.dumps([{"id": f"ocid1.image.oc1.phx.a{page}b{n}", **image} for n in range(2000)]).encode()
        headers = {"opc-next-page": f"p{page}"}
        # Afterwards, there is no time for a turn.
        a_world.cloud.faults.add(Fault("ListImages", body=body, headers=headers, delay=8))
    assert counts(catch_up(a_world)) == {"left": 20_000}
    assert len(a_world.calls("ListImages")) == 10

    a_world.cloud.faults.clear()
    a_world.cloud.faults.add(Fault("ListImages", headers={"opc-next-page": "p0"}, times=None))
    # A page that comes again ends it, and no image has two turns.
    assert counts(catch_up(a_world)) == {"exported": 1}


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("failure", [REFUSED, FAILED, HANGING], ids=str)
def test_where_images_can_t_be_listed_it_fails_as_an_event_does_but_for_a_dry_run(
    a_world: World, failure: Fields, detached: bool
) -> None:
    a_world.cloud.faults.add(Fault("ListImages", **failure))
    asked = {"compartmentId": a_world.cloud.compartment_id}
    dry = a_world.call({"catchUp": {**asked, "dryRun": True}})
    assert (dry.status, dry.document["status"]) == (200, failure.get("status", 503))
    assert a_world.announced() == []
    answer = a_world.call({"catchUp": asked}, detached=detached)
    if failure is not REFUSED:
        assert (answer.status, a_world.announced()) == (502, [])
        return
    assert (answer.status, answer.document["status"], answer.document["code"]) == (200, 404, failure["code"])
    (event,) = a_world.announced("rejected")
    assert event["id"] == f"{CALL_ID}/rejected"
    assert "subject" not in event
    assert (event["data"]["imageId"], event["data"]["code"]) == (None, failure["code"])
    assert event["data"]["trigger"] == {"kind": "catch-up", "id": CALL_ID}


@pytest.mark.parametrize("key", ["EXPORT_BUCKET", "EXPORT_RECORDS"])
def test_it_needs_a_bucket_and_records(a_world: World, key: str) -> None:
    keys = {"EXPORT_RECORDS": RECORDS, key: None}
    if key == "EXPORT_BUCKET":
        keys |= {"EXPORT_NAMESPACE": None, "ALLOWED_DESTINATIONS": f"{NAMESPACE}/{BUCKET}/other"}
    a_world.configure(**keys)
    answer = catch_up(a_world)
    assert (answer.document["status"], answer.document["code"]) == (500, "InternalServerError")
    assert key in answer.document["message"]
    assert a_world.cloud.calls == []
