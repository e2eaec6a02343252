"""The record of an image's exports: completed, never doubled, bounded; read and written in nobody's way, and
never at another writer's cost.
"""

from datetime import timedelta
from itertools import permutations, product
from typing import Any

import pytest

from handlers.clock import rfc3339
from handlers.destinations import Place
from handlers.errors import NoAnswer
from handlers.records import Entry, Record, Store, export_entry
from tests.local.oci import Fault
from tests.unit.operations import exports as given
from tests.unit.world import BUCKET, NAMESPACE, START, World

IMAGE = "ocid1.image.oc1.phx.aaaa"
THERE = {"namespaceName": "n", "bucketName": "b", "objectName": "o"}
ELSEWHERE = {**THERE, "bucketName": "x"}
EVENT = {"kind": "event", "id": "event-1"}
CALLER = {"kind": "gateway", "id": "call-1"}
KIB, MIB = 1024, 1024 * 1024


def later(seconds: float) -> str:
    return rfc3339(START + timedelta(seconds=seconds))


def export(number: int = 1, **more: Any) -> Entry:
    """A whole one; those with higher numbers were accepted before."""
    known = {
        "retryToken": f"t{number}",
        "workRequestId": f"w{number}",
        "destination": THERE,
        "exportFormat": "OCI",
        "trigger": EVENT,
        "timeAccepted": later(-number),
    }
    return export_entry(**{**known, **more})


def record(*exports: Entry, image: dict[str, Any] | None = None) -> Record:
    return Record(IMAGE, image, exports)


def numbers(known: Record) -> list[str | None]:
    return [each["workRequestId"] for each in known.exports]


ENDED = {"status": "SUCCEEDED", "timeFinished": later(90), "object": {"sizeInBytes": 1}}
ENDING = export_entry(workRequestId="w1", timeAccepted=later(1), **ENDED)
NO_WORK = export(workRequestId=None)


@pytest.mark.parametrize(
    ("known", "other", "is_same"),
    [
        pytest.param(export(), export(retryToken="x", destination=None), True, id="the same work request"),
        pytest.param(export(), export(workRequestId="w2"), False, id="another one under the same token"),
        pytest.param(export(), NO_WORK, True, id="the same token, and no work request"),
        pytest.param(export(), NO_WORK | {"retryToken": "x"}, False, id="another token"),
        pytest.param(export(), NO_WORK | {"destination": ELSEWHERE}, False, id="another place"),
        pytest.param(export(), NO_WORK | {"exportFormat": "VHD"}, False, id="another format"),
        pytest.param(export(), export_entry(), False, id="nothing known"),
        pytest.param(ENDING, NO_WORK, False, id="an ending, and no work request"),
        pytest.param(ENDING, export_entry(), False, id="an ending, and nothing known"),
    ],
)
def test_two_entries_are_one_export_by_work_request_else_by_token_place_and_format(
    known: Entry, other: Entry, is_same: bool
) -> None:
    for one, another in ((known, other), (other, known)):
        assert len(record(one).with_export(another).exports) == (1 if is_same else 2)


@pytest.mark.parametrize(("trigger", "is_same"), [(CALLER, False), (EVENT, True)])
def test_a_callers_token_that_comes_again_after_a_day_is_another_export(
    trigger: dict[str, str], is_same: bool
) -> None:
    first = export(trigger=trigger, workRequestId=None, timeAccepted=later(0))
    again = {**first, "workRequestId": "w2", "timeAccepted": later(24 * 3600)}
    assert len(record(first).with_export(again).exports) == (1 if is_same else 2)
    again["timeAccepted"] = later(24 * 3600 - 1)
    assert len(record(first).with_export(again).exports) == 1


def test_the_newest_export_comes_first_and_one_of_the_same_time_before_those_that_are_there() -> None:
    assert numbers(record(export(2)).with_export(export(1))) == ["w1", "w2"]
    assert numbers(record(export(1)).with_export(export(2))) == ["w1", "w2"]
    assert numbers(record(export(1)).with_export(export(3, timeAccepted=later(-1)))) == ["w3", "w1"]
    assert numbers(record(export(3, timeAccepted=None)).with_export(export(1))) == ["w1", "w3"]


