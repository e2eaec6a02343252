"""Whatever passes is tried again under the same retry token: one export, announced."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.exactly_once.faults import PASSING
from tests.exactly_once.request import DOORS, Door, Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform

each_fault = pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
each_door = pytest.mark.parametrize("door", DOORS)


@each_fault
def test_a_fault_of_compute_that_passes_costs_an_event_nothing(
    platform: LocalPlatform, event_request: Request, fault: dict[str, Any]
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", **fault))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1
    assert len(event_request.tries) == 2
    assert len(set(event_request.tokens)) == 1


@each_fault
def test_a_fault_of_notifications_that_passes_costs_no_announcement(
    platform: LocalPlatform, event_request: Request, fault: dict[str, Any]
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", **fault))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.tries) == 1
    # What arrives twice can be told by its id.
    assert event_request.accepted
    assert len({announcement["id"] for announcement in event_request.accepted}) == 1


@each_door
@pytest.mark.parametrize("fault", ["500 after the work", "dropped before the work", "dropped after the work"])
def test_every_door_tries_again_under_the_same_token(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door, fault: str
) -> None:
    request = request_through(door)
    platform.cloud.faults.add(Fault("ExportImage", **PASSING[fault]))

    assert request.send().status == 200
    assert len(request.exports) == len(request.accepted) == 1
    assert len(set(request.tokens)) == 1


def test_many_faults_in_a_row_still_make_one_export(platform: LocalPlatform, event_request: Request) -> None:
    request = event_request
    for name in ("503", "dropped after the work", "a success that is HTML, after the work"):
        platform.cloud.faults.add(
            Fault("ExportImage", **PASSING[name]), Fault("PublishMessage", **PASSING[name])
        )

    assert request.send(30).status == 200
    assert len(request.exports) == 1
    assert len({announcement["id"] for announcement in request.accepted}) == 1


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


def test_a_busy_image_is_exported_once_it_is_free(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None]
) -> None:
    images, image_id = platform.cloud.images, event_request.image["id"]
    images.set_state(image_id, "PROVISIONING")
    once("ExportImage", "done", lambda: images.set_state(image_id, "AVAILABLE"))

    assert event_request.send().document["status"] == "exported"
    assert [call.status for call in event_request.tries] == [409, 200]
    assert len(event_request.exports) == len(event_request.accepted) == 1


@each_door
def test_a_success_without_a_work_request_is_announced_without_one_and_logged_as_an_error(
    platform: LocalPlatform, request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)
    platform.cloud.faults.add(Fault("ExportImage", without_headers=("opc-work-request-id",), times=2))

    assert request.send().status == request.send().status == 200

    assert len(request.exports) == 1
    first, second = request.accepted
    assert first["data"]["workRequestId"] is None
    assert first["id"] == second["id"]
    line = platform.host.log.wait_for(
        lambda line: "without a work request id" in line and request.image["id"] in line
    )
    assert '"level":"ERROR"' in line


def test_connections_that_the_service_closed_meanwhile_cost_no_try(
    platform: LocalPlatform, request_through: Callable[[Door], Request]
) -> None:
    request_through("event").send()
    platform.cloud.close_connections()
    request = request_through("event")

    assert request.send().document["status"] == "exported"
    assert len(request.tries) == len(request.accepted) == 1
