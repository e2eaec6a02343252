"""The record of an image's exports: entries are completed, never doubled; what is not known here is kept."""

from typing import Any

import pytest
from pydantic import ValidationError

from handlers.records import MOST_EXPORTS, Record, RecordedExport, RecordedPlace
from tests.fakes import IMAGE_ID
from tests.unit.examples import later, moment


def entry(**fields: Any) -> RecordedExport:
    return RecordedExport.model_validate(fields)


def record(*exports: RecordedExport, image: dict[str, Any] | None = None) -> Record:
    return Record(image_id=IMAGE_ID, image=image, exports=list(exports))


A = entry(retryToken="a", workRequestId="wa", timeAccepted=later(0), exportFormat="OCI")
B = entry(retryToken="b", workRequestId="wb", timeAccepted=later(60))
ENDED = {"status": "SUCCEEDED", "timeFinished": later(90), "object": {"sizeInBytes": 1}}


def exports_of(changed: Record) -> list[dict[str, Any]]:
    return [export.model_dump(by_alias=True, exclude_defaults=True) for export in changed.exports]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"workRequestId": "w"}, {"workRequestId": "w"}, True, id="work request"),
        pytest.param({"workRequestId": "w"}, {"workRequestId": "v"}, False, id="two work requests"),
        pytest.param({"retryToken": "t"}, {"retryToken": "t", "workRequestId": "w"}, True, id="token"),
        pytest.param(
            {"retryToken": "t", "workRequestId": "w"},
            {"retryToken": "t", "workRequestId": "v"},
            False,
            id="one token, used again after a day",
        ),
        pytest.param({"retryToken": "t"}, {"retryToken": "u"}, False, id="two tokens"),
        pytest.param({}, {}, False, id="nothing known"),
        pytest.param({"workRequestId": "w"}, {"retryToken": "t"}, False, id="nothing in common"),
    ],
)
def test_two_entries_are_one_export_by_work_request_or_token(
    one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    assert entry(**one).is_same(entry(**other)) is same
    assert entry(**other).is_same(entry(**one)) is same


@pytest.mark.parametrize(
    "other",
    [
        {"time_accepted": "2026-02-01T12:00:00Z"},
        {"destination": RecordedPlace(namespace_name="n", bucket_name="b", object_name="another")},
    ],
    ids=["after a day", "for another place"],
)
def test_a_token_that_comes_again_may_be_another_export(other: dict[str, Any]) -> None:
    place = RecordedPlace(namespace_name="n", bucket_name="b", object_name="o")
    first = RecordedExport(retry_token="t", destination=place, time_accepted="2026-01-31T12:00:00Z")  # noqa: S106
    second = first.model_copy(update={"work_request_id": "w", **other})
    assert len(Record(image_id="i").with_export(first).with_export(second).exports) == 2
    assert len(Record(image_id="i").with_export(first).with_export(first).exports) == 1


def test_the_newest_export_comes_first() -> None:
    assert record(A).with_export(B).exports == record(B).with_export(A).exports == [B, A]
    undated = entry(retryToken="c")
    assert record(undated).with_export(A).exports == [A, undated]


def test_an_export_that_is_there_already_changes_nothing() -> None:
    known = record(B, A, image={"id": IMAGE_ID})
    assert known.with_export(A) == known
    assert known.with_export(B, {"id": IMAGE_ID}) == known


def test_an_ending_completes_its_export() -> None:
    (export,) = exports_of(record(A).with_export(entry(workRequestId="wa", timeAccepted=later(1), **ENDED)))
    assert export == {
        "retryToken": "a",
        "workRequestId": "wa",
        "exportFormat": "OCI",
        "timeAccepted": later(1),
        **ENDED,
    }


def test_an_ending_that_no_entry_knows_adds_one_which_a_late_writer_completes() -> None:
    ending = entry(workRequestId="wa", timeAccepted=later(1), **ENDED)
    (export,) = exports_of(record().with_export(ending).with_export(A))
    assert export == {
        "retryToken": "a",
        "workRequestId": "wa",
        "exportFormat": "OCI",
        "timeAccepted": later(1),
        **ENDED,
    }


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "CANCELED"])
def test_a_final_status_never_goes_back(status: str) -> None:
    final = entry(workRequestId="wa", retryToken="a", status=status, errors=[{"code": "c", "message": "m"}])
    (export,) = record(final).with_export(A).exports
    assert export.status == status
    assert [error.code for error in export.errors] == ["c"]


