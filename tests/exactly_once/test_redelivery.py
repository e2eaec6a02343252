"""The same event again, however often, early or late: the same export, announced under the same id."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.exactly_once.faults import PASSING
from tests.exactly_once.request import Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform

by_bucket_or_by_fallback = pytest.mark.parametrize("by", ["by bucket", "by fallback"])
LOOKS = ("IncorrectState", "Conflict", "InvalidatedRetryToken")


def ids(request: Request) -> set[str]:
    """The ids under which the image's export was announced."""
    return {announcement["id"] for announcement in request.accepted}


@by_bucket_or_by_fallback
def test_an_event_that_comes_again_while_its_export_runs_finds_it(
    platform: LocalPlatform, event_request: Request, by: str
) -> None:
    platform.cloud.switches.refuses_tuples = by == "by fallback"

    first, second = event_request.send(), event_request.send()

    [export] = event_request.exports
    assert first.document["workRequestId"] == second.document["workRequestId"] == export.work_request_id
    assert ids(event_request) == {export.work_request_id}


@by_bucket_or_by_fallback
def test_an_event_that_comes_again_after_its_export_ended_finds_it(
    platform: LocalPlatform, event_request: Request, by: str
) -> None:
    platform.cloud.switches.refuses_tuples = by == "by fallback"

    first = event_request.send()
    event_request.end()
    second = event_request.send()

    [export] = event_request.exports
    assert first.document["workRequestId"] == second.document["workRequestId"] == export.work_request_id
    assert ids(event_request) == {export.work_request_id}


@by_bucket_or_by_fallback
def test_an_event_that_comes_twice_at_once_makes_one_export(
    platform: LocalPlatform, event_request: Request, by: str
) -> None:
    platform.cloud.switches.refuses_tuples = by == "by fallback"

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(lambda _: event_request.send(), range(2)))

    [export] = event_request.exports
    assert {reply.document["workRequestId"] for reply in replies} == {export.work_request_id}
    assert ids(event_request) == {export.work_request_id}


def test_different_events_of_one_image_are_different_requests(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send()
    event_request.end()

    platform.deliver(event_request.event | {"eventID": "another"})

    assert len(event_request.exports) == 2
    assert len(set(event_request.tokens)) == 2


@pytest.mark.parametrize("code", LOOKS)
def test_a_refusal_behind_which_the_export_runs_is_that_export(
    platform: LocalPlatform, event_request: Request, code: str
) -> None:
    event_request.send()
    platform.cloud.faults.add(Fault("ExportImage", status=409, code=code))

    reply = event_request.send()

    [export] = event_request.exports
    assert reply.document["workRequestId"] == export.work_request_id
    assert ids(event_request) == {export.work_request_id}


# A list is what a lookup is answered with; an object is none.
@pytest.mark.parametrize("body", [b"{}", b"null", b"<html>", b""])
def test_a_lookup_answered_with_something_else_than_a_list_is_made_again(
    platform: LocalPlatform, event_request: Request, body: bytes
) -> None:
    event_request.send()
    platform.cloud.faults.add(
        Fault("ExportImage", status=409, code="Conflict", times=2), Fault("ListWorkRequests", body=body)
    )

    reply = event_request.send()

    [export] = event_request.exports
    assert reply.document["workRequestId"] == export.work_request_id


@pytest.mark.parametrize("fault", ["429", "503", "502 as HTML", "dropped before the work"])
def test_a_lookup_that_fails_is_made_again(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    event_request.send()
    platform.cloud.faults.add(
        Fault("ExportImage", status=409, code="Conflict", times=2),
        Fault("ListWorkRequests", **PASSING[fault]),
    )

    reply = event_request.send()

    [export] = event_request.exports
    assert reply.document["workRequestId"] == export.work_request_id


@pytest.mark.parametrize("code", ["Conflict", "InvalidatedRetryToken"])
def test_a_refusal_behind_which_nothing_runs_is_announced_as_a_rejection(
    platform: LocalPlatform, event_request: Request, code: str
) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=409, code=code, times=None))

    assert event_request.send().document["status"] == "rejected"

    assert not event_request.exports
    [rejection] = event_request.announced("rejected")
    assert rejection["data"]["code"] == code


def test_an_image_that_stays_busy_fails_the_invocation_so_that_the_event_comes_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.set_state(event_request.image["id"], "PROVISIONING")

    assert event_request.send(2).status == 502
    assert not event_request.announced("rejected")

    platform.cloud.images.set_state(event_request.image["id"], "AVAILABLE")
    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_an_export_of_another_image_is_no_explanation(
    platform: LocalPlatform, event_request: Request
) -> None:
    Request(platform).send()
    platform.cloud.faults.add(Fault("ExportImage", status=409, code="Conflict", times=None))

    assert event_request.send().document["status"] == "rejected"


@pytest.mark.parametrize("door", ["direct", "gateway"])
def test_a_caller_who_reads_the_reply_gets_the_conflict_and_no_other_ones_export(
    platform: LocalPlatform, event_request: Request, door: str, request_through: Callable[..., Request]
) -> None:
    event_request.send()
    request = Request(platform, door, event_request.image)  # type: ignore[arg-type]
    platform.cloud.faults.add(Fault("ExportImage", status=409, code="Conflict"))

    reply = request.send()

    assert (reply.status, reply.document["code"]) == (409, "Conflict")
    assert len(request.exports) == len(request.accepted) == 1


def test_an_event_of_a_rejected_export_can_be_told_when_it_comes_again(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.images.remove(event_request.image["id"])

    event_request.send()
    event_request.send()

    first, second = event_request.announced("rejected")
    assert first["id"] == second["id"]
    assert first["data"]["code"] == "NotAuthorizedOrNotFound"


def test_a_failed_delivery_comes_again_from_the_events_service_and_twice_is_as_good_as_once(
    platform: LocalPlatform,
) -> None:
    cloud = platform.cloud
    cloud.faults.add(Fault("ExportImage", status=501), Fault("PublishMessage", status=501))
    cloud.events.duplicates, cloud.events.retry_delay = 1.0, 0.1
    cloud.events.deliver_to(platform.deliver, workers=2)
    try:
        request = Request(platform)
        assert cloud.settle()
    finally:
        cloud.events.deliver_to(lambda _: True)
        cloud.events.duplicates, cloud.events.retry_delay = 0.0, 1.0

    assert any(delivery.invocation.failed for delivery in platform.deliveries)
    [export] = request.exports
    assert ids(request) == {export.work_request_id}
    assert json.loads(cloud.messages[-1].body)["data"]["imageId"] == request.image["id"]
