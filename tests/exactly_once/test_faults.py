"""Whatever fails in passing is tried again under the same retry token: one export, announced.

An event's failure that passes fails the invocation, so that the event comes again; one that lasts is told
once.
"""

import json
from typing import Any

import pytest

from tests.exactly_once.faults import PASSING, UNREADABLE
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SHORT, TRIGGERS, UNLIMITED, Request, Trigger, once

each_trigger = pytest.mark.parametrize("trigger", TRIGGERS)
# Whoever removed the topic, or its policy: the function can tell nobody, so it must not say that it did.
NO_TOPIC: dict[str, Any] = {"status": 404, "code": "NotAuthorizedOrNotFound", "times": None}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_of_compute_that_passes_costs_an_event_nothing(
    platform: LocalPlatform, event_request: Request, fault: dict[str, Any]
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", **fault))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1
    assert len(event_request.tries) == 2
    assert len(set(event_request.tokens)) == 1


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_of_notifications_that_passes_costs_no_announcement(
    platform: LocalPlatform, event_request: Request, fault: dict[str, Any]
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", **fault))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.tries) == 1
    # What arrives twice can be told by its id.
    assert {announcement["id"] for announcement in event_request.accepted} == {
        f"{event_request.export.work_request_id}/accepted"
    }


@each_trigger
def test_each_trigger_tries_again_under_the_same_token(platform: LocalPlatform, trigger: Trigger) -> None:
    request = Request(platform, trigger, token="")
    platform.cloud.faults.add(Fault("ExportImage", drop="after"))

    assert request.send().status == 200
    assert len(request.exports) == len(request.accepted) == 1
    assert len(request.tokens) == 2
    assert len(set(request.tokens)) == 1


def test_retry_after_is_waited_for(platform: LocalPlatform, event_request: Request) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=503, headers={"retry-after": "2"}))

    event_request.send()

    first, second = event_request.tries
    assert (second.time - first.time).total_seconds() >= 2


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=429, headers={"retry-after": "60"}))

    reply = event_request.send()

    assert reply.invocation.failure == "FunctionInvokeExecutionFailed"
    assert len(event_request.tries) == 1


def test_what_is_not_implemented_is_not_tried_again_at_once_but_delivered_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))

    assert event_request.send().status == 502
    assert len(event_request.tries) == 1
    assert event_request.send().document["status"] == "exported"


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_success_with_a_work_request_is_accepted_whatever_its_body(
    platform: LocalPlatform, event_request: Request, body: dict[str, Any]
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", **body))

    reply = event_request.send()

    work_request_id = event_request.export.work_request_id
    assert (reply.document["status"], reply.document["workRequestId"]) == ("exported", work_request_id)
    assert len(event_request.tries) == 1
    [announcement] = event_request.accepted
    assert announcement["data"]["workRequestId"] == work_request_id
    assert announcement["data"]["imageName"] == "golden"


@pytest.mark.parametrize("trigger", ["direct", "gateway"])
def test_a_caller_gets_the_image_from_getimage_then_or_none(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    found, not_found = (Request(platform, trigger) for _ in range(2))
    platform.cloud.faults.add(
        Fault("ExportImage", times=2, **UNREADABLE["cut"]),
        Fault("GetImage", status=404, code="NotAuthorizedOrNotFound"),
    )

    without, with_image = not_found.send(), found.send()

    image = platform.cloud.images[found.image_id]
    assert with_image.document == image if trigger == "gateway" else with_image.document["image"] == image
    assert without.document == {} if trigger == "gateway" else without.document["image"] is None
    for request, reply in ((found, with_image), (not_found, without)):
        assert reply.status == 200
        told = reply.invocation.headers.get(
            "fn-http-h-opc-work-request-id", reply.document.get("workRequestId")
        )
        assert told == request.export.work_request_id
        assert len(request.accepted) == len(request.tries) == 1


@each_trigger
def test_a_success_without_a_work_request_is_announced_without_one_under_the_same_id(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(Fault("ExportImage", without_headers=("opc-work-request-id",), times=2))

    assert request.send().status == request.send().status == 200

    assert len(request.exports) == 1
    assert [event["data"]["workRequestId"] for event in request.accepted] == [None, None]
    assert {event["id"] for event in request.accepted} == {f"{request.tokens[0]}/accepted"}
    line = platform.host.log.wait_for(
        lambda line: "its work request is not known" in line and '"level":"ERROR"' in line
    )
    assert line


def test_an_etag_of_60_kb_is_left_out(platform: LocalPlatform) -> None:
    request = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("ExportImage", headers={"etag": "x" * 60_000}))

    reply = request.send()

    assert reply.status == 200
    assert len(request.tries) == 1
    assert "fn-http-h-etag" not in reply.invocation.headers
    [announcement] = request.accepted
    assert announcement["data"]["etag"] is None


def test_an_image_of_700_levels_is_an_answer_that_nobody_can_use(platform: LocalPlatform) -> None:
    request = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("GetImage", times=None, **UNREADABLE["700 levels deep"]))
    dry_run = [("fn-http-h-opc-dry-run", "true")]

    reply = request.send(SHORT, headers=dry_run)

    assert (reply.status, reply.document["code"]) == (503, "ServiceUnavailable")


# As Compute's own, on the wire.
ODD_REFUSALS = {
    "half an emoji in the message": (
        b'{"code": "InvalidParameter", "message": "No \\ud83d."}',
        "InvalidParameter",
    ),
    "half an emoji in the code": (b'{"code": "Invalid\\ud83d", "message": "No."}', "BadRequest"),
    "100,000 brackets": (b"[" * 100_000, "BadRequest"),
    "a code of 70 KB": (json.dumps({"code": "x" * 70_000, "message": "No."}).encode(), "BadRequest"),
    "a message of 300 KB": (
        json.dumps({"code": "InvalidParameter", "message": "x" * 300_000}).encode(),
        "InvalidParameter",
    ),
}


@pytest.mark.parametrize("odd", ODD_REFUSALS)
def test_a_refusal_in_odd_words_is_told_once_and_to_a_caller_with_its_status(
    platform: LocalPlatform, event_request: Request, odd: str
) -> None:
    body, code = ODD_REFUSALS[odd]
    caller = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("ExportImage", status=400, body=body, times=2))

    assert event_request.send().document["status"] == "rejected"
    reply = caller.send()

    [rejection] = event_request.announced("rejected")
    assert rejection["data"]["code"] == code
    assert (reply.status, reply.document["code"]) == (400, code)
    assert reply.document["message"]


