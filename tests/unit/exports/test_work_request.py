"""Reading work requests, whatever else is in a list of them."""

from datetime import UTC, datetime

import pytest

from handlers.exports import work_request

EXPORT = {"operationType": "ExportImage"}


@pytest.mark.parametrize(
    "spelling", ["ExportImage", "EXPORT_IMAGE", "export-image", "export image", "exportimage"]
)
def test_an_export_is_one_however_the_operation_is_spelt(spelling: str) -> None:
    assert work_request.is_export({"operationType": spelling})


@pytest.mark.parametrize(
    "document",
    [
        {"operationType": "CreateImage"},
        {"operationType": "ExportImages"},
        {"operationType": "ReExportImage"},
        {"operationType": None},
        {},
        "ExportImage",
        None,
        [EXPORT],
    ],
)
def test_anything_else_is_no_export(document: object) -> None:
    assert not work_request.is_export(document)


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        ("SUCCEEDED", True),
        ("FAILED", True),
        ("CANCELED", True),
        ("ACCEPTED", False),
        ("IN_PROGRESS", False),
        ("CANCELING", False),
        ("A_STATUS_OF_TOMORROW", False),
        (None, False),
    ],
)
def test_only_a_known_ending_is_an_ending(status: str | None, finished: bool) -> None:
    assert work_request.is_finished({"status": status}) is finished


def test_exports_are_sorted_by_when_they_were_accepted_the_newest_first() -> None:
    older = EXPORT | {"id": "older", "timeAccepted": "2026-01-31T12:00:00Z"}
    newer = EXPORT | {"id": "newer", "timeAccepted": "2026-01-31T14:30:00+02:00"}
    undated = EXPORT | {"id": "undated"}
    other = {"operationType": "CreateImage", "timeAccepted": "2026-02-01T00:00:00Z"}
    listed = [undated, older, other, "no work request", newer]
    assert work_request.exports_newest_first(listed) == [newer, older, undated]


@pytest.mark.parametrize("document", [None, {}, {"items": [EXPORT]}, "list"])
def test_an_answer_that_is_no_list_has_no_exports(document: object) -> None:
    assert work_request.exports_newest_first(document) == []


def test_when_it_was_accepted() -> None:
    time = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert work_request.accepted({"timeAccepted": "2026-01-31T12:00:00.000Z"}) == time
    assert work_request.accepted({"timeAccepted": 1}) < time
