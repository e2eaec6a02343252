"""Exports with a record: what it knows is not begun again unless it failed, and what was accepted is written
down.
"""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from handlers.clock import rfc3339
from handlers.destinations import Destination
from handlers.errors import NotAllowed, ServiceRefusal
from handlers.operations import export_image as exports
from handlers.operations.export_image import export_image
from handlers.records import Entry, export_entry
from tests.local.oci import Fault
from tests.unit.operations import exports as given
from tests.unit.operations.exports import PLACE, TOKEN, context_of, export, operations, run
from tests.unit.world import BUCKET, EVENT_ID, RECORDS, START, World

EARLIER = "ocid1.coreservicesworkrequest.oc1.phx.earlier"
DAY = 24 * 3600.0
CALLER = {"kind": "direct", "id": "call"}
EVENT = {"kind": "event", "id": EVENT_ID}
OTHER_EVENT = {"kind": "event", "id": "event-2"}
CATCH_UP = {"kind": "catch-up", "id": "call"}


def entry(trigger: dict[str, str] = EVENT, status: str = "ACCEPTED", age: float = 0, **fields: Any) -> Entry:
    """That of ``export()``, accepted so many seconds before the test began."""
    known = {
        "retryToken": TOKEN,
        "workRequestId": EARLIER,
        "destination": PLACE.document,
        "exportFormat": "OCI",
        "trigger": trigger,
        "timeAccepted": rfc3339(START - timedelta(seconds=age)),
        "status": status,
    }
    return export_entry(**{**known, **fields})


def write(world: World, *exports: Entry, image: dict[str, Any] | None = None) -> None:
    world.write_record({"imageId": world.image["id"], "image": image, "exports": exports})


def work_requests(world: World) -> list[str]:
    return [each["workRequestId"] for each in world.record()["exports"]]


@pytest.mark.parametrize(
    ("known", "token_of", "called"),
    [
        (entry(CALLER, "FAILED", DAY - 1), "caller", ["GetObject", "GetImage"]),
        (entry(CALLER), "call", ["GetObject", "GetImage"]),
        (entry(EVENT, "SUCCEEDED", 300 * DAY), "event", ["GetObject"]),
    ],
    ids=["caller", "call", "event"],
)
def test_a_recorded_request_is_answered_and_announced_from_the_record(
    recording: World, known: Entry, token_of: str, called: list[str]
) -> None:
    """A caller's for 24 hours, an event's without limit. A caller waits for the image, an event does not."""
    write(recording, known)
    exported = run(recording, export(recording, token_of))
    assert exported.accepted.work_request_id == EARLIER
    assert operations(recording) == [*called, "PublishMessage"]
    [message] = recording.announced("accepted")
    assert (message["id"], message["data"]["trigger"]) == (f"{EARLIER}/accepted", known["trigger"])
    assert message["data"]["destination"] == PLACE.document


@pytest.mark.parametrize("image", [{"id": "x", "kept": 1}, None])
def test_where_the_image_is_gone_the_records_is_answered(
    recording: World, image: dict[str, Any] | None
) -> None:
    write(recording, entry(CALLER), image=image)
    recording.cloud.images.remove(recording.image["id"])
    found = run(recording).accepted.image
    assert (found and found.document) == image
    assert found is None or json.loads(found.body) == image


@pytest.mark.parametrize(
    "other",
    [
        {"destination": PLACE._replace(object_name="x")},
        {"destination": Destination("x", *PLACE[1:])},
        {"export_format": "VDI"},
    ],
    ids=str,
)
def test_a_callers_token_for_another_export_is_refused_as_at_compute(
    recording: World, other: dict[str, Any]
) -> None:
    recording.configure(EXPORT_RECORDS=RECORDS, ALLOWED_DESTINATIONS=f"x/{BUCKET}")
    write(recording, entry(CALLER))
    with pytest.raises(ServiceRefusal) as refused:
        run(recording, export(recording, **other))
    refusal = refused.value
    assert (refusal.answered, refusal.code, refusal.passing) == (409, "InvalidatedRetryToken", False)
    assert operations(recording) == ["GetObject"]


def test_an_entry_without_a_destination_is_no_proof(recording: World) -> None:
    write(recording, entry(CALLER, destination=None))
    with pytest.raises(ServiceRefusal, match="another destination"):
        run(recording)


def test_a_callers_token_never_stands_for_an_events_export_nor_an_events_for_a_callers(
    recording: World,
) -> None:
    write(recording, entry(EVENT, workRequestId="event's"))
    assert run(recording, export(recording)).accepted.work_request_id != "event's"
    # A caller has used that very token later, for another object.
    elsewhere = {**PLACE.document, "objectName": "elsewhere"}
    write(recording, entry(CALLER, destination=elsewhere), entry(EVENT, workRequestId="event's", age=60))
    assert run(recording, export(recording, "event")).accepted.work_request_id == "event's"


OTHER_PLACE = Destination("another", "bucket", "old-name.oci")


