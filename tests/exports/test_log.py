"""The log of the real process: one JSON object a line, one line an invocation."""

from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of

FIELDS = [
    "time",
    "level",
    "message",
    "callId",
    "trigger",
    "triggerId",
    "imageId",
    "destination",
    "exportFormat",
    "workRequestId",
    "opcRequestId",
    "clientRequestId",
    "traceId",
    "status",
    "code",
    "calls",
    "durationMs",
    "deadlineLeftMs",
]


def lines_of(platform: LocalPlatform, call_id: str) -> int:
    return sum(call_id in line for line in platform.host.logs)


def test_an_invocation_leaves_one_line_with_all_fields(platform: LocalPlatform) -> None:
    request = Request(platform, "direct")
    invocation = request.send(headers=[("opc-request-id", "the-callers")]).invocation

    line = line_of(platform, invocation.call_id)
    export = request.export
    assert list(line) == FIELDS
    assert (line["level"], line["message"], line["status"]) == ("INFO", "export accepted", 200)
    assert (line["trigger"], line["triggerId"]) == ("direct", invocation.call_id)
    assert (line["imageId"], line["exportFormat"]) == (request.image_id, "OCI")
    destination = export.destination
    assert line["destination"] == f"{destination.namespace}/{destination.bucket}/{destination.object}"
    assert line["workRequestId"] == export.work_request_id
    assert line["opcRequestId"] == invocation.json()["opcRequestId"]
    assert (line["clientRequestId"], line["traceId"], line["code"]) == ("the-callers", None, None)
    assert line["calls"] == 2
    assert 0 < line["deadlineLeftMs"] <= 15_000
    assert lines_of(platform, invocation.call_id) == 1


def test_a_refusal_leaves_one_line_too(platform: LocalPlatform) -> None:
    call_id = platform.invoke({}).call_id
    line = line_of(platform, call_id)

    assert (line["level"], line["status"], line["code"]) == ("WARNING", 400, "MissingParameter")
    assert line["calls"] == 0
    assert lines_of(platform, call_id) == 1


def test_every_line_is_one_json_object(platform: LocalPlatform) -> None:
    line_of(platform, platform.invoke({}).call_id)
    host = platform.host
    assert len(host.log_entries) == len(host.logs)
