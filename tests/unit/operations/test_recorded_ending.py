"""An ending with its record: where the object is, and what becomes of the record and the used request."""

import json
from typing import Any

import pytest

from handlers.errors import EndingUnknown, ExportError
from handlers.operations.announce_ending import AnnounceEnding
from tests.fakes import (
    COMPARTMENT_ID,
    IMAGE_ID,
    RECORDS,
    FakeServices,
    context,
    image,
    not_found,
)
from tests.unit.examples import ALWAYS, PLACE, TOKEN, WORK_REQUEST_ID, later, logged, moment, no_answer

RECORD = f"{RECORDS}/{IMAGE_ID}.json"
OBJECT = {
    "sizeInBytes": 4096,
    "etag": "etag-of-the-object",
    "md5": "bWQ1-1",
    "timeModified": "2026-01-31T13:00:00Z",
}


def write(services: FakeServices, *exports: dict[str, Any]) -> None:
    document = {"imageId": IMAGE_ID, "image": image(displayName="as recorded"), "exports": list(exports)}
    services.object_storage.write(RECORD, json.dumps(document).encode())


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "retryToken": TOKEN,
        "workRequestId": WORK_REQUEST_ID,
        "destination": dict(PLACE.names),
        "exportFormat": "VMDK",
        "trigger": {"kind": "gateway", "id": "the-first-call"},
        "timeAccepted": later(0),
        **fields,
    }


def exports(services: FakeServices) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(services.object_storage.objects[RECORD][0])["exports"]
    return listed


def announce(services: FakeServices, time: float | None = None, **configuration: str) -> dict[str, Any]:
    """The data of the announced ending."""
    before = len(services.notifications.events)
    asked = AnnounceEnding(IMAGE_ID, None, COMPARTMENT_ID, None if time is None else moment(time))
    asked.run(context(services, kind="event", **{"EXPORT_RECORDS": RECORDS, **configuration}))
    (event,) = services.notifications.events[before:]
    data: dict[str, Any] = event["data"]
    return data


def add(services: FakeServices, status: str = "SUCCEEDED", **fields: Any) -> None:
    given = {"id": WORK_REQUEST_ID, "timeAccepted": later(1), "timeFinished": later(60), **fields}
    services.work_requests.add(IMAGE_ID, status, **given)


def test_a_success_is_announced_with_all_that_the_record_and_the_object_tell(services: FakeServices) -> None:
    add(services)
    write(services, entry())
    data = announce(services)
    assert (data["destination"], data["exportFormat"]) == (PLACE.names, "VMDK")
    assert data["trigger"] == {"kind": "gateway", "id": "the-first-call"}
    assert (data["object"], data["imageName"]) == (OBJECT, "as recorded")
    assert services.operations() == [
        "get",
        "list_work_requests",
        "get_work_request",
        "head",
        "put",
        "publish",
    ]


def test_the_ending_is_written_down(services: FakeServices) -> None:
    add(services)
    write(services, entry())
    announce(services)
    assert exports(services) == [
        entry(
            preauthenticatedRequestId=None,
            timeAccepted=later(1),
            status="SUCCEEDED",
            timeFinished=later(60),
            errors=[],
            object=OBJECT,
        )
    ]


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_failure_is_written_down_with_its_errors_and_no_object(services: FakeServices, status: str) -> None:
    add(services, status)
    write(services, entry())
    services.work_requests.its_errors[WORK_REQUEST_ID] = [{"code": "C", "message": "M"}]
    data = announce(services)
    assert "object" not in data
    assert data["destination"] == PLACE.names
    (written,) = exports(services)
    assert (written["status"], written["errors"]) == (status, [{"code": "C", "message": "M"}])
    assert services.calls("head") == []


def test_an_ending_that_no_entry_knows_adds_one(services: FakeServices) -> None:
    add(services)
    data = announce(services)
    assert [data[key] for key in ("destination", "exportFormat", "trigger", "object", "imageName")] == [
        None
    ] * 5
    (written,) = exports(services)
    assert (written["workRequestId"], written["status"]) == (WORK_REQUEST_ID, "SUCCEEDED")