@pytest.mark.parametrize("written", [*permutations((ENDING, export(), {**NO_WORK, "tomorrow": 1}))])
def test_in_whatever_order_they_are_written_acceptance_and_ending_make_one_whole_entry(written: Any) -> None:
    known = record()
    for each in written:
        known = known.with_export(each)
    assert known.exports == ({**export(timeAccepted=later(1)), **ENDED, "tomorrow": 1},)


FINAL = ("SUCCEEDED", "FAILED", "CANCELED", "A_STATUS_OF_TOMORROW")
ANY = ("ACCEPTED", "SUCCEEDED", "FAILED", "REJECTED", "UNKNOWN")
OPEN, FOUND = ("REJECTED", "UNKNOWN"), ("ACCEPTED", "SUCCEEDED")


@pytest.mark.parametrize(
    ("status", "newer"), [*product(FINAL, ANY), ("ACCEPTED", "ACCEPTED"), ("ACCEPTED", "REJECTED")]
)
def test_a_final_status_never_goes_back_a_later_try_completes_and_a_rejection_changes_nothing(
    status: str, newer: str
) -> None:
    errors = [{"code": "c", "message": "m"}]
    known = export(status=status, timeFinished=later(5), errors=errors)
    found = export(status=newer, workRequestId=None, timeFinished=later(9), preauthenticatedRequestId="x")
    [entry] = record(known).with_export(found).exports
    assert entry | {"preauthenticatedRequestId": None} == known
    # What was not known is known, but for what a rejection tells.
    assert (entry["preauthenticatedRequestId"] == "x") == (newer != "REJECTED")


@pytest.mark.parametrize(("status", "newer"), [*product(OPEN, FOUND), ("ACCEPTED", "UNKNOWN")])
def test_what_is_not_known_for_good_gives_way_to_what_is_found(status: str, newer: str) -> None:
    errors = [{"code": "c", "message": "m"}]
    known = export(status=status, workRequestId=None, timeAccepted=later(-60), errors=errors)
    assert record(known).with_export(export(status=newer)).exports == (export(status=newer),)


def test_the_image_is_the_newest_exports() -> None:
    old, new = {"name": "old"}, {"name": "new"}
    assert record(export(2), image=old).with_export(export(1), new).image == new
    assert record(export(1), image=new).with_export(export(2), old).image == new
    assert record(export(2), image=old).with_export(export(1)).image == old
    assert record(export(1)).with_export(export(2), old).image == old


@pytest.mark.parametrize(
    ("known", "is_found"),
    [
        ({"timeAccepted": later(1 - 24 * 3600)}, True),
        ({"timeAccepted": later(-24 * 3600)}, False),
        ({"timeAccepted": None}, False),
        ({"retryToken": "t2"}, False),
        ({"trigger": EVENT}, False),
        ({"trigger": {"kind": "catch-up", "id": "x"}}, False),
    ],
)
def test_a_callers_export_is_found_by_its_token_for_24_hours(known: dict[str, Any], is_found: bool) -> None:
    mine = export(**{"trigger": CALLER, **known})
    assert record(mine).of_call("t1", START) == (mine if is_found else None)


def test_those_without_a_token_go_first_then_callers_final_ones_then_others_each_time_the_oldest() -> None:
    ended = {"trigger": CALLER, "status": "FAILED"}
    leaving = [
        export(51, retryToken=None),
        export(1, retryToken=None),
        export(52, **ended),
        export(2, **ended),
        export(54, trigger=CALLER),
        export(53),
    ]
    while leaving:
        full = record()
        for each in (*leaving, *map(export, range(3, 54 - len(leaving)))):
            full = full.with_export(each)
        fitted, _ = full.fitted(None)
        assert [each for each in full.exports if each not in fitted.exports] == [leaving.pop(0)]


