"""Events and direct calls: what they get, also where they can't be read and nobody reads the reply."""

import json
from collections.abc import Callable

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, published, send

MARK = b"\xef\xbb\xbf"
MIB = 1024 * 1024


def test_a_created_image_is_exported_and_announced(platform: LocalPlatform) -> None:
    request = Request(platform)
    event_id = request.event["eventID"]

    reply = request.send()

    export = request.export
    assert reply.document == {
        "status": "exported",
        "workRequestId": export.work_request_id,
        "messageId": platform.cloud.messages[-1].message_id,
        "eventId": event_id,
    }
    [announcement] = request.accepted
    assert announcement["id"] == f"{export.work_request_id}/accepted"
    assert announcement["data"]["trigger"] == {"kind": "event", "id": event_id}
    assert announcement["data"]["destination"]["objectName"] == export.destination.object


def test_an_event_of_1_mib_with_a_byte_order_mark_is_exported(platform: LocalPlatform) -> None:
    request = Request(platform)
    tags = request.event["data"]["freeformTags"]
    tags["long"] = ""
    tags["long"] = "x" * (MIB - len(MARK + json.dumps(request.event).encode()))

    reply = send(platform, MARK + json.dumps(request.event).encode())

    assert reply.document["status"] == "exported"
    assert len(request.exports) == len(request.accepted) == 1


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


def test_a_direct_call_is_answered_in_one_document(platform: LocalPlatform) -> None:
    request = Request(platform, "direct")

    document = dict(request.send().document)

    assert document.pop("opcRequestId")
    assert document == {
        "workRequestId": request.export.work_request_id,
        "image": platform.cloud.images[request.image_id],
        "etag": platform.cloud.images.etag(request.image_id),
        "notification": {"messageId": platform.cloud.messages[-1].message_id},
    }
    assert platform.host.invoke().json()["code"] == "CannotParseRequest"


def test_of_a_detached_call_a_lasting_failure_is_published_and_a_passing_one_fails(
    platform: LocalPlatform,
) -> None:
    request = Request(platform, "direct")
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))

    assert request.send(detached=True).invocation.failed
    assert not request.announced("rejected")

    platform.cloud.images.remove(request.image_id)
    reply = request.send(detached=True)
    assert not reply.invocation.failed
    [rejection] = request.announced("rejected")
    assert rejection["id"] == f"{reply.invocation.call_id}/rejected"
