"""Events and direct calls: what they get, also where they can't be read and nobody reads the reply."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import events
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of, published, send

NO_IMAGE = "ocid1.image.oc1.phx.nosuchimage"
MIB = 1024 * 1024


@pytest.fixture
def event_request(platform: LocalPlatform) -> Request:
    return Request(platform)


@pytest.fixture
def direct_request(platform: LocalPlatform) -> Request:
    return Request(platform, "direct")


def test_a_created_image_is_exported_and_announced(platform: LocalPlatform, event_request: Request) -> None:
    reply = event_request.send()

    export = event_request.export
    assert reply.document == {
        "status": "exported",
        "workRequestId": export.work_request_id,
        "messageId": platform.cloud.messages[-1].message_id,
        "eventId": event_request.event["eventID"],
    }
    [announcement] = event_request.accepted
    assert announcement["id"] == f"{export.work_request_id}/accepted"
    assert announcement["data"]["trigger"] == {"kind": "event", "id": event_request.event["eventID"]}
    assert announcement["data"]["destination"]["objectName"] == export.destination.object


def test_the_object_is_named_for_the_image_and_the_events_time(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.event |= {"eventTime": "2026-01-31T23:59:59.999+00:00"}

    event_request.send()

    name = f"golden-20260131T235959Z-{event_request.image_id[-8:]}.oci"
    assert event_request.export.destination.object == name


@pytest.mark.parametrize("names", [("web", "web"), ("web/1", "web:1")])
def test_two_images_of_one_name_and_second_go_to_two_objects(
    platform: LocalPlatform, names: tuple[str, str]
) -> None:
    both = [
        Request(platform, image=platform.cloud.images.add(display_name=name, announce=True)) for name in names
    ]
    for request in both:
        request.event |= {"eventTime": "2026-01-31T23:59:59Z"}
        request.send()

    assert len({request.export.destination for request in both}) == 2


def test_an_event_in_the_other_spelling_is_the_same(platform: LocalPlatform, event_request: Request) -> None:
    document = events.load("createimage.end.other-casing")
    event_request.event = document | {"data": event_request.event["data"]}

    assert event_request.send().document["status"] == "exported"
    [announcement] = event_request.accepted
    assert announcement["data"]["trigger"]["id"] == document["eventId"]


@pytest.mark.parametrize("payload", ["createimage.begin", "updateimage", "object-created"])
def test_any_other_event_is_ignored(platform: LocalPlatform, payload: str) -> None:
    calls = len(platform.cloud.calls)

    reply = send(platform, events.read(payload))

    assert reply.document["status"] == "ignored"
    assert len(platform.cloud.calls) == calls


def test_an_event_about_a_missing_image_is_rejected_under_the_events_id(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.remove(event_request.image_id)

    assert [event_request.send().document["status"] for _ in range(2)] == ["rejected"] * 2

    first, second = event_request.announced("rejected")
    assert first["id"] == second["id"] == f"{event_request.event['eventID']}/rejected"
    assert first["data"]["code"] == "NotAuthorizedOrNotFound"
    assert first["data"]["destination"]["bucketName"] == platform.cloud.bucket


@pytest.mark.parametrize("size", [66 * 1024, 200 * 1024, MIB])
def test_a_long_event_with_a_byte_order_mark_is_exported(
    platform: LocalPlatform, event_request: Request, size: int
) -> None:
    tags = event_request.event["data"]["freeformTags"]
    tags["long"] = ""
    tags["long"] = "x" * (size - len(_with_mark(event_request.event)))
    body = _with_mark(event_request.event)
    assert len(body) == size

    assert send(platform, body).document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


UNREADABLE: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "half an emoji": (lambda text: text.replace("golden", "\\ud83d"), "CannotParseRequest"),
    "a repeated key": (lambda text: text.replace('"data"', '"data": {}, "data"', 1), "CannotParseRequest"),
    "Latin-1": (lambda text: text.replace("golden", "gölden").encode("latin-1"), "CannotParseRequest"),
    "an array": (lambda text: f"[{text}]", "CannotParseRequest"),
    "cut": (lambda text: text[:-10], "CannotParseRequest"),
    "nested too deeply": (
        lambda text: text.replace("{}", "[" * 100_000 + "]" * 100_000),
        "CannotParseRequest",
    ),
    "more than 1 MiB": (lambda text: text + " " * MIB, "RequestEntityTooLarge"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_event_that_cannot_be_read_is_published_as_rejected(
    platform: LocalPlatform, event_request: Request, kind: str
) -> None:
    spoil, code = UNREADABLE[kind]
    body = spoil(json.dumps(event_request.event))
    messages = len(published(platform))

    reply = send(platform, body if isinstance(body, bytes) else body.encode())

    call_id = reply.invocation.call_id
    assert (reply.status, reply.document["status"], reply.document["code"]) == (200, "rejected", code)
    [rejection] = published(platform)[messages:]
    assert (rejection["type"], rejection["id"]) == ("imageexport.rejected", f"{call_id}/rejected")
    assert "subject" not in rejection
    message = rejection["data"].pop("message")
    assert message
    assert rejection["data"] == {
        "imageId": None,
        "destination": None,
        "exportFormat": None,
        "code": code,
        "trigger": {"kind": "event", "id": call_id},
    }
    assert not event_request.exports


def test_a_direct_call_is_answered_in_one_document(platform: LocalPlatform, direct_request: Request) -> None:
    document = dict(direct_request.send().document)

    assert document.pop("opcRequestId")
    assert document == {
        "workRequestId": direct_request.export.work_request_id,
        "image": platform.cloud.images[direct_request.image_id],
        "etag": platform.cloud.images.etag(direct_request.image_id),
        "notification": {"messageId": platform.cloud.messages[-1].message_id},
    }
    [announcement] = direct_request.accepted
    assert announcement["data"]["trigger"]["kind"] == "direct"


def test_a_direct_dry_run_is_asked_for_by_a_key(platform: LocalPlatform, direct_request: Request) -> None:
    asked = {"imageId": direct_request.image_id, "exportImageDetails": direct_request.details}

    document = platform.invoke(asked | {"dryRun": True}).json()

    assert set(document) == {"image", "etag", "opcRequestId"}
    assert [call.operation for call in direct_request.calls] == ["GetImage"]


def test_a_direct_callers_refusal_has_its_status_in_the_body(platform: LocalPlatform) -> None:
    missing = {"status": 400, "code": "MissingParameter", "message": "exportImageDetails is missing."}

    assert platform.invoke({"imageId": NO_IMAGE}).json() == missing
    assert platform.host.invoke().json()["code"] == "CannotParseRequest"


def test_a_lasting_failure_of_a_detached_call_is_published_under_its_call_id(
    platform: LocalPlatform, direct_request: Request
) -> None:
    platform.cloud.images.remove(direct_request.image_id)

    reply = direct_request.send(detached=True)

    assert not reply.invocation.failed
    [rejection] = direct_request.announced("rejected")
    assert rejection["id"] == f"{reply.invocation.call_id}/rejected"
    assert rejection["data"]["code"] == "NotAuthorizedOrNotFound"


def test_a_detached_call_to_a_destination_that_is_not_listed_is_published_with_what_it_asked_for(
    platform: LocalPlatform, direct_request: Request
) -> None:
    elsewhere = direct_request.details | {"bucketName": "elsewhere"}
    asked = {"imageId": direct_request.image_id, "exportImageDetails": elsewhere}
    detached = {"fn-invoke-type": "detached"}

    invocation = platform.invoke(asked, detached)

    assert not invocation.failed
    [rejection] = direct_request.announced("rejected")
    data = rejection["data"]
    assert (data["code"], data["exportFormat"]) == ("NotAllowed", "OCI")
    assert data["destination"] == {
        key: elsewhere[key] for key in ("namespaceName", "bucketName", "objectName")
    }
    line = line_of(platform, invocation.call_id)
    assert (line["imageId"], line["code"]) == (direct_request.image_id, "NotAllowed")
    assert line["destination"] == "/".join(data["destination"].values())
    # A dry run publishes nothing, whoever reads its reply.
    platform.invoke(asked | {"dryRun": True}, detached)
    assert len(direct_request.announced("rejected")) == 1
    assert not direct_request.calls


def test_a_passing_failure_of_a_detached_call_fails_the_invocation(
    platform: LocalPlatform, direct_request: Request
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))

    assert direct_request.send(detached=True).invocation.failed
    assert not direct_request.announced("rejected")


def _with_mark(event: dict[str, Any]) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(event).encode()