def test_a_record_has_at_most_a_mib_and_loses_exports_before_its_image() -> None:
    errors = [{"code": "c", "message": "ü" * KIB}] * 10
    full = record(*(export(number, errors=errors) for number in range(50)), image={"name": "x" * KIB})
    fitted, text = full.fitted(None)
    assert MIB - 25 * KIB < len(text) <= MIB
    assert fitted.image == full.image
    assert numbers(fitted) == numbers(full)[: len(fitted.exports)]
    alone, text = record(export(), image={"name": "x" * MIB}).fitted(None)
    assert (alone.image, alone.exports) == (None, ())
    with pytest.raises(NoAnswer, match="too large"):
        Record(IMAGE, more={"tomorrow": "x" * MIB}).fitted(None)


def test_at_most_ten_errors_of_a_kib_each_are_kept() -> None:
    [*errors] = export_entry(errors=[{"code": "c" * 2000, "message": "m" * 2000}] * 11)["errors"]
    assert errors == [{"code": "c" * KIB, "message": "m" * KIB}] * 10


OF_TOMORROW = {
    "imageId": IMAGE,
    "image": None,
    "edition": 4,
    "exports": [
        {
            **export(status="SUCCEEDED"),
            "tomorrow": {"a": [1]},
            "destination": {**THERE, "region": "r"},
            "trigger": {**EVENT, "by": ["x"]},
            "errors": [{"code": "c", "message": "m", "at": "t"}],
            "object": {"sizeInBytes": 2**63, "etag": None, "md5": None, "timeModified": None, "tier": "x"},
        }
    ],
}


def test_what_a_later_edition_wrote_is_kept_at_every_level() -> None:
    known = Record.read(OF_TOMORROW, IMAGE)
    assert known.document == OF_TOMORROW
    assert known.of_event("event-1") == OF_TOMORROW["exports"][0]  # type: ignore[index]


def test_what_may_be_unknown_may_be_missing() -> None:
    assert Record.read({"imageId": IMAGE}, IMAGE) == Record(IMAGE)
    assert record(NO_WORK).with_work_request(None) is None
    assert Record.read({"imageId": IMAGE, "exports": [{}]}, IMAGE).exports == (export_entry(),)
    assert Record.read({"imageId": IMAGE, "exports": None}, IMAGE).exports == ()
    assert Record.read({"imageId": IMAGE, "exports": [{"status": None}]}, IMAGE).exports == (export_entry(),)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "see it."),
        ([], "see it."),
        ({}, "see imageId[.,]"),
        ({"imageId": 7}, "see imageId[.,]"),
        ({"imageId": IMAGE, "exports": {}}, "see exports[.,]"),
        ({"imageId": IMAGE, "image": []}, "see image[.,]"),
        ({"imageId": IMAGE, "exports": [{}, None]}, "see exports[.,]"),
        ({"imageId": IMAGE, "exports": [{"status": 1}]}, "see exports.status[.,]"),
        ({"imageId": IMAGE, "exports": [{"destination": {}}]}, "see exports.destination.bucketName[.,]"),
        ({"imageId": IMAGE, "exports": [{"trigger": {"kind": "event"}}]}, "see exports.trigger.id[.,]"),
        ({"imageId": IMAGE, "exports": [{"errors": [{"code": "c"}]}]}, "see exports.errors.message[.,]"),
        (
            {"imageId": IMAGE, "exports": [{"object": {"sizeInBytes": True}}]},
            "see exports.object.sizeInBytes[.,]",
        ),
        ({"imageId": "x"}, "another image's"),
    ],
)
def test_a_document_that_is_no_record_of_the_image_is_refused_naming_what_is_wrong(
    document: object, message: str
) -> None:
    with pytest.raises(NoAnswer, match=message):
        Record.read(document, IMAGE)


# Reading and writing it.

