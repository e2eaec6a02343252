"""Exports with a record: what it knows is not begun again, and what was accepted is written down."""

import json
from dataclasses import replace
from typing import Any

import pytest

from handlers.destinations import Place
from handlers.errors import ServiceRefusal
from handlers.operations.export_image import recorded, retry_token
from handlers.operations.export_image.attempt import Accepted, Export
from tests.fakes import (
    BUCKET,
    CALL_ID,
    IMAGE_ID,
    NAMESPACE,
    PAR_TOKEN,
    FakeServices,
    context,
    image,
    refusal,
)
from tests.unit.examples import (
    ALWAYS,
    BY_ANYBODY,
    PLACE,
    TOKEN,
    export,
    export_of_call,
    export_of_event,
    invalid_bucket_name,
    later,
    no_answer,
    token_was_used,
)

RECORDS = Place(NAMESPACE, BUCKET, ("records",))
RECORD = f"{NAMESPACE}/{BUCKET}/records/{IMAGE_ID}.json"
HOURS = 3600.0
EARLIER = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaaearlier"


def start(services: FakeServices, asked: Export | None = None) -> Accepted:
    return recorded.start(asked or export(), RECORDS, context(services, deadline=later(365 * 24 * HOURS)))


def record(services: FakeServices) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(services.object_storage.objects[RECORD][0])
    return document


def entry(**fields: Any) -> dict[str, Any]:
    """A recorded export: that of ``export()``, unless its fields say otherwise."""
    return {
        "retryToken": TOKEN,
        "workRequestId": EARLIER,
        "destination": dict(PLACE.names),
        "exportFormat": "OCI",
        "timeAccepted": later(0),
        **fields,
    }


def write(services: FakeServices, *exports: dict[str, Any], **fields: Any) -> None:
    document = {"imageId": IMAGE_ID, "image": None, "exports": list(exports), **fields}
    services.object_storage.write(RECORD, json.dumps(document).encode())


def test_the_first_export_is_written_down_whole(services: FakeServices) -> None:
    accepted = start(services, export_of_call(export_format="VMDK"))
    assert services.operations() == ["get", "export_image", "put"]
    assert record(services) == {
        "imageId": IMAGE_ID,
        "image": {**image(), "lifecycleState": "EXPORTING"},
        "exports": [
            {
                "retryToken": TOKEN,
                "workRequestId": accepted.work_request_id,
                "destination": PLACE.names,
                "exportFormat": "VMDK",
                "trigger": {"kind": "direct", "id": CALL_ID},
                "timeAccepted": "2026-01-31T12:00:00.000Z",
                "preauthenticatedRequestId": None,
                "status": "ACCEPTED",
                "timeFinished": None,
                "errors": [],
                "object": None,
            }
        ],
    }


def test_an_export_through_the_fallback_is_written_down_with_its_requests_id_and_the_first_token(
    services: FakeServices,
) -> None:
    services.fail("export_image", invalid_bucket_name())
    start(services)
    (written,) = record(services)["exports"]
    assert written["preauthenticatedRequestId"] == services.object_storage.pars[0]
    assert (written["retryToken"], written["destination"]) == (TOKEN, PLACE.names)
    assert PAR_TOKEN not in json.dumps(record(services))


def test_an_export_stands_before_one_that_was_accepted_in_the_same_second(services: FakeServices) -> None:
    services.clock.advance(0.5)
    write(services, entry(retryToken="another", timeAccepted="2026-01-31T12:00:00.250Z"))
    accepted = start(services)
    newest, _ = record(services)["exports"]
    assert newest["workRequestId"] == accepted.work_request_id
    assert record(services)["image"]["lifecycleState"] == "EXPORTING"


@BY_ANYBODY
def test_a_recorded_request_is_not_exported_again(services: FakeServices, asked: Export) -> None:
    write(services, entry())
    accepted = start(services, asked)
    assert (accepted.work_request_id, accepted.token_was_used) == (EARLIER, False)
    assert "record" in accepted.how
    # A caller waits for the image, an event does not.
    assert services.operations() == (["get"] if asked.created else ["get", "get_image"])
    assert record(services)["exports"] == [entry()]


@pytest.mark.parametrize(
    ("recorded_image", "answered"), [({"id": IMAGE_ID, "kept": 1}, {"id": IMAGE_ID, "kept": 1}), (None, None)]
)
def test_where_the_image_is_gone_the_records_is_answered(
    services: FakeServices, recorded_image: dict[str, Any] | None, answered: dict[str, Any] | None
) -> None:
    write(services, entry(), image=recorded_image)
    services.compute.images.clear()
    found = start(services).image
    assert (found and found.document) == answered
    assert found is None or json.loads(found.body) == answered


@pytest.mark.parametrize(
    ("asked", "age", "counts"),
    [
        (export(), 24 * HOURS - 1, True),
        (export(), 24 * HOURS, False),
        (export_of_event(), 300 * 24 * HOURS, True),
        (export_of_call(), 48 * HOURS, True),
    ],
    ids=["caller's, a second before", "caller's, after a day", "event's, after months", "call's"],
)
def test_a_callers_token_counts_for_24_hours_and_any_other_without_limit(
    services: FakeServices, asked: Export, age: float, counts: bool
) -> None:
    write(services, entry())
    services.clock.advance(age)
    assert (start(services, asked).work_request_id == EARLIER) is counts
    assert (services.calls("export_image") == []) is counts