def test_an_event_is_known_by_its_id_after_bucket_format_and_name_have_changed(recording: World) -> None:
    known = {"destination": OTHER_PLACE.document, "exportFormat": "VHD", "retryToken": "old"}
    write(recording, entry(EVENT, workRequestId=None, **known))
    asked = export(recording, "event", retry_token="new")  # noqa: S106
    context = context_of(recording, asked)
    export_image(asked, context)
    assert recording.cloud.exports == []
    assert (context.destination, context.export_format) == (OTHER_PLACE, "VHD")
    [message] = recording.announced("accepted")
    assert message["id"] == "old/accepted"
    assert message["data"]["destination"] == OTHER_PLACE.document
    assert message["data"]["exportFormat"] == "VHD"


FAILED = ["FAILED", "CANCELED", "UNKNOWN"]


def attempts(count: int, status: str = "FAILED", trigger: dict[str, str] = EVENT) -> list[Entry]:
    """Newest first; each under its own name and token."""
    return [
        entry(
            trigger,
            status,
            age=60.0 * (count - number + 1),
            retryToken=f"t{number}",
            workRequestId=f"w{number}",
            destination={**PLACE.document, "objectName": f"attempt-{number}"},
        )
        for number in range(count, 0, -1)
    ]


ELSEWHERE: dict[str, Any] = {"destination": OTHER_PLACE.document}
NOT_BEGUN: dict[str, list[Entry]] = {
    "a catch-up's that runs": [entry(CATCH_UP)],
    "a catch-up's that has succeeded": [entry(CATCH_UP, "SUCCEEDED")],
    "another event's after its own has failed": [
        entry(OTHER_EVENT, "SUCCEEDED"),
        entry(EVENT, "FAILED", age=60, workRequestId="w1"),
    ],
}


@pytest.mark.parametrize("entries", NOT_BEGUN.values(), ids=NOT_BEGUN)
def test_what_others_exported_for_events_may_be_an_events_answer(
    recording: World, entries: list[Entry]
) -> None:
    write(recording, *entries)
    accepted = run(recording, export(recording, "event")).accepted
    assert (accepted.work_request_id, accepted.failed_as) == (EARLIER, None)
    assert recording.cloud.exports == []


@pytest.mark.parametrize("status", ["ACCEPTED", "FAILED"])
def test_a_catch_ups_attempt_is_not_begun_where_the_newest_runs_by_now(recording: World, status: str) -> None:
    write(recording, entry(EVENT, status, retryToken="newest"), entry(CATCH_UP, "SUCCEEDED", age=60))
    run(recording, export(recording, "catch-up", retry_token="next"))  # noqa: S106
    assert len(recording.cloud.exports) == (status == "FAILED")


BEGUN: dict[str, tuple[list[Entry], int]] = {
    "another event's": ([entry(OTHER_EVENT, "SUCCEEDED")], 1),
    "a catch-up's in another format": ([entry(CATCH_UP, "SUCCEEDED", exportFormat="VHD")], 1),
    "a catch-up's to another bucket": ([entry(CATCH_UP, **ELSEWHERE)], 1),
    "one to where nobody knows": ([entry(CATCH_UP, destination=None)], 1),
    "a caller's that failed": (attempts(3, trigger=CALLER), 1),
    "another event's that failed": (attempts(2, trigger=OTHER_EVENT), 3),
    "a catch-up's that failed": (attempts(2, trigger=CATCH_UP), 3),
}


@pytest.mark.parametrize(("entries", "number"), BEGUN.values(), ids=BEGUN)
def test_any_other_export_of_the_image_is_another_request_and_one_that_failed_counts_as_an_attempt(
    recording: World, entries: list[Entry], number: int
) -> None:
    write(recording, *entries)
    new = run(recording, export(recording, "event")).accepted.work_request_id
    assert work_requests(recording) == [new, *(each["workRequestId"] for each in entries)]
    token = TOKEN if number == 1 else exports.token_of_attempt(TOKEN, number)
    assert recording.cloud.exports[0].retry_token == token


@pytest.mark.parametrize("status", FAILED)
@pytest.mark.parametrize("count", [1, 2])
def test_a_failed_export_is_begun_anew_to_its_object_in_an_entry_and_under_a_token_of_its_own(
    recording: World, status: str, count: int
) -> None:
    write(recording, *attempts(count, status))
    exported = run(recording, export(recording, "event"))
    [only] = recording.cloud.exports
    assert only.retry_token == exports.token_of_attempt(TOKEN, count + 1)
    assert only.destination.object == f"attempt-{count}"
    assert exported.accepted.work_request_id == only.work_request_id
    newest, *before = recording.record()["exports"]
    assert (newest["retryToken"], newest["workRequestId"]) == (only.retry_token, only.work_request_id)
    # As exact as Compute's times, beside which it is sorted.
    assert re.fullmatch(r".{19}\.[0-9]{3}Z", newest["timeAccepted"])
    assert before == attempts(count, status)
    # Delivered again, it is that one.
    assert run(recording, export(recording, "event")).accepted.work_request_id == only.work_request_id
    assert len(recording.cloud.exports) == 1


