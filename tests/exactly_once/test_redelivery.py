"""The same request again, however often, early or late: the same export, announced under the same id.

Without records and with them, under each setting of what is not known about Compute.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SWITCHES, WITH_RECORDS, Platforms, Request, Trigger, set_switches

WAYS = {
    f"{switches}, {'with' if records else 'without'} records": (SWITCHES[switches], records)
    for switches, records in product(SWITCHES, (False, True))
}


@pytest.fixture(params=WAYS)
def somehow(request: pytest.FixtureRequest, platforms: Platforms) -> Iterator[LocalPlatform]:
    """A local cloud in each of the ways."""
    switches, records = WAYS[request.param]
    with platforms.borrow(**({"config": WITH_RECORDS} if records else {})) as platform:
        set_switches(platform, switches)
        yield platform


def is_known(platform: LocalPlatform) -> bool:
    """Whether a request's work request is known when it comes again: by Compute's answer, or the record."""
    return "EXPORT_RECORDS" in platform.config or not platform.cloud.switches.refuses_tuples


def told_again(request: Request) -> set[str | None]:
    """What is announced in all of a request that came twice: its work request, which none guesses."""
    return {request.export.work_request_id, *(() if is_known(request.platform) else (None,))}


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after it ended"])
def test_an_event_that_comes_again_finds_its_export(somehow: LocalPlatform, ended: bool) -> None:
    comes_again(Request(somehow), ended)


@pytest.mark.parametrize("trigger", ["gateway", "direct"])
def test_a_callers_request_that_comes_again_finds_its_export(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    comes_again(Request(platform, trigger), ended=True)


def comes_again(request: Request, ended: bool) -> None:
    first = request.send()
    if ended:
        request.end()
    # Without a record, a Compute that looks at the state first tells nothing before the export has ended.
    request.end_at_the_next_refusal()

    second = request.send()

    assert first.status == second.status == 200
    assert len(request.accepted) == 2
    assert {event["data"]["workRequestId"] for event in request.accepted} == told_again(request)


def test_an_event_that_comes_twice_at_once_makes_one_export(somehow: LocalPlatform) -> None:
    request = Request(somehow)
    request.end_at_the_next_refusal()

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(lambda _: request.send(), range(2)))

    assert [reply.document["status"] for reply in replies] == ["exported"] * 2
    assert {event["data"]["workRequestId"] for event in request.accepted} <= told_again(request)
    assert len(request.accepted) == 2


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
        cloud.events.duplicates, cloud.events.retry_delay = 0.0, 1.0

    assert any(delivery.invocation.failed for delivery in platform.deliveries)
    assert {event["id"] for event in request.accepted} == {f"{request.export.work_request_id}/accepted"}
