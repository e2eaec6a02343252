"""HTTP through API Gateway: routes matched by the end of the path, so that any deployment's prefix works."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote

from handlers.errors import ExportError, InvalidParameter, MethodNotAllowed, NotFound, UnsupportedMediaType
from handlers.exports import identifiers
from handlers.exports.commands import (
    Command,
    Describe,
    Described,
    Outcome,
    Shown,
    ShowWorkRequest,
    Started,
    StartExport,
    Trigger,
)
from handlers.exports.policy import Policy
from handlers.triggers import export_request
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import JSON, Reply, without_none

VARIABLE = "{}"
Wanted = Literal["export", "", "errors", "logs", "describe"]
# The end of the path, its method, and what it asks for (a part of a work request, or one of the two words).
ROUTES: tuple[tuple[tuple[str, ...], str, Wanted], ...] = (
    (("20160918", "images", VARIABLE, "actions", "export"), "POST", "export"),
    (("20160918", "workRequests", VARIABLE), "GET", ""),
    (("20160918", "workRequests", VARIABLE, "errors"), "GET", "errors"),
    (("20160918", "workRequests", VARIABLE, "logs"), "GET", "logs"),
    (("openapi.json",), "GET", "describe"),
)
# What callers of this door call the request's fields.
_NAMES = {
    "exportImageDetails": "",
    "ifMatch": "if-match",
    "opcRetryToken": "opc-retry-token",
    "dryRun": "opc-dry-run",
}
_PASSED_ON = ("etag", "opc-request-id", "opc-work-request-id", "retry-after")
_BOOLEANS = {None: False, "false": False, "true": True}


def command(invocation: Invocation, policy: Policy) -> Command:
    """What the HTTP request asks for. Raises Refused."""
    wanted, variable = _route(invocation)
    if wanted == "export":
        return _export(invocation, variable, policy)
    if wanted == "describe":
        return Describe()
    if not identifiers.is_ocid(variable):
        raise InvalidParameter("workRequestId must be the OCID of a work request.")
    return ShowWorkRequest(variable, wanted)


def reply(outcome: Outcome, invocation: Invocation) -> Reply:
    """The answer in Compute's form."""
    match outcome:
        case Started(image=image) if image is not None:
            headers = _passed_on(image.headers) | without_none(
                {
                    "opc-work-request-id": outcome.work_request_id,
                    "notification-message-id": outcome.message_id,
                    "notification-error": outcome.notification_error,
                }
            )
            return Reply(200, image.document, headers, image.body)
        case Shown(answer):
            return Reply(200, answer.document, _passed_on(answer.headers), answer.body)
        case Described(document):
            return Reply(200, None, JSON, document)
        case _:
            raise TypeError(f"no reply to {type(outcome).__name__}")


def refusal(error: ExportError, invocation: Invocation) -> Reply:
    """The error in the API reference's form."""
    headers = {**JSON, **error.headers, "opc-request-id": error.request_id or invocation.request_id}
    return Reply(error.status, {"code": error.code, "message": error.message}, headers)


def trigger(invocation: Invocation) -> Trigger:
    """This call."""
    return Trigger("gateway", invocation.call_id)


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return JSON | {name: headers[name] for name in _PASSED_ON if name in headers}


def _route(invocation: Invocation) -> tuple[Wanted, str]:
    """What is wanted, and the path's variable part, percent-decoded once."""
    path = invocation.url.partition("?")[0].partition("#")[0]
    segments = tuple(map(unquote, path.split("/")))
    allowed = ""
    for pattern, method, wanted in ROUTES:
        end = segments[-len(pattern) :]
        if len(end) == len(pattern) and all(
            part in (VARIABLE, segment) for part, segment in zip(pattern, end, strict=True)
        ):
            if method == invocation.method:
                return wanted, next(
                    (segment for part, segment in zip(pattern, end, strict=True) if part == VARIABLE), ""
                )
            allowed = method
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFound("There is no such route.")


def _export(invocation: Invocation, image_id: str, policy: Policy) -> StartExport:
    content_type = (invocation.header("content-type") or "application/json").partition(";")[0]
    if content_type.strip().lower() != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    dry_run = invocation.header("opc-dry-run")
    request = export_request.validate(
        {
            "imageId": image_id,
            "exportImageDetails": invocation.document,
            "ifMatch": invocation.header("if-match"),
            "opcRetryToken": invocation.header("opc-retry-token"),
            "dryRun": _BOOLEANS.get(dry_run and dry_run.lower(), dry_run),
        },
        policy.hosts,
        _NAMES,
    )
    return export_request.command(request, trigger(invocation), policy)
