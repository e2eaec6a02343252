"""OCI Events of the emulator: which events a rule chooses, and how often they come."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...oci import Cloud, Fault
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
        ({"eventType": "com.oraclecloud.computeapi.createimage"}, False),
        ({"eventType": ["x", "com.oraclecloud.computeapi.createimage.end"]}, True),
        ({"eventType": ["x", "y"]}, False),
        ({"eventType": "com.oraclecloud.computeapi.*.end"}, True),
        ({"eventType": "com.oraclecloud.*.begin"}, False),
        ({"data": {"freeformTags": {"team": "plat.orm"}}}, False),
        ({"data": {"freeformTags": {"team": "plat*"}}}, True),
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


def taking(events: list[Any]) -> Callable[[Any], bool]:
    """A target that keeps what it gets."""

    def target(event: Any) -> bool:
        events.append(event)
        return True

    return target


def test_an_event_that_meets_a_rule_is_delivered_unless_it_is_lost(cloud: Cloud) -> None:
    delivered: list[Any] = []
    cloud.events.deliver_to(taking(delivered))
    cloud.events.rule({"eventType": "com.oraclecloud.computeapi.createimage.end"})
    lost = Fault("DeliverEvent", when=lambda event: event["data"]["resourceName"] == "lost")
    cloud.faults.add(Fault("*", status=500), lost)
    cloud.events.emit(EVENT | {"eventType": "of.no.rule"})
    cloud.images.add("quiet")
    cloud.images.add("lost", announce=True)
    image = cloud.images.add("golden", announce=True)
    assert cloud.settle()
    assert len(cloud.events.emitted) == 3
    (event,) = delivered
    assert (event["cloudEventsVersion"], event["source"]) == ("0.1", "ComputeApi")
    assert (event["data"]["resourceId"], event["data"]["resourceName"]) == (image["id"], "golden")
    assert event["extensions"] == {"compartmentId": cloud.compartment_id}


def test_an_event_that_keeps_failing_is_given_up(cloud: Cloud) -> None:
    tried: list[Any] = []

    def fail(event: Any) -> bool:
        tried.append(event)
        raise ZeroDivisionError

    cloud.events.retry_delay, cloud.events.max_tries = 0, 2
    cloud.events.rule({})
    cloud.events.deliver_to(fail)
    cloud.events.emit(EVENT)
    assert cloud.settle()
    assert tried == [EVENT] * 2
    assert cloud.events.undelivered == [EVENT]


def test_by_the_seed_some_events_come_twice_and_in_no_order(tmp_path: Path) -> None:
    def came(seed: int) -> list[int]:
        delivered: list[Any] = []
        cloud = Cloud(tmp_path, seed=seed, serve=False)
        cloud.events.duplicates, cloud.events.unordered = 0.3, True
        cloud.events.rule({})
        cloud.events.deliver_to(taking(delivered))
        for number in range(100):
            cloud.events.emit({"number": number})
        assert cloud.settle()
        return [event["number"] for event in delivered]

    first = came(1)
    assert set(first) == set(range(100))
    assert 10 < len(first) - 100 < 50
    assert first != sorted(first)
    assert came(1) == first
    assert came(2) != first


def test_several_workers_deliver_side_by_side(cloud: Cloud) -> None:
    together = threading.Barrier(4)
    cloud.events.rule({})
    cloud.events.deliver_to(lambda event: together.wait(30) is not None, workers=4)
    for _ in range(4):
        cloud.events.emit({})
    assert cloud.settle()
    assert not together.broken
