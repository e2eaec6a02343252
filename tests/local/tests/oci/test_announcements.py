"""What is announced is held against what the cloud did."""

import json
from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud
from ...oci.announcements import untrue
from ...oci.identifiers import rfc3339

Why = Callable[..., list[str]]
Export = Callable[..., dict[str, Any]]
TRIGGER, ANOTHER = {"kind": "event", "id": "an event"}, {"kind": "direct", "id": "a call"}
HERE = {"namespaceName": "axexampleexam", "bucketName": "images", "objectName": "golden.oci"}
ELSEWHERE = HERE | {"objectName": "another"}
TIMES = ("timeAccepted", "timeStarted", "timeFinished")
FACTS = {"sizeInBytes": 0, "etag": "x", "md5": "x", "timeModified": rfc3339(0)}


@pytest.fixture
def export(cloud: Cloud, export: Callable[..., Any]) -> Export:
    """Exports an image, to its end where one is given; the data of a true announcement of it."""

    def start(image_id: str | None = None, end: float = 0) -> dict[str, Any]:
        export(image_id or cloud.images.add()["id"], "golden.oci")
        real = cloud.exports[-1]
        cloud.work_requests.advance(real.work_request_id, end)
        return {
            "imageId": real.image_id,
            "workRequestId": real.work_request_id,
            "destination": HERE,
            "exportFormat": real.format,
            "trigger": TRIGGER,
            "status": "SUCCEEDED",
        }

    return start


@pytest.fixture
def why(cloud: Cloud, clients: Any) -> Why:
    """Publishes an announcement; returns why it is not true."""

    def publish(kind: str, data: dict[str, Any], announcement_id: str = "", **changes: Any) -> list[str]:
        told = data | changes
        named = announcement_id or f"{told.get('workRequestId')}/{kind}"
        body = json.dumps({"type": f"imageexport.{kind}", "id": named, "data": told})
        clients.topic.publish_message(cloud.topic_id, oci.ons.models.MessageDetails(body=body))
        return [why for _, why in untrue(cloud, len(cloud.messages) - 1)]

    return publish


def test_an_accepted_export_is_one_that_was_accepted(export: Export, why: Why) -> None:
    data, other = export(), export()
    for true in ({}, {"workRequestId": None}, {"trigger": TRIGGER | {"kind": "catch-up"}}):
        assert not why("accepted", data, **true)
    for wrong in (
        {"workRequestId": other["workRequestId"]},
        {"workRequestId": "unknown"},
        {"imageId": other["imageId"]},
        {"destination": ELSEWHERE},
        {"exportFormat": "VMDK"},
        {"workRequestId": None, "exportFormat": "VMDK"},
        {"trigger": TRIGGER | {"kind": "guess"}},
    ):
        assert why("accepted", data, **wrong)
    expected = f"{data['workRequestId']}/accepted"
    assert why("accepted", data, announcement_id="1/accepted") == [f"its id is not {expected}"]


def test_anothers_export_is_not_accepted_and_its_ending_is_one(
    cloud: Cloud, export: Export, why: Why
) -> None:
    image_id = cloud.images.add()["id"]
    other = cloud.export_as_another(image_id, "golden.oci")
    cloud.work_requests.advance(other.work_request_id)
    theirs = {"imageId": image_id, "workRequestId": other.work_request_id}
    mine = export(image_id)
    assert not why("succeeded", theirs, status="SUCCEEDED")
    assert why("accepted", mine | theirs)
    assert not why("accepted", mine)


def test_an_ending_is_that_of_the_work_request(cloud: Cloud, export: Export, why: Why) -> None:
    data = export()
    assert why("succeeded", data)
    cloud.work_requests.advance(data["workRequestId"])
    other = export()
    times = {name: cloud.work_requests[data["workRequestId"]][name] for name in TIMES}
    for true in ({}, {"destination": None, "exportFormat": None}, times, dict.fromkeys(TIMES)):
        assert not why("succeeded", data, **true)
    for wrong in (
        {"status": "FAILED"},
        {"imageId": other["imageId"]},
        {"destination": ELSEWHERE},
        {"exportFormat": "VMDK"},
        {"workRequestId": "unknown"},
        *({name: rfc3339(0)} for name in TIMES),
    ):
        assert why("succeeded", data, **wrong)
    assert why("failed", data)


def test_a_failure_has_the_errors_of_the_work_request(cloud: Cloud, export: Export, why: Why) -> None:
    data = export() | {"status": "CANCELED"}
    cloud.work_requests.cancel(data["workRequestId"])
    assert not why("failed", data, errors=[{"code": "OperationCanceled"}])
    assert why("failed", data, errors=[{"code": "InternalError"}])
    assert why("failed", data, status="FAILED")


def test_an_ending_has_the_trigger_that_was_announced(export: Export, why: Why) -> None:
    data = export(end=100)
    assert not why("succeeded", data, trigger=ANOTHER)
    assert not why("accepted", data)
    assert not why("succeeded", data)
    assert not why("succeeded", data, trigger=None)
    assert why("succeeded", data, trigger=ANOTHER)


def test_an_object_is_as_that_export_or_somebody_wrote_it(cloud: Cloud, export: Export, why: Why) -> None:
    first = export(end=100)
    firsts = newest_object(cloud)
    assert not why("succeeded", first, object=firsts)
    for fact, value in FACTS.items():
        assert why("succeeded", first, object=firsts | {fact: value})
    second = export(first["imageId"], end=100)
    assert why("succeeded", first, object=newest_object(cloud))
    assert not why("succeeded", second, object=newest_object(cloud))
    assert why("succeeded", second, object=firsts)
    cloud.buckets.put(cloud.exports[0].destination, b"put by somebody")
    assert not why("succeeded", first, object=newest_object(cloud))


def newest_object(cloud: Cloud) -> dict[str, Any]:
    """What an announcement says of it."""
    _, stored = cloud.buckets.written[-1]
    facts = (stored.size, stored.etag, stored.md5, rfc3339(int(stored.modified)))
    return dict(zip(FACTS, facts, strict=True))


def test_work_requests_of_nobodys_export_have_endings_too(cloud: Cloud, why: Why) -> None:
    image_id = cloud.images.add()["id"]
    work_request_id = cloud.work_requests.add(resource_id=image_id, status="SUCCEEDED")
    data = {"workRequestId": work_request_id, "imageId": image_id, "status": "SUCCEEDED"}
    assert not why("succeeded", data)
    assert why("succeeded", data, destination=ELSEWHERE)


@pytest.mark.parametrize("kind", ["event", "catch-up"])
def test_what_was_exported_was_not_rejected_unless_it_failed(
    cloud: Cloud, clock: Clock, export: Export, why: Why, kind: str
) -> None:
    image_id = cloud.images.add()["id"]
    told = {"destination": HERE, "exportFormat": "OCI", "trigger": TRIGGER | {"kind": kind}}
    rejected = told | {"imageId": image_id}
    assert not why("rejected", rejected)
    clock.advance(1)
    data = export(image_id)
    assert not untrue(cloud)
    clock.advance(1)
    assert why("rejected", rejected)
    for true in ({"destination": ELSEWHERE}, {"destination": None}, {"trigger": ANOTHER}):
        assert not why("rejected", rejected, **true)
    cloud.work_requests.fail(data["workRequestId"], "InternalError", "The disk was full")
    assert not why("rejected", rejected)


def test_what_cant_be_read_is_not_true(why: Why) -> None:
    assert why("accepted", {})
    assert why("succeeded", {"workRequestId": None})
    assert why("exported", {})
