"""Reading work requests: which are image exports, which is the one in question, how it ended."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.exports.clock import parse_time

FINISHED = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def is_export(work_request: object) -> bool:
    """Whether it exports an image; services spell operation types in more than one way."""
    if not isinstance(work_request, Mapping):
        return False
    spelling = "".join(filter(str.isalnum, str(work_request.get("operationType"))))
    return spelling.casefold() == "exportimage"


def is_finished(work_request: Mapping[str, Any]) -> bool:
    """Whether it ended, well or not. A status that is unknown is not an ending."""
    return work_request.get("status") in FINISHED


def exports_newest_first(work_requests: object) -> list[Mapping[str, Any]]:
    """The image exports in a list answer, the one accepted last first."""
    listed: Iterable[object] = work_requests if isinstance(work_requests, list) else ()
    exports = [entry for entry in listed if isinstance(entry, Mapping) and is_export(entry)]
    return sorted(exports, key=accepted, reverse=True)


def accepted(work_request: Mapping[str, Any]) -> datetime:
    """When it was accepted; long ago, if it doesn't say."""
    return parse_time(work_request.get("timeAccepted")) or _LONG_AGO
