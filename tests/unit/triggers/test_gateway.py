"""HTTP through API Gateway: its routes, its requests, its replies."""

import json

import pytest

from handlers.errors import (
    ExportError,
    InvalidParameter,
    MethodNotAllowed,
    Misconfigured,
    MissingParameter,
    NotFound,
    ServiceRefusal,
    UnsupportedMediaType,
)
from handlers.exports import retry_token
from handlers.exports.commands import (
    Describe,
    Described,
    Ignored,
    Shown,
    ShowWorkRequest,
    Started,
    StartExport,
    Trigger,
)
from handlers.exports.services import Answer
from handlers.triggers import gateway
from handlers.triggers.reply import Reply
from tests import events
from tests.fakes import IMAGE_ID, answer, policy
from tests.unit.triggers.invocations import CALL_ID, gateway_request, invocation

EXPORT = f"/20160918/images/{IMAGE_ID}/actions/export"
WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa1"
WORK_REQUEST = f"/20160918/workRequests/{WORK_REQUEST_ID}"
BODY = events.read("gateway.tuple")


def export(body: object = BODY, **headers: object) -> StartExport:
    """The command of an export request with these headers (an underscore is a hyphen)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    command = gateway.command(gateway_request("POST", EXPORT, body, named), policy())
    assert isinstance(command, StartExport)
    return command


@pytest.mark.parametrize("prefix", ["", "/v1", "/any/deployment/20160918/images", "/%7Ebob"])
def test_a_route_is_matched_by_the_end_of_the_path_under_any_prefix(prefix: str) -> None:
    call = invocation(BODY, is_gateway=True, method="POST", url=prefix + EXPORT)
    assert isinstance(gateway.command(call, policy()), StartExport)
    call = invocation(is_gateway=True, method="GET", url=prefix + "/openapi.json")
    assert gateway.command(call, policy()) == Describe()


@pytest.mark.parametrize(
    ("path", "part"),
    [(WORK_REQUEST, ""), (f"{WORK_REQUEST}/errors", "errors"), (f"{WORK_REQUEST}/logs", "logs")],
)
def test_a_work_request_and_its_errors_and_logs_have_routes(path: str, part: str) -> None:
    command = gateway.command(gateway_request("GET", path), policy())
    assert isinstance(command, ShowWorkRequest)
    assert (command.work_request_id, command.part) == (WORK_REQUEST_ID, part)


@pytest.mark.parametrize("ending", ["?limit=5", "?x=/20160918/images", "?", "#top"])
def test_a_query_string_is_ignored(ending: str) -> None:
    command = gateway.command(gateway_request("GET", WORK_REQUEST + ending), policy())
    assert isinstance(command, ShowWorkRequest)


def test_path_segments_are_percent_decoded_once() -> None:
    encoded = WORK_REQUEST.replace("ocid1.", "ocid1%2E")
    command = gateway.command(gateway_request("GET", encoded), policy())
    assert isinstance(command, ShowWorkRequest)
    assert command.work_request_id == WORK_REQUEST_ID
    with pytest.raises(InvalidParameter):
        gateway.command(gateway_request("GET", encoded.replace("%2E", "%252E")), policy())


def test_an_encoded_slash_does_not_make_another_route() -> None:
    climbing = f"/20160918/images/{IMAGE_ID}%2F..%2Fother/actions/export"
    with pytest.raises(InvalidParameter, match="imageId"):
        gateway.command(gateway_request("POST", climbing, BODY), policy())
    glued = EXPORT.replace("/actions/", "%2Factions%2F")
    with pytest.raises(NotFound):
        gateway.command(gateway_request("POST", glued, BODY), policy())


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/20160918/images",
        f"/20160918/images/{IMAGE_ID}",
        EXPORT + "/",
        EXPORT.replace("export", "import"),
        EXPORT.replace("20160918", "20200101"),
        EXPORT.replace("images", "Images"),
        f"{WORK_REQUEST}/more",
        "/20160918/workRequests",
        "/openapi.yaml",
    ],
)
def test_any_other_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound) as refused:
        gateway.command(gateway_request("POST", path, BODY), policy())
    assert (refused.value.status, refused.value.code) == (404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", EXPORT, "POST"),
        ("PUT", EXPORT, "POST"),
        ("POST", WORK_REQUEST, "GET"),
        ("DELETE", f"{WORK_REQUEST}/errors", "GET"),
        ("HEAD", f"{WORK_REQUEST}/logs", "GET"),
        ("POST", "/openapi.json", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str) -> None:
    call = gateway_request(method, path)
    with pytest.raises(MethodNotAllowed) as refused:
        gateway.command(call, policy())
    reply = gateway.refusal(refused.value, call)
    assert (reply.status, reply.document["code"]) == (405, "MethodNotAllowed")
    assert reply.headers["allow"] == allowed


def test_a_refused_method_is_not_remembered_for_the_next_refusal() -> None:
    with pytest.raises(MethodNotAllowed):
        gateway.command(gateway_request("GET", EXPORT), policy())
    assert NotFound("There is no such route.").headers == {}


@pytest.mark.parametrize("work_request_id", ["x", "ocid1.x", f"{WORK_REQUEST_ID}%0A", "%2E%2E", "a" * 256])
def test_a_work_request_id_is_an_ocid_fully_matched(work_request_id: str) -> None:
    with pytest.raises(InvalidParameter, match="workRequestId must be the OCID"):
        gateway.command(gateway_request("GET", f"/20160918/workRequests/{work_request_id}"), policy())


def test_an_export_request_carries_its_parameters_as_headers() -> None:
    headers = {"if_match": "etag-1", "opc_retry_token": "mine", "opc_dry_run": "true"}
    command = export(events.read("gateway.every-field"), **headers)
    assert (command.image_id, command.export_format) == (IMAGE_ID, "QCOW2")
    assert (command.if_match, command.retry_token, command.dry_run) == ("etag-1", "mine", True)
    assert command.trigger == Trigger("gateway", CALL_ID)


def test_without_a_retry_token_one_is_made_of_the_call_id() -> None:
    assert export().retry_token == retry_token.for_call(CALL_ID)


@pytest.mark.parametrize(
    ("value", "dry"), [("true", True), ("TRUE", True), ("false", False), ("False", False)]
)
def test_a_dry_run_is_asked_for_by_a_header(value: str, dry: bool) -> None:
    assert export(opc_dry_run=value).dry_run is dry


@pytest.mark.parametrize("value", ["", "yes", "1", "true, true"])
def test_a_dry_run_header_that_says_neither_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^opc-dry-run must be true or false\.$"):
        export(opc_dry_run=value)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "", None],
)
def test_a_body_is_json_with_parameters_or_undeclared(content_type: str | None) -> None:
    assert export(content_type=content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "*/*",
        "application/json, x/y",
    ],
)
def test_a_body_declared_as_anything_else_is_unsupported(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        export(content_type=content_type)
    assert (refused.value.status, refused.value.code) == (415, "UnsupportedMediaType")


def test_fields_are_named_as_http_callers_know_them() -> None:
    with pytest.raises(InvalidParameter) as refused:
        export({**json.loads(BODY), "bucketName": "a b", "colour": 1}, if_match="", opc_retry_token="x" * 65)
    named = [problem.split()[0] for problem in refused.value.message.split("; ")]
    assert named == ["bucketName", "colour", "if-match", "opc-retry-token"]
    with pytest.raises(MissingParameter, match=r"^destinationType is missing\.$"):
        export({})


IMAGE = b'{ "id": "x",  "aFieldOfTomorrow": 1.50 }'
OF_COMPUTE = {
    "content-type": "application/json",
    "etag": "e",
    "opc-request-id": "r",
    "opc-work-request-id": "w",
    "date": "today",
    "x-internal": "not for callers",
}


def started(**outcome: str | None) -> Reply:
    image = Answer(json.loads(IMAGE), IMAGE, OF_COMPUTE)
    return gateway.reply(Started("w", image, **outcome), gateway_request("POST", EXPORT))


def test_an_accepted_export_is_answered_with_computes_own_body_and_headers() -> None:
    reply = started(message_id="m")
    assert (reply.status, reply.body) == (200, IMAGE)
    assert reply.headers == {
        "content-type": "application/json",
        "etag": "e",
        "opc-request-id": "r",
        "opc-work-request-id": "w",
        "notification-message-id": "m",
    }


def test_an_export_that_could_not_be_announced_says_so() -> None:
    headers = started(notification_error="TooManyRequests").headers
    assert headers["notification-error"] == "TooManyRequests"
    assert "notification-message-id" not in headers


def test_an_export_without_a_work_request_id_has_no_such_header() -> None:
    reply = gateway.reply(Started(None, answer({"id": "x"}), "m"), gateway_request("POST", EXPORT))
    assert "opc-work-request-id" not in reply.headers


def test_what_is_shown_passes_through_with_retry_after() -> None:
    shown = Answer({"id": "w"}, b'{"id" : "w"}', {**OF_COMPUTE, "retry-after": "7"})
    reply = gateway.reply(Shown(shown), gateway_request("GET", WORK_REQUEST))
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (200, b'{"id" : "w"}', "7")
    assert "x-internal" not in reply.headers


def test_the_description_is_json() -> None:
    reply = gateway.reply(Described(b"{}"), gateway_request("GET", "/openapi.json"))
    assert (reply.status, reply.body, reply.headers) == (200, b"{}", {"content-type": "application/json"})


def test_an_outcome_that_no_request_asks_for_is_a_bug() -> None:
    with pytest.raises(TypeError, match="Ignored"):
        gateway.reply(Ignored("no reason"), gateway_request("GET", WORK_REQUEST))
    with pytest.raises(TypeError, match="Started"):
        gateway.reply(Started("w", None), gateway_request("POST", EXPORT))


@pytest.mark.parametrize(
    ("error", "request_id"),
    [
        (
            ServiceRefusal(409, "Conflict", "Busy.", service="Compute", request_id="computes-own"),
            "computes-own",
        ),
        (ServiceRefusal(409, "Conflict", "Busy.", service="Compute"), "the-callers"),
        (NotFound("There is no such route."), "the-callers"),
    ],
)
def test_an_error_has_the_request_id_of_compute_or_else_the_callers(
    error: ExportError, request_id: str
) -> None:
    call = gateway_request("POST", EXPORT, headers={"opc-request-id": "the-callers"})
    reply = gateway.refusal(error, call)
    assert reply.status == error.status
    assert reply.document == {"code": error.code, "message": error.message}
    assert reply.headers == {"content-type": "application/json", "opc-request-id": request_id}


def test_or_else_the_call_id() -> None:
    reply = gateway.refusal(Misconfigured("X is missing."), gateway_request("POST", EXPORT))
    assert reply.headers["opc-request-id"] == CALL_ID