def test_a_later_try_completes_and_does_not_replace_what_came_first() -> None:
    known = entry(retryToken="a", timeAccepted=later(0), preauthenticatedRequestId="par-1")
    again = entry(retryToken="a", timeAccepted=later(9), preauthenticatedRequestId="par-2", workRequestId="w")
    (export,) = record(known).with_export(again).exports
    assert (export.time_accepted, export.preauthenticated_request_id) == (later(0), "par-1")
    assert export.work_request_id == "w"


@pytest.mark.parametrize("order", [1, -1])
def test_two_entries_that_turn_out_to_be_one_become_one_with_all_their_fields(order: int) -> None:
    accepted = entry(retryToken="a", timeAccepted=later(0), tomorrow={"of": "a later edition"})
    ended = entry(workRequestId="wa", timeAccepted=later(1), **ENDED)
    (export,) = exports_of(record(*[ended, accepted][::order]).with_export(A))
    assert export == {
        "retryToken": "a",
        "workRequestId": "wa",
        "exportFormat": "OCI",
        "timeAccepted": later(1),
        "tomorrow": {"of": "a later edition"},
        **ENDED,
    }


def test_at_most_fifty_are_kept_and_the_oldest_goes() -> None:
    many = record(
        *(entry(workRequestId=f"w{n}", timeAccepted=later(-n)) for n in range(1, MOST_EXPORTS + 1))
    ).with_export(A)
    assert len(many.exports) == MOST_EXPORTS == 50
    assert many.exports[0] == A
    assert many.with_work_request("w50") is None
    assert many.with_work_request("w49")


def test_the_image_is_the_newest_exports() -> None:
    old, new = {"name": "old"}, {"name": "new"}
    assert record(A, image=old).with_export(B, new).image == new
    assert record(B, image=new).with_export(A, old).image == new
    assert record(A, image=old).with_export(B).image == old
    assert record(B).with_export(A, old).image == old


def test_an_export_is_found_by_token_and_by_work_request() -> None:
    again = entry(retryToken="a", workRequestId="wc", timeAccepted=later(90))
    known = record(again, B, A)
    assert known.with_token("a") is again
    assert known.with_token("x") is None
    assert known.with_work_request("wa") == A
    assert known.with_work_request("x") is None


def test_what_was_accepted_until_then_is_listed_newest_first() -> None:
    known = record(entry(retryToken="c", timeAccepted=later(30)), B, A, entry(workRequestId="undated"))
    assert list(known.accepted_before(None)) == [(moment(60), "wb"), (moment(0), "wa")]
    assert list(known.accepted_before(moment(59))) == [(moment(0), "wa")]
    assert list(known.accepted_before(moment(60))) == list(known.accepted_before(None))
    assert list(known.accepted_before(moment(-1))) == []


LATER = {
    "imageId": IMAGE_ID,
    "edition": 2,
    "exports": [
        {
            "workRequestId": "w",
            "tomorrow": 1,
            "destination": {"namespaceName": "n", "bucketName": "b", "objectName": "o", "region": "r"},
            "trigger": {"kind": "event", "id": "e", "by": "x"},
            "errors": [{"code": "c", "message": "m", "at": "t"}],
            "object": {"sizeInBytes": 1, "tier": "Archive"},
        }
    ],
}


def test_fields_of_a_later_edition_are_kept_at_every_level() -> None:
    written = Record.model_validate(LATER).with_export(B).model_dump(by_alias=True, exclude_defaults=True)
    assert written["edition"] == 2
    assert written["exports"][1] == LATER["exports"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"imageId": 7},
        {"imageId": "x", "exports": {}},
        {"imageId": "x", "exports": [{"status": None}]},
        {"imageId": "x", "exports": [{"object": {"sizeInBytes": "1"}}]},
        {"imageId": "x", "image": []},
    ],
)
def test_a_known_field_of_another_type_is_an_error(document: object) -> None:
    with pytest.raises(ValidationError):
        Record.model_validate(document)
