"""OCI Events of the emulator: which events a rule chooses, and how often they come."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ...oci import Clock, Cloud, Fault
from ...oci.events import matches
from .conftest import taking

EVENT = {
    "eventType": "com.oraclecloud.computeapi.createimage.end",
    "data": {
        "compartmentName": "images",
        "freeformTags": {"team": "platform"},
        "zones": ["one", "two"],
        "size": 1,
    },
}


@pytest.mark.parametrize(
    ("condition", "chosen"),
    [
        ({}, True),
        ({"eventType": "com.oraclecloud.computeapi.createimage.end"}, True),
        ({"eventType": "com.oraclecloud.computeapi.createimage"}, False),
        ({"eventType": ["x", "com.oraclecloud.computeapi.createimage.end"]}, True),
        ({"eventType": ["x", "y"]}, False),
        ({"eventType": "com.oraclecloud.computeapi.*.end"}, True),
        ({"eventType": "com.oraclecloud.*.begin"}, False),
        ({"data": {"freeformTags": {"team": "plat.orm"}}}, False),
        ({"data": {"freeformTags": {"team": "plat*"}}}, True),
        ({"data": {"freeformTags": {"team": "other"}}}, False),
        ({"data": {"freeformTags": {"unknown": "*"}}}, False),
        ({"data": {"zones": "two"}}, True),
        ({"data": {"zones": ["three", "two"]}}, True),
        ({"data": {"zones": "three"}}, False),
        ({"data": {"size": 1}}, True),
        ({"data": {"size": True}}, False),
        ({"data": "images"}, False),
        ({"eventType": {"data": "x"}}, False),
    ],
)
def test_a_condition_chooses_events(condition: Any, chosen: bool) -> None:
    assert matches(condition, EVENT) is chosen


@pytest.fixture
def delivered(cloud: Cloud) -> list[Any]:
    """The events that meet a rule and reach a target, which takes them all."""
    events: list[Any] = []
    cloud.events.deliver_to(taking(events))
    return events


def numbered(cloud: Cloud, numbers: Iterable[int]) -> None:
    for number in numbers:
        cloud.events.emit({"number": number})


def test_an_event_that_meets_a_rule_is_delivered(cloud: Cloud, delivered: list[Any]) -> None:
    cloud.events.rule({"eventType": "com.oraclecloud.computeapi.createimage.end"})
    cloud.events.emit(EVENT | {"eventType": "of.no.rule"})
    cloud.images.add(display_name="quiet")
    image = cloud.images.add(display_name="golden", announce=True)
    assert cloud.settle()
    (event,) = delivered
    assert (event["cloudEventsVersion"], event["source"]) == ("0.1", "ComputeApi")
    assert (event["data"]["resourceId"], event["data"]["resourceName"]) == (image["id"], "golden")
    assert event["extensions"] == {"compartmentId": cloud.compartment_id}


def test_an_export_is_announced_when_it_begins_and_ends(cloud: Cloud, export: Callable[..., Any]) -> None:
    work_request_id = export(cloud.images.add()["id"]).headers["opc-work-request-id"]
    cloud.work_requests.advance(work_request_id)
    assert [event["eventType"].rpartition("computeapi.")[2] for event in cloud.events.emitted] == [
        "exportimage.begin",
        "exportimage.end",
    ]


def test_an_event_may_be_lost(cloud: Cloud, delivered: list[Any]) -> None:
    cloud.events.rule({})
    cloud.faults.add(Fault("*", status=500), Fault("DeliverEvent", when=lambda event: event["number"] == 1))
    numbered(cloud, range(3))
    assert cloud.settle()
    assert [event["number"] for event in delivered] == [0, 2]
    assert len(cloud.events.emitted) == 3


def test_a_failed_delivery_is_made_again_later(cloud: Cloud, clock: Clock) -> None:
    tried = threading.Semaphore(0)
    results: Iterator[bool | Exception] = iter([False, ZeroDivisionError(), True])

    def target(event: object) -> bool:
        tried.release()
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    cloud.events.rule({})
    cloud.events.deliver_to(target)
    cloud.events.emit(EVENT)
    assert tried.acquire(timeout=30)
    assert not cloud.events.settle(0)
    for delay in (1, 2):
        while cloud.events._in_hand:
            threading.Event().wait(0.001)
        clock.advance(delay)
        assert tried.acquire(timeout=30)
    assert cloud.settle()
    assert next(results, None) is None


def test_after_so_many_tries_it_is_given_up(cloud: Cloud) -> None:
    cloud.events.retry_delay, cloud.events.max_tries = 0, 3
    tried: list[Any] = []
    cloud.events.rule({})
    cloud.events.deliver_to(taking(tried, lambda: False))
    cloud.events.emit(EVENT)
    assert cloud.settle()
    assert tried == [EVENT] * 3
    assert cloud.events.undelivered == [EVENT]


def test_some_events_come_twice_by_the_seed(tmp_path: Path) -> None:
    def twice(seed: int) -> list[int]:
        delivered: list[Any] = []
        with Cloud(tmp_path, seed=seed) as cloud:
            cloud.events.duplicates = 0.3
            cloud.events.rule({})
            cloud.events.deliver_to(taking(delivered))
            numbered(cloud, range(100))
            assert cloud.settle()
        counted = Counter(event["number"] for event in delivered)
        return [number for number, times in sorted(counted.items()) if times == 2]

    first = twice(1)
    assert 10 < len(first) < 50
    assert twice(1) == first
    assert twice(2) != first


def test_events_can_come_in_no_order(cloud: Cloud) -> None:
    begin, delivered = threading.Event(), list[Any]()
    cloud.events.unordered = True
    cloud.events.rule({})
    cloud.events.deliver_to(taking(delivered, lambda: begin.wait(30)))
    numbered(cloud, range(50))
    begin.set()
    assert cloud.settle()
    numbers = [event["number"] for event in delivered]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(50))


def test_several_workers_deliver_side_by_side(cloud: Cloud) -> None:
    together = threading.Barrier(4)
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: together.wait(30) is not None, workers=4)
    numbered(cloud, range(4))
    assert cloud.settle()
    assert not together.broken