def test_connections_that_the_service_closed_meanwhile_cost_no_try(
    platform: LocalPlatform, event_request: Request
) -> None:
    Request(platform).send()
    platform.cloud.close_connections()

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.tries) == len(event_request.accepted) == 1


@pytest.mark.parametrize("trigger", ["direct", "gateway"])
def test_a_caller_is_told_that_its_export_runs_unannounced(platform: LocalPlatform, trigger: Trigger) -> None:
    platform.cloud.topic_rate = 0
    request = Request(platform, trigger)

    reply = request.send(SHORT)

    assert reply.status == 200
    assert len(request.exports) == 1
    told = {**reply.invocation.headers, **reply.document.get("notification", {})}
    assert "TooManyRequests" in (told.get("error"), told.get("fn-http-h-notification-error"))


def test_an_event_of_a_full_minute_comes_again_and_is_announced_then(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.topic_rate = 0
    assert event_request.send(SHORT).status == 502
    platform.cloud.topic_rate = UNLIMITED

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize("trigger", ["event", "direct"])
def test_an_export_whose_announcement_is_refused_for_good_fails_where_nobody_reads(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(Fault("PublishMessage", **NO_TOPIC))

    assert request.send(detached=trigger == "direct").status == 502
    assert len(request.exports) == 1


def test_a_rejection_that_can_not_be_published_fails_the_invocation(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.remove(event_request.image_id)
    platform.cloud.faults.add(Fault("PublishMessage", **NO_TOPIC))

    assert event_request.send().status == 502

    platform.cloud.faults.clear()
    assert event_request.send().document["status"] == "rejected"
    assert len(event_request.announced("rejected")) == 1


def test_a_rotated_resource_principal_is_read_again_within_the_try(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.resource_principal.rotate(platform.credentials)

    assert event_request.send().document["status"] == "exported"
    assert [call.status for call in event_request.tries] == [401, 200]
    assert len(set(event_request.tokens)) == 1
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_principal_whose_files_are_just_being_replaced_is_read_again_in_the_next_try(
    platform: LocalPlatform, event_request: Request
) -> None:
    key = platform.credentials / "private.pem"
    platform.cloud.resource_principal.rotate(platform.credentials)
    whole = key.read_bytes()
    key.write_bytes(whole[: len(whole) // 2])
    # The first try is refused, and finds the half; so the file is whole only after the second was received.
    once(platform, "ExportImage", "received", lambda: key.write_bytes(whole), at=2)

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_principal_that_nobody_takes_fails_an_event_so_that_it_comes_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    caller = Request(platform, "direct")
    platform.cloud.resource_principal.expire()

    assert event_request.send().status == 502
    # Whether it may be tried again is the caller's to decide.
    assert (caller.send().status, caller.exports) == (401, [])

    platform.cloud.resource_principal.rotate(platform.credentials)
    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_an_event_that_compute_does_not_authenticate_is_not_rejected_but_comes_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    # A clock, or a key that is just being rotated. The first 401 is tried again with the key read anew.
    platform.cloud.faults.add(Fault("ExportImage", status=401, code="NotAuthenticated", times=2))

    assert event_request.send().status == 502

    assert not event_request.announced("rejected")
    assert event_request.send().document["status"] == "exported"
