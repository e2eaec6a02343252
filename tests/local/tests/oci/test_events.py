"""OCI Events of the emulator: which events a rule chooses, and how often they come."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ...oci import Clock, Cloud, Fault
from ...oci.events import matches

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


def test_a_new_image_is_announced(cloud: Cloud) -> None:
    cloud.events.rule({"eventType": "com.oraclecloud.computeapi.createimage.end"})
    cloud.events.deliver_to(lambda event: True)
    cloud.images.add(display_name="quiet")
    image = cloud.images.add(display_name="golden", announce=True)
    assert cloud.settle()
    event = cloud.events.attempts[0].item
    assert len(cloud.events.attempts) == 1
    assert event["cloudEventsVersion"] == "0.1"
    assert event["source"] == "ComputeApi"
    assert event["data"]["resourceId"] == image["id"]
    assert event["data"]["resourceName"] == "golden"
    assert event["extensions"] == {"compartmentId": cloud.compartment_id}


def test_an_export_is_announced_when_it_begins_and_ends(cloud: Cloud, export: Callable[..., Any]) -> None:
    work_request_id = export(cloud.images.add()["id"]).headers["opc-work-request-id"]
    cloud.work_requests.advance(work_request_id)
    assert [event["eventType"].rpartition("computeapi.")[2] for event in cloud.events.emitted] == [
        "exportimage.begin",
        "exportimage.end",
    ]


def test_what_meets_no_rule_is_not_delivered(cloud: Cloud) -> None:
    cloud.events.rule({"eventType": "*.exportimage.end"})
    cloud.events.deliver_to(lambda event: True)
    cloud.events.emit(EVENT)
    assert cloud.settle()
    assert not cloud.events.attempts


def test_an_event_may_be_lost(cloud: Cloud) -> None:
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: True)
    cloud.faults.add(Fault("*", status=500), Fault("DeliverEvent", when=lambda event: event["number"] == 1))
    for number in (0, 1, 2):
        cloud.events.emit({"number": number})
    assert cloud.settle()
    assert [attempt.item["number"] for attempt in cloud.events.attempts] == [0, 2]
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
        wait_for(lambda: not cloud.events._in_hand)
        clock.advance(delay)
        assert tried.acquire(timeout=30)
    assert cloud.settle()
    assert [attempt.succeeded for attempt in cloud.events.attempts] == [False, False, True]
    assert isinstance(cloud.events.attempts[1].error, ZeroDivisionError)


def wait_for(true: Callable[[], bool]) -> None:
    while not true():
        threading.Event().wait(0.001)


def test_after_so_many_tries_it_is_given_up(cloud: Cloud) -> None:
    cloud.events.retry_delay, cloud.events.max_tries = 0, 3
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: False)
    cloud.events.emit(EVENT)
    assert cloud.settle()
    assert [attempt.number for attempt in cloud.events.attempts] == [1, 2, 3]
    assert cloud.events.undelivered == [EVENT]


def test_some_events_come_twice_by_the_seed(tmp_path: Path) -> None:
    def twice(seed: int) -> list[int]:
        with Cloud(tmp_path, seed=seed) as cloud:
            cloud.events.duplicates = 0.3
            cloud.events.rule({})
            cloud.events.deliver_to(lambda event: True)
            for number in range(100):
                cloud.events.emit({"number": number})
            assert cloud.settle()
            counted = Counter(attempt.item["number"] for attempt in cloud.events.attempts)
        return [number for number, times in sorted(counted.items()) if times == 2]

    first = twice(1)
    assert 10 < len(first) < 50
    assert twice(1) == first
    assert twice(2) != first


def test_events_can_come_in_no_order(cloud: Cloud) -> None:
    begin = threading.Event()
    cloud.events.unordered = True
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: begin.wait(30))
    for number in range(50):
        cloud.events.emit({"number": number})
    begin.set()
    assert cloud.settle()
    numbers = [attempt.item["number"] for attempt in cloud.events.attempts]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(50))


def test_several_workers_deliver_side_by_side(cloud: Cloud) -> None:
    together = threading.Barrier(4)
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: together.wait(30) is not None, workers=4)
    for number in range(4):
        cloud.events.emit({"number": number})
    assert cloud.settle()
    assert len(cloud.events.attempts) == 4
