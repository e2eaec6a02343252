"""A record is read and written in nobody's way, and never at another writer's cost."""

import json
from typing import Any

import pytest

from handlers.destinations import Place
from handlers.errors import ExportError
from handlers.records import Record, RecordedExport
from handlers.records.store import Store
from tests.fakes import BUCKET, IMAGE_ID, NAMESPACE, FakeServices, context, not_found, refusal
from tests.unit.examples import ALWAYS, logged, no_answer, throttled

PLACE = Place(NAMESPACE, BUCKET, ("all", "records"))
NAME = f"{NAMESPACE}/{BUCKET}/all/records/{IMAGE_ID}.json"
NEW = RecordedExport.model_validate({"retryToken": "new", "workRequestId": "w-new"})
OLD = {"imageId": IMAGE_ID, "edition": 2, "exports": [{"workRequestId": "w-old"}]}


@pytest.fixture
def store(services: FakeServices) -> Store:
    return Store(context(services), PLACE, IMAGE_ID)


def put(services: FakeServices, document: object) -> None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    services.object_storage.write(NAME, body)


def stored(services: FakeServices) -> Any:
    return json.loads(services.object_storage.objects[NAME][0])


def work_requests(services: FakeServices) -> list[str]:
    return [export["workRequestId"] for export in stored(services)["exports"]]


def add(record: Record) -> Record:
    return record.with_export(NEW)


def test_no_record_yet_is_an_empty_one_which_is_written_on_condition_that_there_is_none(
    services: FakeServices, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    assert store.read() == Record(image_id=IMAGE_ID)
    store.write(add)
    assert work_requests(services) == ["w-new"]
    assert services.calls("put")[0].arguments["if_match"] is None
    assert services.object_storage.objects[NAME][0].startswith(b'{\n  "imageId": ')
    assert caplog.records == []


def test_a_record_is_read_completed_and_written_on_condition_that_nobody_wrote_meanwhile(
    services: FakeServices, store: Store
) -> None:
    put(services, OLD)
    read = store.read()
    assert read is not None
    assert read.with_work_request("w-old")
    store.write(add)
    assert (stored(services)["edition"], work_requests(services)) == (2, ["w-new", "w-old"])
    assert services.calls("put")[0].arguments["if_match"] == "etag-1"


def test_records_of_a_whole_bucket_have_no_prefix(services: FakeServices) -> None:
    Store(context(services), Place("ns", "b"), IMAGE_ID).read()
    assert str(services.calls("get")[0].arguments["place"]) == f"ns/b/{IMAGE_ID}.json"


def test_what_changes_nothing_is_not_written(services: FakeServices, store: Store) -> None:
    put(services, OLD)
    store.read()
    store.write(lambda record: record)
    assert services.calls("put") == []


@pytest.mark.parametrize("times", [1, 3])
def test_where_somebody_else_wrote_meanwhile_both_are_in_it(
    services: FakeServices, store: Store, times: int
) -> None:
    store.read()
    others = iter(range(times))

    def add_while_others_write(record: Record) -> Record:
        if (number := next(others, None)) is not None:
            exports = [{"workRequestId": f"w-{other}"} for other in range(number + 1)]
            put(services, {**OLD, "exports": exports})
        return add(record)

    store.write(add_while_others_write)
    assert work_requests(services) == ["w-new", *(f"w-{number}" for number in range(times))]


def test_a_write_whose_answer_is_lost_is_in_it_once(services: FakeServices, store: Store) -> None:
    store.read()
    services.lose_answer("put")
    store.write(add)
    assert work_requests(services) == ["w-new"]
    assert services.object_storage.writes == 1


UNREADABLE = [b"", b"no JSON", b"[]", b"null", {"imageId": "another"}, {"imageId": IMAGE_ID, "exports": 7}]


@pytest.mark.parametrize("body", UNREADABLE, ids=str)
def test_what_cannot_be_read_is_never_overwritten(
    services: FakeServices, store: Store, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    put(services, body)
    before = services.object_storage.objects[NAME]
    assert store.read() is None
    store.write(add)
    assert services.object_storage.objects[NAME] == before
    assert [line.split(":")[0] for line in logged(caplog, "ERROR")] == [
        "the record can't be read",
        "the record can't be written",
    ]


def test_a_record_without_an_etag_is_not_overwritten(services: FakeServices, store: Store) -> None:
    services.object_storage.objects[NAME] = (json.dumps(OLD).encode(), None)  # type: ignore[assignment]
    assert store.read() is None
    store.write(add)
    assert services.calls("put") == []


@pytest.mark.parametrize(
    "failure",
    [
        refusal(404, "BucketNotFound"),
        not_found("Object Storage"),
        refusal(403, "NotAllowed"),
        refusal(409, "ObjectNotFound"),
        no_answer(),
    ],
    ids=lambda failure: failure.code,
)
def test_any_other_failure_is_no_empty_record(
    services: FakeServices, store: Store, failure: ExportError, caplog: pytest.LogCaptureFixture
) -> None:
    services.fail("get", *[failure] * ALWAYS)
    assert store.read() is None
    (line,) = logged(caplog, "ERROR")
    assert line.startswith(f"the record can't be read: {failure.status} {failure.code}")


def test_reading_and_writing_are_tried_again(services: FakeServices, store: Store) -> None:
    services.fail("get", throttled(), no_answer())
    services.fail("put", throttled(), no_answer())
    assert store.read() is not None
    store.write(add)
    assert work_requests(services) == ["w-new"]


def test_what_could_not_be_read_at_first_is_read_again_before_writing(
    services: FakeServices, store: Store
) -> None:
    put(services, OLD)
    services.fail("get", refusal(403, "NotAllowed"))
    assert store.read() is None
    store.write(add)
    assert work_requests(services) == ["w-new", "w-old"]


def test_a_lasting_refusal_of_the_write_is_an_error_in_the_log(
    services: FakeServices, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.read()
    services.fail("put", refusal(403, "NotAllowed"))
    store.write(add)
    (line,) = logged(caplog, "ERROR")
    assert line.startswith("the record can't be written: 403 NotAllowed")


def test_reading_leaves_time_for_the_export_and_writing_for_the_announcement(
    services: FakeServices,
) -> None:
    asked = context(services)
    budget, began = asked.retries.budget, services.clock.monotonic()
    store = Store(asked, PLACE, IMAGE_ID)
    services.take("get", 1000.0)
    store.read()
    assert services.clock.monotonic() - began <= (budget.announcement - began) * 0.25
    before = services.clock.monotonic()
    store.write(add)
    assert services.clock.monotonic() - before <= (budget.announcement - before) * 0.5


def test_a_record_that_others_keep_writing_is_given_up(
    services: FakeServices, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.read()
    services.take("put", 1.0)
    services.fail("put", *[refusal(412, "IfMatchFailed")] * 200)
    store.write(add)
    assert len(logged(caplog, "ERROR")) == 1
