"""Events and direct calls: what they get, also where they can't be read and nobody reads the reply."""

import json
from collections.abc import Callable

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of, published, send

MARK = b"\xef\xbb\xbf"
MIB = 1024 * 1024
LINE = (
    "time level message callId trigger triggerId imageId destination exportFormat workRequestId opcRequestId "
    "clientRequestId traceId status code calls durationMs deadlineLeftMs"
)


def test_an_event_of_1_mib_with_a_byte_order_mark_is_exported_and_announced(platform: LocalPlatform) -> None:
    request = Request(platform)
    tags = request.event["data"]["freeformTags"]
    tags["long"] = ""
    tags["long"] = "x" * (MIB - len(MARK + json.dumps(request.event).encode()))

    reply = send(platform, MARK + json.dumps(request.event).encode())

    assert reply.document == {
        "status": "exported",
        "workRequestId": request.export.work_request_id,
        "messageId": platform.cloud.messages[-1].message_id,
        "eventId": request.event["eventID"],
    }
    assert len(request.accepted) == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(
            lambda text: text.replace("{}", "[" * 100_000 + "]" * 100_000), "CannotParseRequest", id="deep"
        ),
        pytest.param(lambda text: text + " " * MIB, "RequestEntityTooLarge", id="long"),
    ],
)
def test_an_event_that_cannot_be_read_is_published_as_rejected(
    platform: LocalPlatform, spoil: Callable[[str], str], code: str
) -> None:
    request, messages = Request(platform), len(published(platform))

    reply = send(platform, spoil(json.dumps(request.event)).encode())

    assert (reply.status, reply.document["status"], reply.document["code"]) == (200, "rejected", code)
    [rejection] = published(platform)[messages:]
    assert rejection["id"] == f"{reply.invocation.call_id}/rejected"
    assert not request.exports


def test_of_a_detached_call_a_lasting_failure_is_published_and_a_passing_one_fails(
    platform: LocalPlatform,
) -> None:
    request = Request(platform, "direct")
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))

    detached = [("fn-invoke-type", "detached")]
    assert request.send(headers=detached).invocation.failed
    assert not request.announced("rejected")

    platform.cloud.images.remove(request.image_id)
    assert not request.send(headers=detached).invocation.failed
    assert len(request.announced("rejected")) == 1


def test_a_call_is_answered_in_one_document_and_one_line_of_the_log_and_so_is_one_without_a_body(
    platform: LocalPlatform,
) -> None:
    request = Request(platform, "direct")
    exported = request.send(headers=[("opc-request-id", "the-callers")]).invocation
    refused = platform.host.invoke()

    document, line = exported.json(), line_of(platform, exported.call_id)
    assert (document["workRequestId"], document["image"]["id"]) == (
        request.export.work_request_id,
        request.image_id,
    )
    assert " ".join(line) == LINE
    assert (line["level"], line["message"], line["status"]) == ("INFO", "export accepted", 200)
    assert line["opcRequestId"] == document["opcRequestId"] != line["clientRequestId"] == "the-callers"
    assert 0 < line["deadlineLeftMs"] <= 15_000
    line = line_of(platform, refused.call_id)
    assert " ".join(line) == LINE
    assert (line["level"], line["status"], line["code"]) == ("WARNING", 400, refused.json()["code"])
    assert line["code"] == "CannotParseRequest"
    for invocation in (exported, refused):
        assert sum(invocation.call_id in text for text in platform.host.logs) == 1
    # Nothing but JSON, whoever writes it.
    assert len(platform.host.log_entries) == len(platform.host.logs)