GIVEN_UP: dict[str, list[Entry]] = {
    **{status: [entry(CATCH_UP, status), *attempts(2, status)] for status in FAILED},
    "its own to a bucket of before": [entry(EVENT, "FAILED", **ELSEWHERE)],
    "its own in a format of before": [entry(EVENT, "FAILED", exportFormat="VHD")],
}


@pytest.mark.parametrize("entries", GIVEN_UP.values(), ids=GIVEN_UP)
def test_after_three_attempts_or_where_events_no_longer_go_nothing_is_exported_or_published(
    recording: World, entries: list[Entry]
) -> None:
    write(recording, *entries)
    answer = recording.event("createimage.end")
    assert answer.document == {
        "status": "exported",
        "workRequestId": EARLIER,
        "exportStatus": entries[0]["status"],
        "eventId": EVENT_ID,
    }
    assert answer.line["message"] == "export failed before, and is not begun anew"
    assert operations(recording) == ["GetObject"]


def test_the_allow_list_is_checked_again_for_an_attempts_object(recording: World) -> None:
    [first] = attempts(1)
    write(recording, {**first, "destination": {**PLACE.document, "objectName": "records/x"}})
    with pytest.raises(NotAllowed):
        run(recording, export(recording, "event"))
    assert recording.cloud.exports == []


# Others write meanwhile.

BUSY = Fault("ExportImage", status=409, code="Conflict")


def write_meanwhile(world: World, *exports: Entry) -> None:
    """Another delivery writes the record while Compute is asked."""
    written: list[bool] = []

    def act(_: object) -> None:
        if not written:
            written.append(True)
            write(world, *exports)

    world.cloud.on("ExportImage", "received", act)


MEANWHILE = [
    *((fault, EVENT, "event") for fault in ("known issue", "busy", "token used")),
    *((fault, CATCH_UP, "catch-up") for fault in ("known issue", "busy", "token used")),
    *((fault, CALLER, "caller") for fault in ("known issue", "busy")),
]


@pytest.mark.parametrize(("fault", "trigger", "token_of"), MEANWHILE, ids=str)
def test_the_record_is_read_again_before_the_fallback_after_a_409_was_waited_for_and_where_the_token_was_used(
    recording: World, fault: str, trigger: dict[str, str], token_of: str
) -> None:
    write_meanwhile(recording, entry(trigger))
    recording.cloud.switches.refuses_tuples = fault == "known issue"
    if fault != "known issue":
        recording.cloud.faults.add(BUSY if fault == "busy" else given.TOKEN_WAS_USED)
    exported = run(recording, export(recording, token_of))
    assert exported.accepted.work_request_id == EARLIER
    assert recording.cloud.exports == []
    assert recording.calls("CreatePreauthenticatedRequest") == recording.calls("PutObject") == []
    assert work_requests(recording) == [EARLIER]


def test_through_the_fallback_too_the_record_is_read_again_and_the_unused_request_deleted(
    recording: World,
) -> None:
    recording.cloud.switches.refuses_tuples = True
    recording.cloud.on("CreatePreauthenticatedRequest", "done", lambda _: recording.cloud.faults.add(BUSY))
    recording.cloud.on("GetImage", "done", lambda _: write(recording, entry(**ELSEWHERE)))
    exported = run(recording, export(recording, "event"))
    assert exported.accepted.work_request_id == EARLIER
    assert (recording.cloud.exports, recording.cloud.buckets.live_pars) == ([], [])
    assert recording.announced()[0]["data"]["destination"] == OTHER_PLACE.document


def test_an_attempt_that_waits_keeps_its_token_and_takes_note_of_another_that_failed_meanwhile(
    recording: World,
) -> None:
    write(recording, *attempts(1))
    recording.cloud.faults.add(BUSY, BUSY)
    recording.cloud.on("GetImage", "done", lambda _: write(recording, *attempts(len(tokens()))))

    def tokens() -> list[str]:
        return [call.headers["opc-retry-token"] for call in recording.calls("ExportImage")]

    run(recording, export(recording, "event"))
    second, third = (exports.token_of_attempt(TOKEN, number) for number in (2, 3))
    assert tokens() == [second, second, third]


def test_an_attempt_that_waits_stays_one_where_the_record_cannot_be_read_any_more(recording: World) -> None:
    write(recording, *attempts(1))
    recording.cloud.faults.add(BUSY)
    unreadable = Fault("GetObject", **given.REFUSED)
    recording.cloud.on("GetImage", "done", lambda _: recording.cloud.faults.add(unreadable))
    run(recording, export(recording, "event"))
    assert recording.cloud.exports[0].retry_token == exports.token_of_attempt(TOKEN, 2)


def test_a_token_that_reads_like_a_secret_is_not_written_down_and_found_all_the_same(
    recording: World,
) -> None:
    first = run(recording, export(recording, retry_token=given.WEB_TOKEN)).accepted
    [written] = recording.record()["exports"]
    assert (len(written["retryToken"]), given.WEB_TOKEN in str(written)) == (64, False)
    again = run(recording, export(recording, retry_token=given.WEB_TOKEN)).accepted
    assert again.work_request_id == first.work_request_id
    assert len(recording.calls("ExportImage")) == 1
