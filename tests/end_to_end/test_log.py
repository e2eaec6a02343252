"""The log of the real process: one JSON object a line, one line an invocation."""

from tests.end_to_end.conftest import Running

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
    "status",
    "code",
    "attempts",
    "durationMs",
    "deadlineLeftMs",
]


def test_an_invocation_leaves_one_line_with_all_fields(function: Running) -> None:
    image_id = function.image()
    before = len(function.platform.host.logs)
    invocation = function.platform.invoke(function.call(image_id))
    line = function.line_of(invocation.call_id)
    assert list(line) == FIELDS
    assert (line["level"], line["message"], line["status"]) == ("INFO", "export accepted", 200)
    assert (line["trigger"], line["imageId"], line["exportFormat"]) == ("direct", image_id, "OCI")
    assert line["workRequestId"] == invocation.json()["workRequestId"]
    assert line["opcRequestId"] == invocation.json()["opcRequestId"]
    assert line["attempts"] == 2
    assert 0 < line["deadlineLeftMs"] <= 120_000
    assert len(function.platform.host.logs) == before + 1


def test_a_refusal_leaves_one_line_too(function: Running) -> None:
    invocation = function.platform.invoke({})
    line = function.line_of(invocation.call_id)
    assert (line["level"], line["status"], line["code"]) == ("WARNING", 400, "MissingParameter")
    assert line["attempts"] == 0


def test_every_line_is_one_json_object(function: Running) -> None:
    function.line_of(function.platform.invoke({}).call_id)
    host = function.platform.host
    assert len(host.log_entries) == len(host.logs)
