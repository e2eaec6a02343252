"""Reading work requests: which are image exports, when they were accepted, whether they ended."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.clock import parse_time
from handlers.services import WorkRequest

_ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def is_export(work_request: Mapping[str, Any]) -> bool:
    """Whether it exports an image; services spell operation types in more than one way."""
    spelling = "".join(filter(str.isalnum, str(work_request.get("operationType"))))
    return spelling.casefold() == "exportimage"


def has_ended(status: object) -> bool:
    """Whether a work request of that status ended, well or not. A status that is unknown is not an ending."""
    return status in _ENDED


def accepted(time: str | None) -> datetime:
    """When a work request was accepted; long ago, if it doesn't say."""
    return parse_time(time) or _LONG_AGO


def exports_newest_first(work_requests: Iterable[WorkRequest]) -> list[WorkRequest]:
    """The image exports among them that have an id, the one accepted last first."""
    exports = [entry for entry in work_requests if is_export(entry) and entry.get("id")]
    return sorted(exports, key=lambda export: accepted(export.get("timeAccepted")), reverse=True)
