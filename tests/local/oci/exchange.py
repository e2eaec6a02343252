"""One request as a service sees it, its answer, and the table of the operations."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qsl, unquote

from starlette.routing import compile_path

from . import errors
from .errors import ApiError
from .faults import Fault
from .identifiers import seconds
from .policy import ANYBODY, Principal, Target

Stage = Literal["received", "done"]

LARGEST_PAGE = 1000
USUAL_PAGE = 50


@dataclass
class Call:
    """A request; `target` is path and query as they were sent, header names are in lower case, `params` are
    percent-decoded once. `status` is None while there is no answer. No secret is in its repr."""

    operation: str
    method: str
    target: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    time: datetime
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    caller: Principal = ANYBODY
    status: int | None = None
    worked: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def document(self) -> dict[str, object]:
        """The body as an object. Raises ApiError: 415 or 400 `CannotParseRequest`."""
        if self.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise ApiError(415, "UnsupportedMediaType", "The content type must be application/json")
        try:
            value = json.loads(self.body.decode("utf-8"))
        except ValueError as problem:
            raise errors.cannot_parse("The body is not valid JSON") from problem
        if not isinstance(value, dict):
            raise errors.cannot_parse("The body is not a JSON object")
        return value


class Calls(list[Call]):
    def named(self, operation: str) -> list[Call]:
        return [call for call in self if call.operation == operation]


@dataclass
class Answer:
    """What goes back: `content` is put on the wire as JSON; bytes go as they are, None as an empty body.
    `fault` says how the bytes are sent, if not as usual."""

    status: int
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    fault: Fault | None = None

    @classmethod
    def refusing(cls, refusal: ApiError) -> Self:
        return cls(refusal.status, {"code": refusal.code, "message": refusal.message}, dict(refusal.headers))

    def body(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return b"" if self.content is None else json.dumps(self.content).encode()


def text(fields: Mapping[str, object], name: str) -> str:
    """A required string of a request. Raises ApiError: `MissingParameter`, `InvalidParameter`."""
    if name not in fields:
        raise errors.missing(name)
    if not isinstance(value := fields[name], str):
        raise errors.invalid(name, "must be a string")
    return value


def time(fields: Mapping[str, object], name: str) -> float:
    """A required RFC 3339 time, in seconds since the epoch. Raises ApiError 400."""
    try:
        return seconds(text(fields, name))
    except ValueError as problem:
        raise errors.invalid(name, "is not an RFC 3339 time") from problem


def only(fields: Mapping[str, object], allowed: set[str]) -> None:
    """Refuses keys that the operation does not have. The real services' habit is not known; to refuse is the
    stricter."""
    if unknown := sorted(set(fields) - allowed):
        raise errors.cannot_parse(f"Unrecognized field: {unknown[0]}")


def page(items: Sequence[object], request: Call) -> Answer:
    """One page of a list; its token is the place of the first item. Raises ApiError: `InvalidParameter`."""
    limit = request.query.get("limit", str(USUAL_PAGE))
    start = request.query.get("page", "p0").removeprefix("p")
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise errors.invalid("limit", f"must be 1 to {LARGEST_PAGE}")
    if not start.isdecimal():
        raise errors.invalid("page", "is not a page token")
    end = int(start) + int(limit)
    headers = {"opc-next-page": f"p{end}"} if end < len(items) else {}
    return Answer(200, list(items[int(start) : end]), headers)


def is_descending(request: Call, default: Literal["ASC", "DESC"]) -> bool:
    """What `sortOrder` asks for. Raises ApiError: `InvalidParameter`."""
    order = request.query.get("sortOrder", default)
    if order not in ("ASC", "DESC"):
        raise errors.invalid("sortOrder", "must be ASC or DESC")
    return order == "DESC"


class Route(NamedTuple):
    """`target` says what is asked for, which the policy has to allow; None for what a pre-authenticated
    request's token opens without a signature."""

    method: str
    template: str
    operation: str
    work: Callable[[Call], Answer]
    target: Callable[[Call], Target] | None


class Routes:
    """Matches raw paths, so that a percent-encoded slash stays inside its segment; parameters are decoded
    once, after matching."""

    def __init__(self, *table: Route) -> None:
        self._table = [(compile_path(route.template)[0], route) for route in table]

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """Raises ApiError: 404 for no such path, 405 for another method."""
        found = [(match, route) for pattern, route in self._table if (match := pattern.match(raw_path))]
        for match, route in found:
            if route.method == method:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        if found:
            allowed = {"allow": ", ".join(sorted({route.method for _, route in found}))}
            raise ApiError(405, "MethodNotAllowed", "The method is not allowed for this resource", allowed)
        raise ApiError(404, "NotFound", "Unknown resource")
