"""The log of the real process: one JSON object a line, one line an invocation."""

from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of

FIELDS = (
    "time level message callId trigger triggerId imageId destination exportFormat workRequestId opcRequestId "
    "clientRequestId traceId status code calls durationMs deadlineLeftMs"
)


def test_an_invocation_leaves_one_line_with_all_fields_and_so_does_a_refusal(platform: LocalPlatform) -> None:
    request = Request(platform, "direct")
    exported = request.send(headers=[("opc-request-id", "the-callers")]).invocation
    refused = platform.invoke({})

    line = line_of(platform, exported.call_id)
    assert " ".join(line) == FIELDS
    assert (line["level"], line["message"], line["status"]) == ("INFO", "export accepted", 200)
    assert (line["trigger"], line["triggerId"]) == ("direct", exported.call_id)
    assert line["workRequestId"] == request.export.work_request_id
    assert line["opcRequestId"] == exported.json()["opcRequestId"] != line["clientRequestId"] == "the-callers"
    assert 0 < line["deadlineLeftMs"] <= 15_000
    line = line_of(platform, refused.call_id)
    assert " ".join(line) == FIELDS
    assert (line["level"], line["status"], line["code"]) == ("WARNING", 400, "MissingParameter")
    for invocation in (exported, refused):
        assert sum(invocation.call_id in text for text in platform.host.logs) == 1
    # Nothing but JSON, whoever writes it.
    assert len(platform.host.log_entries) == len(platform.host.logs)