def test_a_callers_token_of_an_unknown_time_does_not_count(services: FakeServices) -> None:
    write(services, entry(timeAccepted=None))
    assert start(services).work_request_id != EARLIER


OTHERS = [
    pytest.param(export(destination=replace(PLACE, object_name="x")), id="another object"),
    pytest.param(export(destination=replace(PLACE, bucket="x")), id="another bucket"),
    pytest.param(export(export_format="VDI"), id="another format"),
]


@pytest.mark.parametrize("asked", OTHERS)
def test_a_callers_token_for_another_export_is_refused_as_at_compute(
    services: FakeServices, asked: Export
) -> None:
    write(services, entry())
    with pytest.raises(ServiceRefusal) as refused:
        start(services, asked)
    assert (refused.value.answered, refused.value.code) == (409, "InvalidatedRetryToken")
    assert not refused.value.passing
    assert services.operations() == ["get"]


@pytest.mark.parametrize("asked", OTHERS)
def test_after_24_hours_it_is_another_export(services: FakeServices, asked: Export) -> None:
    write(services, entry())
    services.clock.advance(24 * HOURS)
    accepted = start(services, asked)
    assert [export["workRequestId"] for export in record(services)["exports"]] == [
        accepted.work_request_id,
        EARLIER,
    ]


def test_an_entry_without_a_destination_is_no_proof(services: FakeServices) -> None:
    write(services, entry(destination=None))
    with pytest.raises(ServiceRefusal):
        start(services)


def test_a_token_that_was_used_is_looked_for_in_the_record_first(services: FakeServices) -> None:
    services.work_requests.add(IMAGE_ID)
    services.fail("export_image", token_was_used())
    # Another delivery writes it while this one tries.
    first_read = services.object_storage.get

    def get_then_write(*arguments: Any, **keywords: Any) -> Any:
        try:
            return first_read(*arguments, **keywords)
        finally:
            if not services.object_storage.objects:
                write(services, entry())

    services.object_storage.get = get_then_write  # type: ignore[method-assign]
    assert start(services, export_of_event()).work_request_id == EARLIER
    assert services.calls("list_work_requests") == []


@pytest.mark.parametrize(
    "other", [{"timeAccepted": later(-30 * HOURS)}, {}], ids=["of another day", "of today"]
)
def test_a_token_that_was_used_finds_no_other_export_in_the_record(
    services: FakeServices, other: dict[str, Any]
) -> None:
    services.fail("export_image", invalid_bucket_name(), token_was_used())
    services.fail("get", None if other else refusal(404, "BucketNotFound"))
    elsewhere = entry(destination={**PLACE.names, "objectName": "elsewhere.oci"}, **other)
    write(services, elsewhere)
    accepted = start(services)
    assert (accepted.token_was_used, accepted.work_request_id) == (True, None)
    written = record(services)["exports"]
    assert [each["destination"]["objectName"] for each in written] == [PLACE.object_name, "elsewhere.oci"]


def test_a_token_that_was_used_and_is_not_recorded_is_looked_up_and_written_down(
    services: FakeServices,
) -> None:
    known = services.work_requests.add(IMAGE_ID)
    services.fail("export_image", token_was_used())
    assert start(services, export_of_event()).work_request_id == known["id"]
    assert record(services)["exports"][0]["workRequestId"] == known["id"]


@pytest.mark.parametrize("operation", ["get", "put"])
def test_a_record_that_cannot_be_read_or_written_is_in_no_exports_way(
    services: FakeServices, operation: str
) -> None:
    write(services, entry(retryToken="another"))
    services.fail(operation, *[no_answer()] * ALWAYS)
    assert start(services).work_request_id == services.work_requests.known[0]["id"]
    assert record(services)["exports"] == [entry(retryToken="another")]


SECRET = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."  # noqa: S105  # opens nothing


def test_a_token_that_reads_like_a_secret_is_not_written_down_and_found_all_the_same(
    services: FakeServices,
) -> None:
    first = start(services, export(retry_token=SECRET))
    (written,) = record(services)["exports"]
    assert written["retryToken"] == retry_token.for_record(SECRET)
    assert start(services, export(retry_token=SECRET)).work_request_id == first.work_request_id
    assert len(services.calls("export_image")) == 1
    # Two such tokens are two requests.
    other = start(services, export(retry_token=SECRET.replace("J4", "J5")))
    assert other.work_request_id != first.work_request_id


def test_a_place_is_compared_as_it_was_written_down(services: FakeServices) -> None:
    def ask() -> Accepted:
        asked = context(services)
        asked.redactor.hide("golden/web 1")
        return recorded.start(export(), RECORDS, asked)

    assert ask().work_request_id == ask().work_request_id
    assert len(services.calls("export_image")) == 1