PLACE = Place(NAMESPACE, BUCKET, ("records",))
OLD = {"imageId": IMAGE, "edition": 4, "exports": [export(9)]}
OVERTAKEN = [{"status": 412, "code": "IfMatchFailed"}, {"status": 409, "code": "ConcurrentObjectUpdate"}]
LASTING = {"status": 404, "code": "BucketNotFound"}


@pytest.fixture
def store(recording: World) -> Store:
    return Store(recording.context(), PLACE, IMAGE)


def put(world: World, document: object) -> None:
    world.write_record(document, IMAGE)


def stored(world: World) -> list[str]:
    return [each["workRequestId"] for each in world.record(IMAGE)["exports"]]


def test_no_record_yet_is_an_empty_one_which_is_written_on_condition_that_there_is_none(
    recording: World, store: Store
) -> None:
    assert store.read() == Record(IMAGE)
    store.add(export(), {"id": IMAGE})
    assert recording.record(IMAGE) == record(export(), image={"id": IMAGE}).document
    [call] = recording.calls("PutObject")
    assert call.headers["if-none-match"] == "*"
    assert call.body.startswith(b'{\n  "imageId": ')
    assert recording.log() == []


def test_a_record_is_completed_on_condition_that_nobody_wrote_meanwhile(
    recording: World, store: Store
) -> None:
    put(recording, OLD)
    assert store.read() is store.record
    store.add(export())
    store.add(export(0))
    assert (recording.record(IMAGE)["edition"], stored(recording)) == (4, ["w0", "w1", "w9"])
    first, second = (call.headers["if-match"] for call in recording.calls("PutObject"))
    assert first != second
    # The second write knew the record that the first one had made.
    assert len(recording.calls("GetObject")) == 1


def test_records_of_a_whole_bucket_have_no_prefix(recording: World) -> None:
    Store(recording.context(), Place(NAMESPACE, BUCKET), IMAGE).read()
    assert recording.calls("GetObject")[0].path == f"/n/{NAMESPACE}/b/{BUCKET}/o/{IMAGE}.json"


def test_what_changes_nothing_is_not_written(recording: World, store: Store) -> None:
    put(recording, OLD)
    store.add(export(9))
    assert recording.calls("PutObject") == []


def test_where_somebody_else_wrote_meanwhile_both_are_in_it(recording: World, store: Store) -> None:
    store.read()
    others = list(map(export, (2, 3, 4)))

    def write(_: object) -> None:
        if others:
            put(recording, {**OLD, "exports": [others.pop(), *(recording.record(IMAGE) or OLD)["exports"]]})

    recording.cloud.on("PutObject", "received", write)
    store.add(export())
    assert stored(recording) == ["w1", "w2", "w3", "w4", "w9"]
    assert given.lines(recording, "ERROR") == []


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
@pytest.mark.parametrize("refused", OVERTAKEN, ids=lambda refused: refused["code"])
def test_an_update_at_the_same_time_is_a_pause_and_another_try(
    recording: World, store: Store, refused: dict[str, Any], operation: str
) -> None:
    recording.cloud.faults.add(Fault(operation, **refused, times=3))
    before = recording.clock.monotonic()
    store.add(export())
    assert stored(recording) == ["w1"]
    assert len(recording.calls(operation)) == 4
    assert recording.clock.monotonic() > before
    assert given.lines(recording, "ERROR") == []


@pytest.mark.parametrize("refused", [*OVERTAKEN, LASTING], ids=lambda refused: refused["code"])
def test_a_write_that_stays_refused_is_an_error_in_the_log(
    recording: World, store: Store, refused: dict[str, Any]
) -> None:
    store.read()
    recording.cloud.faults.add(Fault("PutObject", **refused, times=None))
    store.add(export())
    [line] = given.lines(recording, "ERROR")
    assert line.startswith(f"the record can't be written: {refused['status']} {refused['code']}")
    # Other writers are waited for, with pauses between: a few dozen writes, not hundreds.
    assert len(recording.calls("PutObject")) in (range(1, 2) if refused == LASTING else range(4, 40))


