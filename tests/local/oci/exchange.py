"""One request as a service sees it, and its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import errors
from .faults import Fault
from .principals import ANYBODY, Principal


@dataclass(frozen=True)
class Received:
    """A routed and authenticated request; `params` are percent-decoded once, header names are lower-case."""

    operation: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    caller: Principal = ANYBODY

    def json(self) -> dict[str, object]:
        """The body as an object. Raises ApiError: 415 or 400 `CannotParseRequest`."""
        if self.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise errors.unsupported_media_type()
        try:
            value = json.loads(
                self.body.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_number
            )
        except (ValueError, RecursionError) as problem:
            raise errors.cannot_parse("The body is not valid JSON") from problem
        if not isinstance(value, dict):
            raise errors.cannot_parse("The body is not a JSON object")
        return value


@dataclass
class Answer:
    """What goes back: `content` is put on the wire as JSON; bytes go as they are, None as an empty body.

    `fault` says how the bytes are sent, if not as usual.
    """

    status: int
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    fault: Fault | None = None

    def body(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else json.dumps(self.content).encode()

    def encoded(self) -> "Answer":
        """The same with its body as bytes, so that what can't be JSON is found out where it was made."""
        self.content = self.body()
        return self


def text(fields: Mapping[str, object], name: str) -> str:
    """A required string of a request body. Raises ApiError: `MissingParameter`, `InvalidParameter`."""
    if name not in fields:
        raise errors.missing(name)
    value = fields[name]
    if not isinstance(value, str):
        raise errors.invalid(name, "must be a string")
    return value


def only(fields: Mapping[str, object], allowed: set[str]) -> None:
    """Refuses keys that the operation does not have. The real services' habit is not known; to refuse is the
    stricter."""
    if unknown := sorted(set(fields) - allowed):
        raise errors.cannot_parse(f"Unrecognized field: {unknown[0]}")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("duplicate key")
    return fields


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
