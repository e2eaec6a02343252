"""The policy on the wire: what the function may not do gets 404, as if nothing were there."""

from pathlib import Path
from typing import Any

import httpx
import oci

from ...oci import Cloud, Destination, Statement
from .conftest import Clients, create_par, refused, tuple_details

NOT_FOUND = (404, "NotAuthorizedOrNotFound")
NO_BUCKET = (404, "BucketNotFound")
WRITE = "manage objects in tenancy where any {request.permission='OBJECT_CREATE', "
OVERWRITE = "request.permission='OBJECT_OVERWRITE'}"


def allow(cloud: Cloud, *rights: str) -> None:
    """From now on the function may do this, and nothing else."""
    cloud.policy.statements = [
        Statement.parse(f"Allow dynamic-group image-export to {each}") for each in rights
    ]


def ended(cloud: Cloud) -> tuple[str, list[str]]:
    """How the newest export ends: its status and its errors' codes."""
    work_request_id = cloud.exports[-1].work_request_id
    cloud.work_requests.advance(work_request_id)
    status = cloud.work_requests[work_request_id]["status"]
    return status, [error["code"] for error in cloud.work_requests.errors(work_request_id)]


def test_each_service_refuses_in_its_own_words(cloud: Cloud, clients: Any) -> None:
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
    assert refused(create_par, cloud, clients) == NO_BUCKET
    # A bucket that it can't see is none.
    allow(cloud, "manage instance-images in tenancy")
    assert refused(*export) == (400, "InvalidParameter")


def test_a_pre_authenticated_request_can_do_what_its_maker_may(
    cloud: Cloud, clients: Any, tmp_path: Path
) -> None:
    makers = (clients, Clients(cloud, config=cloud.api_key(tmp_path)))
    url, users = (cloud.endpoint + create_par(cloud, maker).access_uri for maker in makers)

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


def test_a_name_is_written_over_with_another_permission_and_its_head_is_read_with_less(
    cloud: Cloud, clients: Any
) -> None:
    place = (cloud.namespace, cloud.bucket, "there")
    allow(cloud, "manage objects in tenancy where request.permission='OBJECT_CREATE'")
    clients.storage.put_object(*place, b"image")
    assert refused(clients.storage.put_object, *place, b"image") == NO_BUCKET
    exists = refused(clients.storage.put_object, *place, b"image", if_none_match="*")
    assert exists == (412, "IfNoneMatchFailed")
    allow(cloud, "inspect objects in tenancy")
    assert clients.storage.head_object(*place).status == 200
    assert refused(clients.storage.get_object, *place) == NO_BUCKET


def test_a_compartment_inside_another_is_covered(cloud: Cloud, clients: Any) -> None:
    allow(cloud, f"inspect instance-images in compartment id {cloud.compartment_id}")
    inside = cloud.images.add(compartment_id=cloud.add_compartment(cloud.compartment_id))
    beside = cloud.images.add(compartment_id=cloud.add_compartment(cloud.tenancy_id))
    assert clients.compute.get_image(inside["id"]).status == 200
    assert refused(clients.compute.get_image, beside["id"]) == NOT_FOUND
