"""HTTP through API Gateway: routes matched by the end of the path, so that any deployment's prefix works."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

from handlers import identifiers
from handlers.context import Context, Requester
from handlers.errors import ExportError, InvalidParameter, MethodNotAllowed, NotFound, UnsupportedMediaType
from handlers.operations import JSON, Operation, Result, Subject
from handlers.services import Page
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply, clean_headers, error_reply

VARIABLE = "{}"
# What clients of the gateway call the request's fields.
_NAMES = {
    "exportImageDetails": "",
    "ifMatch": "if-match",
    "opcRetryToken": "opc-retry-token",
    "dryRun": "opc-dry-run",
}
_BOOLEANS = {None: False, "false": False, "true": True}
_LONGEST_QUERY_VALUE = 1024


class Gateway:
    """One request over HTTP."""

    is_read = True
    subject = Subject()
    publishes_refusal = False

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self.requester = Requester("gateway", invocation.call_id)

    def operation(self, context: Context) -> Operation:
        """What the request asks for. Raises ExportError."""
        route, variable = _route(self._invocation)
        return route.make(self._invocation, variable, context)

    def reply(self, result: Result, context: Context) -> Reply:
        """The answer in Compute's form: a service's own spelling is kept, unless a secret may be in it."""
        document, body = result.document, result.body
        if document is not None:
            clean, text = context.redactor.document(document), body.decode("utf-8", "replace")
            # The text as well: where a key stands twice, only one of the two is in the document.
            if clean != document or context.redactor.text(text) != text:
                body = orjson.dumps(clean)
        return Reply(200, body, {**clean_headers(result.headers, context), **JSON})

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The error in the API reference's form."""
        return error_reply(error, context, self._invocation.request_id)


def _export(invocation: Invocation, image_id: str, context: Context) -> Operation:
    from handlers.triggers import export_request

    content_type = (invocation.header("content-type") or "application/json").partition(";")[0]
    if content_type.strip().lower() != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    dry_run = invocation.header("opc-dry-run")
    return export_request.operation(
        {
            "imageId": image_id,
            "exportImageDetails": invocation.document,
            "ifMatch": invocation.header("if-match"),
            "opcRetryToken": invocation.header("opc-retry-token"),
            "dryRun": _BOOLEANS.get(dry_run and dry_run.lower(), dry_run),
        },
        context,
        _NAMES,
    )


def _get_image(_: Invocation, image_id: str, __: Context) -> Operation:
    from handlers.operations.get_image import GetImage

    if not identifiers.is_ocid(image_id, "image"):
        raise InvalidParameter("imageId must be the OCID of an image.")
    return GetImage(image_id)


def _get_work_request(invocation: Invocation, work_request_id: str, _: Context) -> Operation:
    from handlers.operations.get_work_request import GetWorkRequest

    if not identifiers.is_ocid(work_request_id):
        raise InvalidParameter("workRequestId must be the OCID of a work request.")
    part = _segments(invocation)[-1]
    if part not in ("errors", "logs"):
        return GetWorkRequest(work_request_id)
    return GetWorkRequest(work_request_id, part, _page(invocation))  # type: ignore[arg-type]  # checked above


def _describe(_: Invocation, __: str, ___: Context) -> Operation:
    from handlers.operations.describe import Describe

    return Describe()


class Route(NamedTuple):
    """The end of a path, its method, and what makes its operation of the path's variable part."""

    pattern: tuple[str, ...]
    method: str
    make: Callable[[Invocation, str, Context], Operation]

    def variable(self, segments: tuple[str, ...]) -> str | None:
        """The path's variable part, empty if the route has none; None for the path of another route."""
        end = segments[-len(self.pattern) :]
        if len(end) != len(self.pattern):
            return None
        pairs = list(zip(self.pattern, end, strict=True))
        if any(part not in (VARIABLE, segment) for part, segment in pairs):
            return None
        return next((segment for part, segment in pairs if part == VARIABLE), "")


ROUTES = (
    # First: a deployment's prefix may end like the beginning of another route.
    Route(("openapi.json",), "GET", _describe),
    Route(("20160918", "images", VARIABLE, "actions", "export"), "POST", _export),
    Route(("20160918", "images", VARIABLE), "GET", _get_image),
    Route(("20160918", "workRequests", VARIABLE), "GET", _get_work_request),
    Route(("20160918", "workRequests", VARIABLE, "errors"), "GET", _get_work_request),
    Route(("20160918", "workRequests", VARIABLE, "logs"), "GET", _get_work_request),
)


def _route(invocation: Invocation) -> tuple[Route, str]:
    segments, allowed = _segments(invocation), ""
    for route in ROUTES:
        variable = route.variable(segments)
        if variable is not None:
            if route.method == invocation.method:
                return route, variable
            allowed = route.method
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFound("There is no such route.")


def _segments(invocation: Invocation) -> tuple[str, ...]:
    """The path's segments, percent-decoded once."""
    path = invocation.url.partition("?")[0].partition("#")[0]
    return tuple(map(unquote, path.split("/")))


def _page(invocation: Invocation) -> Page:
    query = dict(parse_qsl(invocation.url.partition("?")[2].partition("#")[0]))
    values = query.get("limit"), query.get("page"), query.get("sortOrder")
    if any(value and len(value) > _LONGEST_QUERY_VALUE for value in values):
        raise InvalidParameter("limit, page and sortOrder must not be longer than 1024 characters.")
    return Page(*values)
