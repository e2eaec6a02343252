"""The policy on the wire: what the function may not do gets 404, as if nothing were there."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import oci
import pytest

from ...oci import Cloud, Destination, Statement
from .conftest import Clients, refused, tuple_details

NOT_FOUND = (404, "NotAuthorizedOrNotFound")
NO_BUCKET = (404, "BucketNotFound")
WRITE = "manage objects in tenancy where any {request.permission='OBJECT_CREATE', "
OVERWRITE = "request.permission='OBJECT_OVERWRITE'}"
Create = Callable[[Clients], str]


def allow(cloud: Cloud, *rights: str) -> None:
    """From now on the function may do this, and nothing else."""
    cloud.policy.statements = [
        Statement.parse(f"Allow dynamic-group image-export to {each}") for each in rights
    ]


@pytest.fixture
def create(cloud: Cloud) -> Create:
    """Somebody creates a pre-authenticated request; its URL."""
    details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(
        name="export",
        access_type="ObjectWrite",
        object_name="golden.oci",
        time_expires=cloud.clock.datetime() + timedelta(hours=24),
    )

    def create(somebody: Any) -> str:
        create = somebody.storage.create_preauthenticated_request
        return cloud.endpoint + str(create(cloud.namespace, cloud.bucket, details).data.access_uri)

    return create


def ended(cloud: Cloud) -> tuple[str, list[str]]:
    """How the newest export ends: its status and its errors' codes."""
    work_request_id = cloud.exports[-1].work_request_id
    cloud.work_requests.advance(work_request_id)
    status = cloud.work_requests[work_request_id]["status"]
    return status, [error["code"] for error in cloud.work_requests.errors(work_request_id)]


def test_each_service_refuses_in_its_own_words(cloud: Cloud, clients: Any, create: Create) -> None:
    image, work = cloud.images.add()["id"], cloud.work_requests.add()
    storage, place = clients.storage, (cloud.namespace, cloud.bucket, "there")
    cloud.buckets.put(Destination(*place), b"image")
    message = oci.ons.models.MessageDetails(body="hello")
    export = (clients.compute.export_image, image, tuple_details(cloud, "a.oci"))
    allow(cloud)
    assert refused(clients.compute.get_image, image) == NOT_FOUND
    assert refused(clients.compute.list_images, cloud.compartment_id) == NOT_FOUND
    assert refused(*export) == NOT_FOUND
    assert refused(clients.work.get_work_request, work) == NOT_FOUND
    assert refused(clients.work.list_work_requests, cloud.compartment_id) == NOT_FOUND
    assert refused(clients.topic.publish_message, cloud.topic_id, message) == NOT_FOUND
    assert refused(storage.put_object, *place, b"image") == NO_BUCKET
    assert refused(storage.get_object, *place) == NO_BUCKET
    assert refused(storage.head_object, *place) == (404, None)
    assert refused(create, clients) == NO_BUCKET
    # A bucket that it can't see is none.
    allow(cloud, "manage instance-images in tenancy")
    assert refused(*export) == (400, "InvalidParameter")


def test_a_pre_authenticated_request_can_do_what_its_maker_may(
    cloud: Cloud, clients: Any, create: Create, tmp_path: Path
) -> None:
    url, users = create(clients), create(Clients(cloud, config=cloud.api_key(tmp_path)))

    def export(uri: str) -> tuple[str, list[str]]:
        details = oci.core.models.ExportImageViaObjectStorageUriDetails(destination_uri=uri)
        clients.compute.export_image(cloud.images.add()["id"], details)
        return ended(cloud)

    allow(cloud, "manage instance-images in tenancy", WRITE + OVERWRITE)
    assert export(url) == ("SUCCEEDED", [])
    assert httpx.put(url, content=b"image").status_code == 200
    # An export needs both permissions when it writes.
    for rights in ((), (WRITE + OVERWRITE.replace("OVERWRITE", "INSPECT"),)):
        allow(cloud, "manage instance-images in tenancy", *rights)
        assert export(url) == ("FAILED", ["ObjectNotWritten"])
        assert httpx.put(url, content=b"image").status_code == 404
        assert export(users) == ("SUCCEEDED", [])


def test_a_name_is_written_over_with_another_permission(cloud: Cloud, clients: Any) -> None:
    allow(cloud, "manage objects in tenancy where request.permission='OBJECT_CREATE'")
    put = (clients.storage.put_object, cloud.namespace, cloud.bucket, "a", b"image")
    put[0](*put[1:])
    assert refused(*put) == NO_BUCKET
    assert refused(*put, if_none_match="*") == (412, "IfNoneMatchFailed")


def test_inspecting_an_object_is_enough_for_its_head(cloud: Cloud, clients: Any) -> None:
    place = (cloud.namespace, cloud.bucket, "there")
    cloud.buckets.put(Destination(*place), b"image")
    allow(cloud, "inspect objects in tenancy")
    assert clients.storage.head_object(*place).status == 200
    assert refused(clients.storage.get_object, *place) == NO_BUCKET


def test_a_compartment_inside_another_is_covered(cloud: Cloud, clients: Any) -> None:
    allow(cloud, f"inspect instance-images in compartment id {cloud.compartment_id}")
    inside = cloud.images.add(compartment_id=cloud.add_compartment(cloud.compartment_id))
    beside = cloud.images.add(compartment_id=cloud.add_compartment(cloud.tenancy_id))
    assert clients.compute.get_image(inside["id"]).status == 200
    assert refused(clients.compute.get_image, beside["id"]) == NOT_FOUND
