"""Reading work requests, whatever else is in a list of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.operations import work_requests

EXPORT = {"operationType": "ExportImage"}


@pytest.mark.parametrize(
    "spelling", ["ExportImage", "EXPORT_IMAGE", "export-image", "export image", "exportimage"]
)
def test_an_export_is_one_however_the_operation_is_spelt(spelling: str) -> None:
    assert work_requests.is_export({"operationType": spelling})


@pytest.mark.parametrize("operation_type", ["CreateImage", "ExportImages", "ReExportImage", None, ""])
def test_anything_else_is_no_export(operation_type: object) -> None:
    assert not work_requests.is_export({"operationType": operation_type})
    assert not work_requests.is_export({})


@pytest.mark.parametrize(
    ("status", "ended"),
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
def test_only_a_known_ending_is_an_ending(status: str | None, ended: bool) -> None:
    assert work_requests.has_ended(status) is ended


def test_exports_are_sorted_by_when_they_were_accepted_the_newest_first() -> None:
    older = EXPORT | {"id": "older", "timeAccepted": "2026-01-31T12:00:00Z"}
    newer = EXPORT | {"id": "newer", "timeAccepted": "2026-01-31T14:30:00+02:00"}
    undated = EXPORT | {"id": "undated"}
    nameless = EXPORT | {"timeAccepted": "2026-02-01T00:00:00Z"}
    other = {"id": "other", "operationType": "CreateImage", "timeAccepted": "2026-02-01T00:00:00Z"}
    listed: list[Any] = [undated, older, other, nameless, newer]
    assert work_requests.exports_newest_first(listed) == [newer, older, undated]


def test_when_it_was_accepted() -> None:
    time = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert work_requests.accepted("2026-01-31T12:00:00.000Z") == time
    assert work_requests.accepted(None) < time
