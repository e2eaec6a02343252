"""What is announced is held against what the cloud did."""

import json
from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Cloud
from ...oci.identifiers import rfc3339

Publish = Callable[..., None]


@pytest.fixture
def export(cloud: Cloud, export: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Exports an image; returns the data of a true announcement of it."""

    def start() -> dict[str, Any]:
        export(cloud.images.add()["id"])
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
        }

    return start


@pytest.fixture
def why(cloud: Cloud, clients: Any) -> Callable[..., list[str]]:
    """Publishes an announcement; returns why it is not true."""

    def publish(kind: str, data: dict[str, Any], **changes: Any) -> list[str]:
        body = json.dumps({"type": f"imageexport.{kind}", "data": data | changes})
        clients.topic.publish_message(cloud.topic_id, oci.ons.models.MessageDetails(body=body))
        return [each.why for each in cloud.untrue_announcements() if each.message is cloud.messages[-1]]

    return publish


Why = Callable[..., list[str]]
Export = Callable[[], dict[str, Any]]
ELSEWHERE = {"namespaceName": "axexampleexam", "bucketName": "images", "objectName": "another"}
NULLS = {"destination": None, "exportFormat": None, "object": None}


def test_an_accepted_export_is_one_that_was_accepted(export: Export, why: Why) -> None:
    data, other = export(), export()
    assert not why("accepted", data)
    assert why("accepted", data, workRequestId=other["workRequestId"])
    assert why("accepted", data, workRequestId="unknown")
    assert why("accepted", data, imageId=other["imageId"])
    assert why("accepted", data, destination=ELSEWHERE)
    assert why("accepted", data, exportFormat="VMDK")


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
    assert not why("failed", other, status="CANCELED")
    assert why("failed", other, status="FAILED")


def test_an_object_is_as_it_was_written(cloud: Cloud, export: Export, why: Why) -> None:
    data = export()
    cloud.work_requests.advance(data["workRequestId"])
    (stored,) = cloud.buckets.objects.values()
    told = {
        "sizeInBytes": stored.size,
        "etag": stored.etag,
        "md5": stored.md5,
        "timeModified": rfc3339(int(stored.modified)),
    }
    assert not why("succeeded", data, status="SUCCEEDED", object=told)
    other = {"sizeInBytes": 0, "etag": "x", "md5": "x", "timeModified": rfc3339(0)}
    for fact, value in other.items():
        assert why("succeeded", data, status="SUCCEEDED", object=told | {fact: value})


def test_work_requests_of_nobodys_export_have_endings_too(cloud: Cloud, why: Why) -> None:
    image_id = cloud.images.add()["id"]
    work_request_id = cloud.work_requests.add(resource_id=image_id, status="SUCCEEDED")
    data = {"workRequestId": work_request_id, "imageId": image_id, "status": "SUCCEEDED"}
    assert not why("succeeded", data)
    assert why("succeeded", data, destination=ELSEWHERE)


def test_a_rejection_claims_nothing_and_what_cant_be_read_is_not_true(why: Why) -> None:
    assert not why("rejected", {})
    assert why("accepted", {})
    assert why("succeeded", {"workRequestId": None})
