"""The end of an export is announced, whatever fails on the way, and under the same id if announced again."""

import json
from collections.abc import Callable

import pytest

from tests.exactly_once.faults import PASSING
from tests.exactly_once.request import Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform

FAULTS = ("429", "503", "502 as HTML", "a success that is HTML", "dropped after the work")


@pytest.fixture
def ended(event_request: Request) -> Request:
    """A request whose export ended well."""
    event_request.send()
    event_request.end()
    return event_request


@pytest.mark.parametrize("operation", ["ListWorkRequests", "GetWorkRequest", "PublishMessage"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_costs_no_announcement_of_an_ending(
    platform: LocalPlatform, ended: Request, operation: str, fault: str
) -> None:
    platform.cloud.faults.add(Fault(operation, **PASSING[fault]))

    assert ended.send_ending().document["status"] == "announced"
    [export] = ended.exports
    assert {announcement["id"] for announcement in ended.announced("succeeded")} == {export.work_request_id}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_reasons_of_a_failed_export_are_told_whatever_fails_in_reading_them(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    event_request.send()
    [export] = event_request.exports
    platform.cloud.work_requests.fail(export.work_request_id, "InternalError", "Out of host capacity")
    platform.cloud.faults.add(Fault("ListWorkRequestErrors", **PASSING[fault]))

    assert event_request.send_ending().document["exportStatus"] == "FAILED"
    [announcement] = event_request.announced("failed")
    assert announcement["data"]["errors"] == [{"code": "InternalError", "message": "Out of host capacity"}]


@pytest.mark.parametrize(
    "step", [("GetWorkRequest", "done"), ("PublishMessage", "received"), ("PublishMessage", "done")]
)
def test_an_ending_whose_container_is_killed_is_announced_under_one_id(
    platform: LocalPlatform, ended: Request, once: Callable[..., None], step: tuple[str, str]
) -> None:
    once(*step, platform.host.kill_busy)

    assert ended.send_ending().invocation.failed
    assert ended.send_ending().document["status"] == "announced"
    [export] = ended.exports
    assert {announcement["id"] for announcement in ended.announced("succeeded")} == {export.work_request_id}


def test_an_event_that_comes_before_its_work_request_has_ended_waits_for_it_or_comes_again(
    platform: LocalPlatform, ended: Request, once: Callable[..., None]
) -> None:
    [first] = ended.exports
    running = platform.cloud.work_requests.add(resource_id=ended.image["id"])
    platform.cloud.faults.add(Fault("ListWorkRequests", times=None, body=_listed(platform, running)))

    assert ended.send_ending(2).status == 502
    assert not ended.announced("succeeded")

    once("GetWorkRequest", "done", lambda: platform.cloud.work_requests.advance(running))
    assert ended.send_ending().document["workRequestId"] == running != first.work_request_id


def _listed(platform: LocalPlatform, work_request_id: str) -> bytes:
    """A list of that work request alone."""
    return json.dumps([platform.cloud.work_requests[work_request_id]]).encode()
