"""The record of an image's exports: completed, never doubled, bounded; read and written in nobody's way, and
never at another writer's cost.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers import settings
from handlers.clock import rfc3339
from handlers.destinations import Place
from handlers.errors import NoAnswer
from handlers.records import Entry, Record, Store, export_entry
from tests.local.oci import Fault
from tests.unit.operations.exports import lines
from tests.unit.world import BUCKET, NAMESPACE, START, World

IMAGE = "ocid1.image.oc1.phx.aaaa"
THERE = {"namespaceName": "n", "bucketName": "b", "objectName": "o"}
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


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        pytest.param(export(retryToken="x", destination=None), True, id="the same work request"),
        pytest.param(export(workRequestId="w2"), False, id="another one under the same token"),
        pytest.param(export(workRequestId=None), True, id="the same token, and no work request"),
        pytest.param(export(workRequestId=None, retryToken="x"), False, id="another token"),
        pytest.param(export(workRequestId=None, destination={**THERE, "objectName": "x"}), False, id="place"),
        pytest.param(export(workRequestId=None, exportFormat="VHD"), False, id="another format"),
        pytest.param(export_entry(), False, id="nothing known"),
    ],
)
def test_two_entries_are_one_export_by_work_request_else_by_token_place_and_format(
    other: Entry, is_same: bool
) -> None:
    assert len(record(export()).with_export(other).exports) == (1 if is_same else 2)
    assert len(record(other).with_export(export()).exports) == (1 if is_same else 2)


def test_an_ending_and_an_entry_without_work_request_are_never_joined() -> None:
    for unknown in (export(workRequestId=None), export_entry()):
        assert len(record(unknown).with_export(ENDING).exports) == 2


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


def test_an_export_that_is_there_already_changes_nothing() -> None:
    known = record(export(1), export(2), image={"id": IMAGE})
    assert known.with_export(export(2)) == known.with_export(export(1), {"id": IMAGE}) == known


@pytest.mark.parametrize("first", [export(), ENDING], ids=["acceptance", "ending"])
def test_an_acceptance_and_its_ending_make_one_entry_whichever_is_written_first(first: Entry) -> None:
    second = ENDING if first != ENDING else export()
    [known] = record(first).with_export(second).exports
    assert known == {**export(timeAccepted=later(1)), **ENDED}


@pytest.mark.parametrize("order", [1, -1])
def test_two_entries_that_turn_out_to_be_one_become_one_with_all_their_fields(order: int) -> None:
    accepted = {**export(workRequestId=None), "tomorrow": 1}
    [known] = record(*[ENDING, accepted][::order]).with_export(export()).exports
    assert known == {**export(timeAccepted=later(1)), **ENDED, "tomorrow": 1}


def test_a_later_try_completes_and_does_not_replace_what_came_first() -> None:
    first = export(workRequestId=None, preauthenticatedRequestId="par-1")
    again = export(timeAccepted=later(9), preauthenticatedRequestId="par-2")
    assert record(first).with_export(again).exports == (export(preauthenticatedRequestId="par-1"),)


ERRORS = [{"code": "c", "message": "m"}]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "CANCELED", "A_STATUS_OF_TOMORROW"])
@pytest.mark.parametrize("newer", ["ACCEPTED", "SUCCEEDED", "FAILED", "REJECTED", "UNKNOWN"])
def test_a_final_status_never_goes_back_nor_to_another(status: str, newer: str) -> None:
    final = export(status=status, timeFinished=later(5), errors=ERRORS)
    changed = record(final).with_export(export(status=newer, timeFinished=later(9), errors=[]))
    assert changed.exports == (final,)


@pytest.mark.parametrize("status", ["REJECTED", "UNKNOWN"])
def test_what_is_not_known_for_good_gives_way_to_an_acceptance_and_to_an_ending(status: str) -> None:
    known = record(export(status=status, workRequestId=None, timeAccepted=later(-60), errors=ERRORS))
    for found in (export(), export(**ENDED)):
        assert known.with_export(found).exports == (found,)


def test_a_rejection_changes_no_export_that_is_there() -> None:
    rejected = export(status="REJECTED", workRequestId=None, errors=ERRORS)
    assert record(export()).with_export(rejected).exports == (export(),)


def test_an_accepted_export_may_become_unknown() -> None:
    assert record(export()).with_export(export(status="UNKNOWN")).exports[0]["status"] == "UNKNOWN"


def test_the_image_is_the_newest_exports() -> None:
    old, new = {"name": "old"}, {"name": "new"}
    assert record(export(2), image=old).with_export(export(1), new).image == new
    assert record(export(1), image=new).with_export(export(2), old).image == new
    assert record(export(2), image=old).with_export(export(1)).image == old
    assert record(export(1)).with_export(export(2), old).image == old


def test_an_events_export_is_found_by_the_event_whatever_a_caller_did_later() -> None:
    by_caller = export(1, retryToken="t3", trigger={"kind": "direct", "id": "event-1"})
    again, first = export(2), export(3)
    known = record(by_caller, again, first)
    assert known.of_event("event-1") is again
    assert known.of_event("event-2") is None
    assert record(export_entry()).of_event("event-1") is None
    assert known.with_work_request("w3") is first
    assert known.with_work_request(None) is record(export_entry()).with_work_request(None) is None


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


TOPIC = {"TOPIC_ID": "ocid1.onstopic.oc1..aaaa"}
SETTINGS = settings.read({**TOPIC, "EXPORT_NAMESPACE": "n", "EXPORT_BUCKET": "b"})


def test_attempts_are_the_exports_of_events_and_catch_ups_to_the_events_bucket_in_their_format() -> None:
    by_event, by_catch_up = export(2), export(3, trigger={"kind": "catch-up", "id": "x"}, status="FAILED")
    rejected = {**by_catch_up, "workRequestId": None, "status": "REJECTED"}
    others = [
        export(4, trigger=CALLER, status="SUCCEEDED"),
        export(5, destination={**THERE, "bucketName": "x"}, status="SUCCEEDED"),
        export(6, exportFormat="VHD", status="SUCCEEDED"),
        export(7, destination=None),
        export(8, trigger=None),
    ]
    known = record(by_event, by_catch_up, rejected, *others)
    assert known.attempts(SETTINGS) == [by_event, by_catch_up]
    assert known.attempts(SETTINGS, with_rejections=True) == [by_event, by_catch_up, rejected]
    assert known.attempts(settings.read(TOPIC)) == []
    # Whoever asked for it, an export that is there is there.
    assert known.has_succeeded(SETTINGS)
    assert not record(*others[1:]).has_succeeded(SETTINGS)


def test_at_most_fifty_are_kept() -> None:
    many = record(*map(export, range(50)))
    assert many.fitted(None)[0] is many
    fitted, text = many.with_export(export(50)).fitted(None)
    assert numbers(fitted) == numbers(many)
    assert json.loads(text) == fitted.document


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
        assert len(full.exports) == 51
        fitted, _ = full.fitted(None)
        [gone] = [each for each in full.exports if each not in fitted.exports]
        assert gone == leaving.pop(0)


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
    assert Record.read({"imageId": IMAGE, "exports": [{}]}, IMAGE).exports == (export_entry(),)
    assert Record.read({"imageId": IMAGE, "exports": None}, IMAGE).exports == ()
    assert Record.read({"imageId": IMAGE, "exports": [{"status": None}]}, IMAGE).exports == (export_entry(),)


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (None, "it"),
        ([], "it"),
        ({}, "imageId"),
        ({"imageId": 7}, "imageId"),
        ({"imageId": IMAGE, "exports": {}}, "exports"),
        ({"imageId": IMAGE, "image": []}, "image"),
        ({"imageId": IMAGE, "exports": [{}, None]}, "exports"),
        ({"imageId": IMAGE, "exports": [{"status": 1}]}, "exports.status"),
        ({"imageId": IMAGE, "exports": [{"destination": {}}]}, "exports.destination.bucketName"),
        ({"imageId": IMAGE, "exports": [{"trigger": {"kind": "event"}}]}, "exports.trigger.id"),
        ({"imageId": IMAGE, "exports": [{"errors": [{"code": "c"}]}]}, "exports.errors.message"),
        ({"imageId": IMAGE, "exports": [{"object": {"sizeInBytes": True}}]}, "exports.object.sizeInBytes"),
    ],
)
def test_a_known_field_of_another_type_is_named_as_wrong(document: object, where: str) -> None:
    with pytest.raises(NoAnswer, match=f"see {where}[.,]"):
        Record.read(document, IMAGE)


def test_another_images_record_is_none() -> None:
    with pytest.raises(NoAnswer, match="another image's"):
        Record.read({"imageId": "x"}, IMAGE)


# Reading and writing it.

PLACE = Place(NAMESPACE, BUCKET, ("records",))
OLD = {"imageId": IMAGE, "edition": 4, "exports": [export(9)]}
OVERTAKEN = [
    {"status": 412, "code": "IfMatchFailed"},
    {"status": 409, "code": "ConcurrentObjectUpdate"},
]
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


@pytest.mark.parametrize("times", [1, 3])
def test_where_somebody_else_wrote_meanwhile_both_are_in_it(
    recording: World, store: Store, times: int
) -> None:
    store.read()
    others = list(map(export, range(2, 2 + times)))

    def write(_: object) -> None:
        if others:
            put(recording, {**OLD, "exports": [others.pop(), *(recording.record(IMAGE) or OLD)["exports"]]})

    recording.cloud.on("PutObject", "received", write)
    store.add(export())
    assert stored(recording) == ["w1", *(f"w{number}" for number in range(2, 2 + times)), "w9"]
    assert lines(recording, "ERROR") == []


def of_another_writer(
    recording: World, refused: dict[str, Any], operation: str, act: Callable[[], Any]
) -> None:
    recording.cloud.faults.add(Fault(operation, **refused, times=3))
    before = recording.clock.monotonic()
    act()
    assert len(recording.calls(operation)) == 4
    assert recording.clock.monotonic() > before
    assert lines(recording, "ERROR") == []


@pytest.mark.parametrize("refused", OVERTAKEN, ids=lambda refused: refused["code"])
def test_an_update_at_the_same_time_is_a_pause_and_another_try(
    recording: World, store: Store, refused: dict[str, Any]
) -> None:
    of_another_writer(recording, refused, "GetObject", store.read)
    of_another_writer(recording, refused, "PutObject", lambda: store.add(export()))
    assert stored(recording) == ["w1"]


@pytest.mark.parametrize("refused", OVERTAKEN, ids=lambda refused: refused["code"])
def test_a_record_that_others_keep_writing_is_given_up_when_its_time_is_over(
    recording: World, store: Store, refused: dict[str, Any]
) -> None:
    store.read()
    recording.cloud.faults.add(Fault("PutObject", **refused, times=None))
    store.add(export())
    [line] = lines(recording, "ERROR")
    assert line.startswith("the record can't be written: 4")
    # With pauses between: a few dozen writes, not hundreds.
    assert 3 < len(recording.calls("PutObject")) < 40


def test_a_write_whose_answer_is_lost_is_in_it_once(recording: World, store: Store) -> None:
    store.read()
    recording.cloud.faults.add(Fault("PutObject", drop="after"))
    store.add(export())
    assert stored(recording) == ["w1"]
    assert len(recording.cloud.buckets.written) == 1


def test_without_the_new_etag_the_next_write_reads_it(recording: World, store: Store) -> None:
    store.read()
    recording.cloud.faults.add(Fault("PutObject", without_headers=("etag",)))
    store.add(export())
    store.add(export(0))
    assert stored(recording) == ["w0", "w1"]


@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b"null", {"imageId": "another"}, {"imageId": IMAGE, "exports": 7}], ids=str
)
def test_what_cannot_be_read_is_never_overwritten(recording: World, store: Store, body: object) -> None:
    put(recording, body)
    assert store.read() is None
    store.add(export())
    assert recording.calls("PutObject") == []
    assert [line.split(":")[0] for line in lines(recording, "ERROR")] == [
        "the record can't be read",
        "the record can't be written",
    ]


@pytest.mark.parametrize(
    "odd", [{"body": b"<html></html>", "status": 200}, {"without_headers": ("etag",)}], ids=str
)
def test_an_answer_that_is_no_record_is_asked_for_once_more(
    recording: World, store: Store, odd: dict[str, Any]
) -> None:
    put(recording, OLD)
    recording.cloud.faults.add(Fault("GetObject", **odd))
    record = store.read()
    assert record is not None
    assert [entry["workRequestId"] for entry in record.exports] == ["w9"]
    assert lines(recording, "ERROR") == []


def test_a_record_without_an_etag_is_not_overwritten(recording: World, store: Store) -> None:
    put(recording, OLD)
    recording.cloud.faults.add(Fault("GetObject", without_headers=("etag",), times=None))
    assert store.read() is None
    store.add(export())
    assert recording.calls("PutObject") == []


@pytest.mark.parametrize(
    "fault",
    [
        LASTING,
        {"status": 409, "code": "ObjectNotFound"},
        {"drop": "before"},
    ],
    ids=str,
)
def test_any_other_failure_is_no_empty_record(recording: World, store: Store, fault: dict[str, Any]) -> None:
    recording.cloud.faults.add(Fault("GetObject", **fault, times=None))
    assert store.read() is None
    [line] = lines(recording, "ERROR")
    assert line.startswith(f"the record can't be read: {fault.get('status', 503)} ")
    assert (len(recording.calls("GetObject")) == 1) is ("status" in fault)


def test_what_could_not_be_read_at_first_is_read_again_before_writing(recording: World, store: Store) -> None:
    put(recording, OLD)
    recording.cloud.faults.add(Fault("GetObject", **LASTING))
    assert store.read() is None
    store.add(export())
    assert stored(recording) == ["w1", "w9"]


def test_a_lasting_refusal_of_the_write_is_an_error_in_the_log(recording: World, store: Store) -> None:
    recording.cloud.faults.add(Fault("PutObject", **LASTING))
    store.add(export())
    [line] = lines(recording, "ERROR")
    assert line.startswith("the record can't be written: 404 BucketNotFound")


def test_nothing_secret_is_written_and_names_are_as_they_are(recording: World, store: Store) -> None:
    web_token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."  # noqa: S105  # opens nothing
    named = {**THERE, "objectName": web_token}
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
    assert lines(recording, "WARNING") == ["the image is too large for its record"]


def test_a_deleted_pre_authenticated_request_is_recorded_no_more_with_any_of_its_exports(
    recording: World, store: Store
) -> None:
    store.add(export(2, preauthenticatedRequestId="par-1"))
    store.add(export(3, preauthenticatedRequestId="par-2"))
    store.add(export(2, **ENDED), deleted_par_id="par-1")
    assert [each["preauthenticatedRequestId"] for each in recording.record(IMAGE)["exports"]] == [
        None,
        "par-2",
    ]


def test_the_newest_attempt_stays_in_a_full_record(recording: World, store: Store) -> None:
    attempt = export(99, destination={**THERE, "namespaceName": NAMESPACE, "bucketName": BUCKET})
    put(recording, {"imageId": IMAGE, "exports": [*map(export, range(1, 50)), attempt]})
    store.add(export(0))
    assert len(stored(recording)) == 50
    assert stored(recording)[-2:] == ["w48", "w99"]
