"""The policy on the wire: what the function may not do gets 404, as if nothing were there."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import oci
import pytest

from ...oci import Cloud, Destination, Statement
from .conftest import Clients, tuple_details

Call = Callable[[], Any]

IMAGES = "manage instance-images in compartment id {images} where any {{{operations}}}"
WORK = "inspect work-requests in compartment id {images}"
BUCKET = "read buckets in compartment id {bucket} where target.bucket.name='images'"
OBJECTS = "manage objects in compartment id {bucket} where any {{{permissions}}}"
REQUESTS = "manage buckets in compartment id {bucket} where request.permission='PAR_MANAGE'"
READ = "read objects in compartment id {bucket} where target.object.name='there'"
WRITING = ("OBJECT_CREATE", "OBJECT_OVERWRITE")
TOPIC = "use ons-topics in compartment id {function}"


@pytest.fixture
def enforced(cloud: Cloud) -> Cloud:
    """A cloud that lets the function do what it has to, by one statement for each thing."""
    operations = (
        "ExportImage",
        "GetImage",
        "ListImages",
        "GetWorkRequest",
        "ListWorkRequestErrors",
        "ListWorkRequestLogs",
    )
    names = {
        "images": cloud.compartment_id,
        "bucket": cloud.bucket_compartment_id,
        "function": cloud.function_compartment_id,
        "operations": ", ".join(f"request.operation='{name}'" for name in operations),
        "permissions": ", ".join(f"request.permission='{name}'" for name in WRITING),
    }
    cloud.policy.statements = [
        Statement.parse(f"Allow dynamic-group image-export to {part.format_map(names)}", part)
        for part in (IMAGES, WORK, BUCKET, OBJECTS, READ, REQUESTS, TOPIC)
    ]
    return cloud


@pytest.fixture
def calls(enforced: Cloud, clients: Any) -> dict[str, Call]:
    """Each operation, asked by the function."""
    image = enforced.images.add()
    work = enforced.work_requests.add(resource_id=image["id"])
    message = oci.ons.models.MessageDetails(body="hello")
    storage, place = clients.storage, (enforced.namespace, enforced.bucket)
    enforced.buckets.put(Destination(*place, "there"), b"image")
    return {
        "GetImage": lambda: clients.compute.get_image(image["id"]),
        "ListImages": lambda: clients.compute.list_images(enforced.compartment_id),
        "ExportImage": lambda: clients.compute.export_image(image["id"], tuple_details(enforced, "a.oci")),
        "GetWorkRequest": lambda: clients.work.get_work_request(work),
        "ListWorkRequestErrors": lambda: clients.work.list_work_request_errors(work),
        "ListWorkRequestLogs": lambda: clients.work.list_work_request_logs(work),
        "ListWorkRequests": lambda: clients.work.list_work_requests(enforced.compartment_id),
        "PublishMessage": lambda: clients.topic.publish_message(enforced.topic_id, message),
        "PutObject": lambda: storage.put_object(*place, "a", b"image"),
        "GetObject": lambda: storage.get_object(*place, "there"),
        "HeadObject": lambda: storage.head_object(*place, "there"),
        "CreatePreauthenticatedRequest": lambda: storage.create_preauthenticated_request(
            *place, par(enforced)
        ),
    }


def par(cloud: Cloud) -> Any:
    return oci.object_storage.models.CreatePreauthenticatedRequestDetails(
        name="export",
        access_type="ObjectWrite",
        object_name="golden.oci",
        time_expires=cloud.clock.datetime() + timedelta(hours=24),
    )


def refused(call: Call) -> tuple[int, str | None] | None:
    try:
        call()
    except oci.exceptions.ServiceError as error:
        return error.status, error.code
    return None


NOT_FOUND = (404, "NotAuthorizedOrNotFound")


READING = ("GetWorkRequest", "ListWorkRequestErrors", "ListWorkRequestLogs")


@pytest.mark.parametrize(
    ("statement", "stopped"),
    [
        (IMAGES, dict.fromkeys(("GetImage", "ListImages", "ExportImage", *READING), NOT_FOUND)),
        (WORK, {"ListWorkRequests": NOT_FOUND}),
        (BUCKET, {"ExportImage": (400, "InvalidParameter")}),
        (OBJECTS, {"PutObject": (404, "BucketNotFound")}),
        (READ, {"GetObject": (404, "BucketNotFound"), "HeadObject": (404, None)}),
        (REQUESTS, {"CreatePreauthenticatedRequest": (404, "BucketNotFound")}),
        (TOPIC, {"PublishMessage": NOT_FOUND}),
    ],
)
def test_without_its_statement_an_operation_is_refused_and_no_other(
    enforced: Cloud, calls: dict[str, Call], statement: str, stopped: dict[str, tuple[int, str | None]]
) -> None:
    with enforced.policy.without(statement):
        answers = {operation: refused(call) for operation, call in calls.items()}
    assert {operation: answer for operation, answer in answers.items() if answer} == stopped


def ended(cloud: Cloud) -> tuple[str, list[str]]:
    """How the newest export ends: its status and its errors' codes."""
    work_request_id = cloud.exports[-1].work_request_id
    cloud.work_requests.advance(work_request_id)
    status = cloud.work_requests[work_request_id]["status"]
    return status, [error["code"] for error in cloud.work_requests.errors(work_request_id)]


