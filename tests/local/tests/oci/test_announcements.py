"""What is announced is held against what the cloud did."""

import json
from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud
from ...oci.identifiers import rfc3339

TRIGGER = {"kind": "event", "id": "an event"}


@pytest.fixture
def export(cloud: Cloud, export: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Exports an image; returns the data of a true announcement of it."""

    def start(image_id: str | None = None, object_name: str = "golden.oci") -> dict[str, Any]:
        export(image_id or cloud.images.add()["id"], object_name)
        real = cloud.exports[-1]
        at = real.destination
        return {
            "imageId": real.image_id,
            "workRequestId": real.work_request_id,
            "destination": {
                "namespaceName": at.namespace,
                "bucketName": at.bucket,
                "objectName": at.object,
            },
            "exportFormat": real.format,
            "trigger": TRIGGER,
        }

    return start


@pytest.fixture
def why(cloud: Cloud, clients: Any) -> Callable[..., list[str]]:
    """Publishes an announcement; returns why it is not true."""

    def publish(kind: str, data: dict[str, Any], **changes: Any) -> list[str]:
        told = data | changes
        body = json.dumps(
            {"type": f"imageexport.{kind}", "id": f"{told.get('workRequestId')}/{kind}", "data": told}
        )
        clients.topic.publish_message(cloud.topic_id, oci.ons.models.MessageDetails(body=body))
        return [each.why for each in cloud.untrue_announcements() if each.message is cloud.messages[-1]]

    return publish


Why = Callable[..., list[str]]
Export = Callable[..., dict[str, Any]]
ELSEWHERE = {"namespaceName": "axexampleexam", "bucketName": "images", "objectName": "another"}
TIMES = ("timeAccepted", "timeStarted", "timeFinished")
NULLS = {"destination": None, "exportFormat": None, "object": None}


def test_an_accepted_export_is_one_that_was_accepted(export: Export, why: Why) -> None:
    data, other = export(), export()
    assert not why("accepted", data)
    assert why("accepted", data, workRequestId=other["workRequestId"])
    assert why("accepted", data, workRequestId="unknown")
    assert why("accepted", data, imageId=other["imageId"])
    assert why("accepted", data, destination=ELSEWHERE)
    assert why("accepted", data, exportFormat="VMDK")
    assert not why("accepted", data, trigger={"kind": "catch-up", "id": "a call"})
    assert why("accepted", data, trigger={"kind": "guess", "id": "a call"})


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


def test_an_id_says_what_is_announced(cloud: Cloud, clients: Any, export: Export) -> None:
    body = json.dumps({"type": "imageexport.accepted", "id": "1/accepted", "data": export()})
    clients.topic.publish_message(cloud.topic_id, oci.ons.models.MessageDetails(body=body))
    assert [each.why for each in cloud.untrue_announcements()] == [
        f"its id is not {cloud.exports[0].work_request_id}/accepted"
    ]
    assert not cloud.untrue_announcements(1)


def test_without_a_work_request_any_export_of_that_kind_makes_it_true(export: Export, why: Why) -> None:
    data = export() | {"workRequestId": None}
    assert not why("accepted", data)
    assert why("accepted", data, destination=ELSEWHERE)
    assert why("accepted", data, exportFormat="VMDK")


def test_an_ending_is_that_of_the_work_request(cloud: Cloud, export: Export, why: Why) -> None:
    data, other = export(), export()
    assert why("succeeded", data, status="SUCCEEDED")
    cloud.work_requests.advance(data["workRequestId"])
    cloud.work_requests.cancel(other["workRequestId"])
    assert not why("succeeded", data, status="SUCCEEDED")
    assert not why("succeeded", data, status="SUCCEEDED", **NULLS)
    assert why("failed", data, status="SUCCEEDED")
    assert why("failed", data, status="FAILED")
    assert why("succeeded", data, status="SUCCEEDED", imageId=other["imageId"])
    assert why("succeeded", data, status="SUCCEEDED", destination=ELSEWHERE)
    assert why("succeeded", data, status="SUCCEEDED", exportFormat="VMDK")
    assert why("succeeded", data, status="SUCCEEDED", workRequestId="unknown")
    assert not why("failed", other, status="CANCELED", errors=[{"code": "OperationCanceled"}])
    assert why("failed", other, status="CANCELED", errors=[{"code": "InternalError"}])
    assert why("failed", other, status="FAILED")
    times = {name: cloud.work_requests[data["workRequestId"]][name] for name in TIMES}
    assert not why("succeeded", data, status="SUCCEEDED", **times)
    assert not why("succeeded", data, status="SUCCEEDED", **dict.fromkeys(TIMES))
    for name in TIMES:
        assert why("succeeded", data, status="SUCCEEDED", **{name: rfc3339(0)})


def test_an_ending_has_the_trigger_that_was_announced(cloud: Cloud, export: Export, why: Why) -> None:
    data = export()
    cloud.work_requests.advance(data["workRequestId"])
    another = {"kind": "direct", "id": "a call"}
    assert not why("succeeded", data, status="SUCCEEDED", trigger=another)
    assert not why("accepted", data)
    assert not why("succeeded", data, status="SUCCEEDED")
    assert not why("succeeded", data, status="SUCCEEDED", trigger=None)
    assert why("succeeded", data, status="SUCCEEDED", trigger=another)


def test_an_object_is_as_it_was_written(cloud: Cloud, export: Export, why: Why) -> None:
    data = export()
    cloud.work_requests.advance(data["workRequestId"])
    told = newest_object(cloud)
    assert not why("succeeded", data, status="SUCCEEDED", object=told)
    other = {"sizeInBytes": 0, "etag": "x", "md5": "x", "timeModified": rfc3339(0)}
    for fact, value in other.items():
        assert why("succeeded", data, status="SUCCEEDED", object=told | {fact: value})


def test_an_object_is_not_that_of_another_export_to_the_same_place(
    cloud: Cloud, export: Export, why: Why
) -> None:
    first = export()
    cloud.work_requests.advance(first["workRequestId"])
    told = newest_object(cloud)
    second = export(first["imageId"])
    cloud.work_requests.advance(second["workRequestId"])
    assert not why("succeeded", first, status="SUCCEEDED", object=told)
    assert why("succeeded", first, status="SUCCEEDED", object=newest_object(cloud))
    assert not why("succeeded", second, status="SUCCEEDED", object=newest_object(cloud))
    assert why("succeeded", second, status="SUCCEEDED", object=told)
    cloud.buckets.put(cloud.exports[0].destination, b"put by somebody")
    assert not why("succeeded", first, status="SUCCEEDED", object=newest_object(cloud))


def newest_object(cloud: Cloud) -> dict[str, Any]:
    """What an announcement says of it."""
    _, stored = cloud.buckets.written[-1]
    return {
        "sizeInBytes": stored.size,
        "etag": stored.etag,
        "md5": stored.md5,
        "timeModified": rfc3339(int(stored.modified)),
    }


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
    rejected = {
        "imageId": image_id,
        "destination": ELSEWHERE | {"objectName": "golden.oci"},
        "exportFormat": "OCI",
        "trigger": TRIGGER | {"kind": kind},
    }
    assert not why("rejected", rejected)
    clock.advance(1)
    data = export(image_id)
    assert not cloud.untrue_announcements()
    clock.advance(1)
    assert why("rejected", rejected)
    assert not why("rejected", rejected, destination=ELSEWHERE)
    assert not why("rejected", rejected, destination=None)
    assert not why("rejected", rejected, trigger={"kind": "direct", "id": "a call"})
    cloud.work_requests.fail(data["workRequestId"], "InternalError", "The disk was full")
    assert not why("rejected", rejected)


def test_what_cant_be_read_is_not_true(why: Why) -> None:
    assert why("accepted", {})
    assert why("succeeded", {"workRequestId": None})
    assert why("exported", {})