@pytest.mark.parametrize("lost", [{"drop": "after"}, {"without_headers": ("etag",)}], ids=str)
def test_a_write_whose_answer_or_new_etag_is_lost_is_in_it_once(
    recording: World, store: Store, lost: dict[str, Any]
) -> None:
    store.read()
    recording.cloud.faults.add(Fault("PutObject", **lost))
    for number in (1, 0):
        store.add(export(number))
    assert stored(recording) == ["w0", "w1"]
    assert len(recording.cloud.buckets.written) == 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        *((body, {}) for body in (b"", b"no JSON", b"null", {"imageId": "x"}, {**OLD, "exports": 7})),
        *((OLD, fault) for fault in (LASTING, {"status": 409, "code": "ObjectNotFound"}, {"drop": "before"})),
        (OLD, {"without_headers": ("etag",)}),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_no_empty_record_and_never_overwritten(
    recording: World, store: Store, body: object, fault: dict[str, Any]
) -> None:
    put(recording, OLD)
    assert store.read()
    put(recording, body)
    recording.cloud.faults.add(Fault("GetObject", times=None, **fault))
    assert store.read() is None
    # What no one can read is asked for once more.
    assert "drop" in fault or len(recording.calls("GetObject")) == (2 if "status" in fault else 3)
    store.add(export())
    assert recording.calls("PutObject") == []
    read, written = given.lines(recording, "ERROR")
    assert read.startswith(f"the record can't be read: {fault.get('status', 503)} ")
    assert written.startswith("the record can't be written: ")


def test_an_answer_that_is_no_record_is_asked_for_once_more(recording: World, store: Store) -> None:
    put(recording, OLD)
    recording.cloud.faults.add(Fault("GetObject", body=b"<html></html>"))
    assert store.load().exports == (export(9),)


def test_nothing_secret_is_written_and_names_are_as_they_are(recording: World) -> None:
    context, known = recording.context(), "what-this-invocation-knows-to-be-secret"
    context.redactor.add(known)
    store, web_token = Store(context, PLACE, IMAGE), given.WEB_TOKEN
    named = {**THERE, "objectName": f"{web_token}/{known}"}
    errors = [{"code": "c", "message": f"see /p/{'x' * 30}/n/a/b/c"}]
    image = {"displayName": web_token, "note": web_token}
    store.add(export(destination=named, errors=errors), image)
    written = recording.record(IMAGE)
    assert written["exports"][0]["destination"] == named
    assert written["exports"][0]["errors"][0]["message"] == "see /p/***/n/a/b/c"
    assert written["image"] == {"displayName": web_token, "note": "***"}


def test_an_image_over_512_kib_is_left_out_with_a_warning(recording: World, store: Store) -> None:
    store.add(export(), {"note": "x" * (512 * KIB - 30)})
    assert recording.record(IMAGE)["image"]
    put(recording, {"imageId": IMAGE})
    store.read()
    store.add(export(0), {"note": "x" * 512 * KIB})
    assert recording.record(IMAGE)["image"] is None
    assert given.lines(recording, "WARNING") == ["the image is too large for its record"]


def test_a_deleted_pre_authenticated_request_is_recorded_no_more_with_any_of_its_exports(
    recording: World, store: Store
) -> None:
    for number, par_id in ((2, "par-1"), (3, "par-2"), (4, "par-1")):
        store.add(export(number, preauthenticatedRequestId=par_id))
    store.add(export(2, **ENDED), deleted_par_id="par-1")
    recorded = recording.record(IMAGE)["exports"]
    assert [each["preauthenticatedRequestId"] for each in recorded] == [None, "par-2", None]


def test_the_newest_attempt_stays_in_a_full_record(recording: World, store: Store) -> None:
    attempt = export(99, destination={**THERE, "namespaceName": NAMESPACE, "bucketName": BUCKET})
    put(recording, {"imageId": IMAGE, "exports": [*map(export, range(1, 50)), attempt]})
    store.add(export(0))
    assert len(stored(recording)) == 50
    assert stored(recording)[-2:] == ["w48", "w99"]