@pytest.mark.parametrize("permission", WRITING)
def test_an_export_fails_that_may_not_write_its_object(
    enforced: Cloud, calls: dict[str, Call], permission: str
) -> None:
    calls["ExportImage"]()
    assert ended(enforced) == ("SUCCEEDED", [])
    enforced.policy.statements = [
        Statement.parse(each.text.replace(f"'{permission}'", "'OBJECT_INSPECT'"))
        for each in enforced.policy.statements or ()
    ]
    calls["ExportImage"]()
    assert ended(enforced) == ("FAILED", ["ObjectNotWritten"])


def test_a_pre_authenticated_request_can_do_what_its_maker_may(
    enforced: Cloud, calls: dict[str, Call], clients: Any, tmp_path: Path
) -> None:
    url = enforced.endpoint + calls["CreatePreauthenticatedRequest"]().data.access_uri
    user: Any = Clients(enforced, config=enforced.api_key(tmp_path))
    place = (enforced.namespace, enforced.bucket)
    users = user.storage.create_preauthenticated_request(*place, par(enforced)).data.access_uri

    def export(uri: str = url) -> tuple[str, list[str]]:
        details = oci.core.models.ExportImageViaObjectStorageUriDetails(destination_uri=uri)
        clients.compute.export_image(enforced.images.add()["id"], details)
        return ended(enforced)

    with enforced.policy.without(BUCKET):
        assert export() == ("SUCCEEDED", [])
    assert httpx.put(url, content=b"image").status_code == 200
    with enforced.policy.without(OBJECTS):
        assert export() == ("FAILED", ["ObjectNotWritten"])
        assert httpx.put(url, content=b"image").status_code == 404
        assert export(enforced.endpoint + users) == ("SUCCEEDED", [])


def test_a_name_is_written_over_with_another_permission(enforced: Cloud, clients: Any) -> None:
    enforced.policy.statements = [
        Statement.parse(
            "Allow any-user to manage objects in tenancy where request.permission='OBJECT_CREATE'"
        )
    ]

    def put(**options: str) -> Any:
        return clients.storage.put_object(enforced.namespace, enforced.bucket, "a", b"image", **options)

    assert refused(put) is None
    assert refused(put) == (404, "BucketNotFound")
    assert refused(lambda: put(if_none_match="*")) == (412, "IfNoneMatchFailed")


def test_inspecting_an_object_is_enough_for_its_head(enforced: Cloud, clients: Any) -> None:
    place = (enforced.namespace, enforced.bucket, "there")
    enforced.buckets.put(Destination(*place), b"image")
    enforced.policy.statements = [Statement.parse("Allow any-user to inspect objects in tenancy")]
    assert refused(lambda: clients.storage.head_object(*place)) is None
    assert refused(lambda: clients.storage.get_object(*place)) == (404, "BucketNotFound")


def test_what_export_needs_can_be_less(enforced: Cloud, calls: dict[str, Call]) -> None:
    reading = f"Allow any-user to read instance-images in compartment id {enforced.compartment_id}"
    with enforced.policy.without(IMAGES):
        enforced.policy.statements = [*(enforced.policy.statements or ()), Statement.parse(reading)]
        assert refused(calls["ExportImage"]) == NOT_FOUND
        enforced.switches.export_needs = "read"
        assert refused(calls["ExportImage"]) is None


def test_work_requests_can_need_what_creating_an_image_needs(enforced: Cloud, calls: dict[str, Call]) -> None:
    enforced.switches.work_requests_need_create_image = True
    assert [refused(calls[operation]) for operation in READING] == [NOT_FOUND] * 3
    using = f"Allow any-user to use instances in compartment id {enforced.compartment_id}"
    enforced.policy.statements = [*(enforced.policy.statements or ()), Statement.parse(using)]
    assert [refused(calls[operation]) for operation in READING] == [None] * 3


def test_a_compartment_inside_another_is_covered(enforced: Cloud, clients: Any) -> None:
    inside = enforced.add_compartment(enforced.compartment_id)
    beside = enforced.add_compartment(enforced.tenancy_id)
    for compartment, answer in ((inside, None), (beside, NOT_FOUND)):
        image = enforced.images.add(compartment_id=compartment)
        assert refused(lambda image=image: clients.compute.get_image(image["id"])) == answer  # type: ignore[misc]