@pytest.mark.parametrize(
    "failure", [not_found("Object Storage"), no_answer()], ids=lambda failure: failure.code
)
def test_an_object_that_cannot_be_looked_at_is_null_with_a_warning(
    services: FakeServices, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    add(services)
    write(services, entry())
    services.fail("head", *[failure] * ALWAYS)
    assert announce(services)["object"] is None
    (line,) = logged(caplog, "WARNING")
    assert line.startswith("the exported object can't be looked at: ")


NOT_LISTED = pytest.mark.parametrize("listed", ["none", "refused"])


@NOT_LISTED
def test_where_none_is_listed_the_records_newest_before_the_event_is_looked_up(
    services: FakeServices, listed: str
) -> None:
    add(services, compartmentId="moved")
    write(
        services,
        entry(workRequestId="after", timeAccepted=later(90)),
        entry(workRequestId=None, timeAccepted=later(60)),
        entry(),
    )
    services.fail("list_work_requests", *([not_found()] * ALWAYS if listed == "refused" else []))
    assert announce(services, time=70)["workRequestId"] == WORK_REQUEST_ID


def test_a_list_that_lags_behind_the_record_is_not_believed(services: FakeServices) -> None:
    add(services, id="an-earlier-export", timeAccepted=later(-600))
    add(services, compartmentId="not yet listed")
    write(services, entry())
    assert announce(services)["workRequestId"] == WORK_REQUEST_ID


def test_when_a_listed_export_was_accepted_the_list_tells(services: FakeServices) -> None:
    # An event that came again may have written down when it came.
    write(services, entry(timeAccepted=later(40)))
    add(services, timeAccepted=later(0))
    add(services, id="ocid1.coreservicesworkrequest.oc1..newer", timeAccepted=later(30))
    assert announce(services, time=60)["workRequestId"] == "ocid1.coreservicesworkrequest.oc1..newer"


def test_an_export_that_the_record_does_not_know_may_be_the_newest(services: FakeServices) -> None:
    add(services, id="by somebody else", timeAccepted=later(600))
    write(services, entry())
    data = announce(services)
    assert (data["workRequestId"], data["destination"]) == ("by somebody else", None)


def test_without_any_export_before_the_event_the_invocation_fails(services: FakeServices) -> None:
    write(services, entry())
    with pytest.raises(EndingUnknown):
        announce(services, time=-1)


@pytest.mark.parametrize("operation", ["get", "put"])
def test_a_record_that_cannot_be_read_or_written_is_in_no_announcements_way(
    services: FakeServices, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    add(services)
    write(services, entry())
    services.fail(operation, *[no_answer()] * ALWAYS)
    assert announce(services)["destination"] == (PLACE.names if operation == "put" else None)
    assert logged(caplog, "ERROR")


def test_a_recorded_name_that_is_no_text_is_none(services: FakeServices) -> None:
    add(services)
    document = {"imageId": IMAGE_ID, "image": {"displayName": 7}, "exports": [entry()]}
    services.object_storage.write(RECORD, json.dumps(document).encode())
    assert announce(services)["imageName"] is None


def with_par(services: FakeServices, **fields: Any) -> None:
    add(services, **fields)
    services.object_storage.pars.append("par-1")
    write(services, entry(preauthenticatedRequestId="par-1"))


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_the_used_request_is_deleted_at_the_ending(services: FakeServices, status: str) -> None:
    with_par(services, status=status)
    announce(services)
    assert services.object_storage.pars == []
    assert services.calls("delete_par")[0].arguments == {"place": PLACE, "par_id": "par-1"}
    assert exports(services)[0]["preauthenticatedRequestId"] is None


def test_it_is_deleted_only_where_exports_are_allowed_still(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    with_par(services)
    announce(services, EXPORT_BUCKET="another")
    assert services.calls("delete_par") == []
    assert exports(services)[0]["preauthenticatedRequestId"] == "par-1"
    assert "a pre-authenticated request was not deleted" in logged(caplog, "WARNING")[0]


def test_a_deletion_that_fails_is_a_warning_and_tried_again_by_the_next_delivery(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    with_par(services)
    services.fail("delete_par", not_found("Object Storage"))
    announce(services)
    assert exports(services)[0]["preauthenticatedRequestId"] == "par-1"
    assert len(logged(caplog, "WARNING")) == 1
    announce(services)
    assert exports(services)[0]["preauthenticatedRequestId"] is None


def test_another_exports_request_stays(services: FakeServices) -> None:
    with_par(services)
    other = entry(workRequestId="another", retryToken="b", preauthenticatedRequestId="par-2")
    write(services, entry(preauthenticatedRequestId="par-1"), {**other, "timeAccepted": later(-9)})
    announce(services)
    kept = [export["preauthenticatedRequestId"] for export in exports(services)]
    assert (kept, len(services.calls("delete_par"))) == ([None, "par-2"], 1)


def test_looking_and_deleting_leave_time_for_the_announcement(services: FakeServices) -> None:
    with_par(services)
    for operation in ("head", "delete_par"):
        services.take(operation, 1000.0)
    assert announce(services)["object"] is None
    (call,) = services.calls("publish")
    assert call.until - services.clock.monotonic() > 1.0
