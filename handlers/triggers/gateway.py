"""HTTP through API Gateway: routes matched by the end of the path, so that any deployment's prefix works."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from handlers.cloud.api import Page
from handlers.cloud.client import Answer
from handlers.context import Context, Requester
from handlers.errors import ExportError, InvalidParameter, MethodNotAllowed, NotFound, UnsupportedMediaType
from handlers.names import is_ocid
from handlers.operations import reads
from handlers.operations.export_image import check_export, export_image
from handlers.triggers.fdk_call import Call, Reply, clean_headers, error_reply

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
# The headers of a service's answer that a client gets, and our own.
_PASSED_ON = (
    *("etag", "opc-request-id", "opc-work-request-id", "opc-next-page", "retry-after"),
    *("notification-message-id", "notification-error"),
)


class Gateway:
    """One request over HTTP."""

    is_read = True
    publishes_rejection = False
    image_id: str | None = None

    def __init__(self, call: Call) -> None:
        self._call = call
        self.requester = Requester("gateway", call.call_id)

    def run(self, context: Context) -> Reply:
        """What the request asks for, answered in Compute's form. Raises ExportError."""
        path, _, query = self._call.url.partition("#")[0].partition("?")
        route, variable = _route(self._call.method, tuple(map(unquote, path.split("/"))))
        return route.answer(self._call, variable, query, context)

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The error in the API reference's form."""
        return error_reply(error, context, self._call)


# Of a call, the variable part of its path, and its query.
Answering = Callable[[Call, str, str, Context], Reply]


def _export(call: Call, image_id: str, query: str, context: Context) -> Reply:
    # Loaded for this route alone, with pydantic.
    from handlers.triggers.requests import export_request

    if query:
        raise InvalidParameter("The export route takes no query; opc-dry-run is a header.")
    content_type = (call.header("content-type") or "application/json").partition(";")[0]
    if content_type.strip().lower() != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    if (call.header("content-encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")
    is_dry = call.header("opc-dry-run")
    export, dry_run = export_request(
        {
            "imageId": image_id,
            "exportImageDetails": call.document,
            "ifMatch": call.header("if-match"),
            "opcRetryToken": call.header("opc-retry-token"),
            "dryRun": _BOOLEANS.get(is_dry and is_dry.lower(), is_dry),
        },
        context,
        _NAMES,
    )
    if dry_run:
        return _answered(check_export(export, context), context)
    accepted, message_id, failure = export_image(export, context)
    return _answered(
        accepted.image or Answer({}, b"{}"),
        context,
        {
            **accepted.headers,
            "opc-work-request-id": accepted.work_request_id,
            "notification-message-id": message_id,
            "notification-error": failure.code if failure else None,
        },
    )


def _read(read: Callable[[Context, str, Page], Answer], resource: str = "") -> Answering:
    """What answers a route that only reads. ``resource``: what the path's variable part has to name."""

    def answer(_: Call, variable: str, query: str, context: Context) -> Reply:
        if resource == "image" and not is_ocid(variable, "image"):
            raise InvalidParameter("imageId must be the OCID of an image.")
        if resource == "work request" and not is_ocid(variable):
            raise InvalidParameter("workRequestId must be the OCID of a work request.")
        return _answered(read(context, variable, _page(query)), context)

    return answer


def _answered(answer: Answer, context: Context, headers: Mapping[str, str | None] | None = None) -> Reply:
    """A service's own spelling is kept, unless a secret may be in it."""
    context.service_request_id = answer.request_id or context.service_request_id
    body = answer.body
    if answer.document is not None:
        body = context.redactor.reply_body(body, answer.document)
    given = answer.headers if headers is None else headers
    passed_on = {name: given[name] for name in _PASSED_ON if name in given}
    return Reply(200, body, clean_headers(passed_on, context))


def _page(query: str) -> Page:
    parameters = dict(parse_qsl(query))
    values = parameters.get("limit"), parameters.get("page"), parameters.get("sortOrder")
    if any(value and len(value) > _LONGEST_QUERY_VALUE for value in values):
        raise InvalidParameter("limit, page and sortOrder must not be longer than 1024 characters.")
    return Page(*values)


class Route(NamedTuple):
    """The end of a path, its method, and what answers it."""

    pattern: tuple[str, ...]
    method: str
    answer: Answering

    def variable(self, segments: tuple[str, ...]) -> str | None:
        """The path's variable part, empty if the route has none; None for the path of another route."""
        pairs = list(zip(self.pattern, segments[-len(self.pattern) :], strict=False))
        if len(pairs) < len(self.pattern) or any(part not in (VARIABLE, segment) for part, segment in pairs):
            return None
        return next((segment for part, segment in pairs if part == VARIABLE), "")


ROUTES = (
    # First: a deployment's prefix may end like the beginning of another route.
    Route(("openapi.json",), "GET", _read(reads.describe)),
    Route(("20160918", "images", VARIABLE, "actions", "export"), "POST", _export),
    Route(("20160918", "images", VARIABLE), "GET", _read(reads.get_image, "image")),
    Route(("20160918", "workRequests", VARIABLE), "GET", _read(reads.get_work_request, "work request")),
    Route(("20160918", "workRequests", VARIABLE, "errors"), "GET", _read(reads.list_errors, "work request")),
    Route(("20160918", "workRequests", VARIABLE, "logs"), "GET", _read(reads.list_logs, "work request")),
)


def _route(method: str, segments: tuple[str, ...]) -> tuple[Route, str]:
    allowed = ""
    for route in ROUTES:
        variable = route.variable(segments)
        if variable is not None:
            if route.method == method:
                return route, variable
            allowed = route.method
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFound("There is no such route.")
