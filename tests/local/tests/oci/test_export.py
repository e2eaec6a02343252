"""ExportImage of the emulator, called by the vendor's SDK."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ...oci import Clock, Cloud, Destination
from .conftest import failure, refused, tuple_details

Export = Callable[..., Any]
ONCE = {"opc_retry_token": "once"}
URI = '{"destinationType": "objectStorageUri", '


def test_an_export_is_accepted_with_the_image_and_its_work_request(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add(display_name="golden", launch_mode="QUANTUM")
    answer = export(image["id"], **ONCE)
    (accepted,) = cloud.exports
    assert answer.status == 200
    assert answer.data.lifecycle_state == "EXPORTING"
    assert answer.headers["opc-work-request-id"] == accepted.work_request_id
    assert answer.headers["etag"]
    assert answer.headers["opc-request-id"].count("/") == 2
    assert accepted.destination == Destination(cloud.namespace, cloud.bucket, "golden.oci")
    assert (accepted.via, accepted.format, accepted.retry_token) == ("tuple", "OCI", "once")
    assert cloud.images[image["id"]]["launchMode"] == "QUANTUM"


def test_the_object_is_there_when_the_work_request_has_succeeded(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add()
    work_request_id = export(image["id"], "2026/golden.oci").headers["opc-work-request-id"]
    path = cloud.folder / cloud.namespace / cloud.bucket / "2026" / "golden.oci"
    assert not path.exists()
    cloud.work_requests.advance(work_request_id, to=40)
    assert cloud.work_requests[work_request_id]["percentComplete"] == 40
    assert cloud.images[image["id"]]["lifecycleState"] == "EXPORTING"
    cloud.work_requests.advance(work_request_id)
    assert cloud.work_requests[work_request_id]["status"] == "SUCCEEDED"
    assert cloud.images[image["id"]]["lifecycleState"] == "AVAILABLE"
    assert json.loads(path.read_text())["image"] == image["id"]


def test_the_same_retry_token_and_request_get_the_first_answer_again(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add()
    first = export(image["id"], **ONCE)
    again = export(image["id"], **ONCE)
    assert again.headers["opc-work-request-id"] == first.headers["opc-work-request-id"]
    assert again.data == first.data
    assert len(cloud.exports) == 1


def test_a_retry_token_with_another_request_is_refused(cloud: Cloud, export: Export) -> None:
    image, other = cloud.images.add(), cloud.images.add()
    export(image["id"], **ONCE)
    assert refused(export, image["id"], "other", **ONCE) == (409, "InvalidatedRetryToken")
    assert refused(export, other["id"], **ONCE) == (409, "InvalidatedRetryToken")
    assert len(cloud.exports) == 1


def test_a_retry_token_is_forgotten_after_a_day(cloud: Cloud, export: Export, clock: Clock) -> None:
    image = cloud.images.add()
    cloud.work_requests.advance(export(image["id"], **ONCE).headers["opc-work-request-id"])
    clock.advance(24 * 3600 - 1)
    export(image["id"], **ONCE)
    assert len(cloud.exports) == 1
    clock.advance(1)
    export(image["id"], **ONCE)
    assert len(cloud.exports) == 2


def test_a_refusal_does_not_use_the_retry_token_up(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add(lifecycle_state="IMPORTING")
    assert refused(export, image["id"], **ONCE) == (409, "IncorrectState")
    cloud.images.set_state(image["id"], "AVAILABLE")
    assert export(image["id"], **ONCE).status == 200


def test_the_state_can_be_looked_at_before_the_retry_token(cloud: Cloud, export: Export) -> None:
    cloud.switches.looks_at = "state first"
    image = cloud.images.add()
    first = export(image["id"], **ONCE).headers["opc-work-request-id"]
    assert refused(export, image["id"], **ONCE) == (409, "IncorrectState")
    cloud.work_requests.advance(first)
    assert export(image["id"], **ONCE).headers["opc-work-request-id"] == first


def test_an_image_that_is_exported_can_be_a_conflict(cloud: Cloud, export: Export) -> None:
    cloud.switches.exporting_code = "Conflict"
    image = cloud.images.add()
    export(image["id"])
    assert refused(export, image["id"]) == (409, "Conflict")
    importing = cloud.images.add(lifecycle_state="IMPORTING")
    assert refused(export, importing["id"]) == (409, "IncorrectState")


def test_an_unknown_bucket_is_refused_in_computes_own_words(cloud: Cloud, clients: Any) -> None:
    details = tuple_details(cloud, "golden.oci", bucket_name="unknown")
    error = failure(clients.compute.export_image, cloud.images.add()["id"], details)
    words = "Invalid bucketName: Specified namespace or bucket to export image does not exist"
    assert (error.status, error.code, error.message) == (400, "InvalidParameter", words)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "CannotParseRequest"),
        ("[]", "CannotParseRequest"),
        ('{"destinationType": "objectStorageTuple"', "CannotParseRequest"),
        (URI + '"destinationURI": "x"}', "CannotParseRequest"),
        ("{}", "MissingParameter"),
        ('{"destinationType": "objectStorageTuple", "bucketName": "b"}', "MissingParameter"),
        ('{"destinationType": "objectStorageUri"}', "MissingParameter"),
        ('{"destinationType": null}', "InvalidParameter"),
        (URI + '"destinationUri": "x", "exportFormat": "oci"}', "InvalidParameter"),
        (URI + '"destinationUri": "https://[::"}', "InvalidParameter"),
        (URI + '"destinationUri": "https://a.b/n/n/b/b/o/o"}', "InvalidParameter"),
    ],
)
def test_a_bad_body_is_refused(cloud: Cloud, clients: Any, body: str, code: str) -> None:
    path = f"/images/{cloud.images.add()['id']}/actions/export"
    headers = {"content-type": "application/json", "accept": "application/json"}
    call_api = clients.compute.base_client.call_api
    answer = refused(call_api, path, "POST", header_params=headers, body=body.encode())
    assert answer == (400, code)
    assert not cloud.exports


@pytest.mark.parametrize("name", ["", "a\nb", "é" * 513])
def test_a_bad_object_name_is_refused(export: Export, cloud: Cloud, name: str) -> None:
    assert refused(export, cloud.images.add()["id"], name) == (400, "InvalidParameter")


@pytest.mark.parametrize("name", ["a/../../../../escaped", "/", "..", "a//b", "x" * 1024, "ü/é"])
def test_every_object_lands_inside_its_bucket(export: Export, cloud: Cloud, name: str) -> None:
    work_request_id = export(cloud.images.add()["id"], name).headers["opc-work-request-id"]
    cloud.work_requests.advance(work_request_id)
    ((_, stored),) = cloud.buckets.written
    path = stored.path
    assert path.resolve().is_relative_to(cloud.folder.resolve() / cloud.namespace / cloud.bucket)
    assert path.is_file()


def test_an_object_may_be_named_as_another_ones_folder(export: Export, cloud: Cloud) -> None:
    for name in ("a", "a/b", "c/d", "c"):
        cloud.work_requests.advance(export(cloud.images.add()["id"], name).headers["opc-work-request-id"])
    assert len({stored.path.read_bytes() for stored in cloud.buckets.objects.values()}) == 4
