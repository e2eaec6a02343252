"""Times in requests."""

from collections.abc import Mapping

from ..oci import errors
from ..oci.exchange import text
from ..oci.identifiers import seconds


def time_of(fields: Mapping[str, object], name: str) -> float:
    """A required RFC 3339 time, in seconds since the epoch. Raises ApiError 400."""
    try:
        return seconds(text(fields, name))
    except ValueError as problem:
        raise errors.invalid(name, "is not an RFC 3339 time") from problem
