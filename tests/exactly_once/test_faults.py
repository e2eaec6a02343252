"""Whatever fails in passing is tried again under the same retry token: one export, announced.

An event's failure that passes fails the invocation, so that the event comes again; one that lasts is told
once.
"""

from typing import Any

import pytest

from tests.exactly_once.faults import PASSING, UNREADABLE
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SHORT, UNLIMITED, Request, once

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


def test_an_etag_of_60_kb_is_left_out(platform: LocalPlatform) -> None:
    request = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("ExportImage", headers={"etag": "x" * 60_000}))

    reply = request.send()

    assert reply.status == 200
    assert len(request.tries) == 1
    assert "fn-http-h-etag" not in reply.invocation.headers
    [announcement] = request.accepted
    assert announcement["data"]["etag"] is None


def test_connections_that_the_service_closed_meanwhile_cost_no_try(
    platform: LocalPlatform, event_request: Request
) -> None:
    Request(platform).send()
    platform.cloud.close_connections()

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.tries) == len(event_request.accepted) == 1


def test_an_event_of_a_full_minute_comes_again_and_is_announced_then(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.topic_rate = 0
    assert event_request.send(SHORT).status == 502
    platform.cloud.topic_rate = UNLIMITED

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_rejection_that_can_not_be_published_fails_the_invocation(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.set_state(event_request.image_id, "DELETED")
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
