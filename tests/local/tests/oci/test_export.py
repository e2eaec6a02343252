"""ExportImage of the emulator, called by the vendor's SDK."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ...oci import Clock, Cloud
from .conftest import failure, refused, tuple_details

Export = Callable[..., Any]
ONCE = {"opc_retry_token": "once"}
URI = '{"destinationType": "objectStorageUri", '


def test_an_export_is_accepted_and_its_object_is_there_in_the_end(cloud: Cloud, export: Export) -> None:
    image_id = cloud.images.add()["id"]
    answer = export(image_id, "2026/golden.oci", **ONCE)
    (accepted,) = cloud.exports
    assert (answer.status, answer.data.lifecycle_state) == (200, "EXPORTING")
    assert answer.headers["opc-work-request-id"] == accepted.work_request_id
    assert answer.headers["etag"] == cloud.images.etag(image_id)
    assert (accepted.via, accepted.format, accepted.retry_token) == ("tuple", "OCI", "once")
    path = cloud.folder / cloud.namespace / cloud.bucket / "2026" / "golden.oci"
    cloud.work_requests.advance(accepted.work_request_id, to=40)
    assert cloud.work_requests[accepted.work_request_id]["percentComplete"] == 40
    assert not path.exists()
    cloud.work_requests.advance(accepted.work_request_id)
    assert cloud.images[image_id]["lifecycleState"] == "AVAILABLE"
    assert json.loads(path.read_text())["image"] == image_id


def test_a_retry_token_is_one_request_for_a_day(cloud: Cloud, export: Export, clock: Clock) -> None:
    image_id, other = cloud.images.add(lifecycle_state="IMPORTING")["id"], cloud.images.add()["id"]
    # A refusal does not use it up.
    assert refused(export, image_id, **ONCE) == (409, "IncorrectState")
    cloud.images.set_state(image_id, "AVAILABLE")
    assert refused(export, image_id, if_match="other", **ONCE) == (412, "NoEtagMatch")
    first, again = export(image_id, **ONCE), export(image_id, **ONCE)
    assert again.headers["opc-work-request-id"] == first.headers["opc-work-request-id"]
    assert again.data == first.data
    assert again.headers["opc-request-id"] != first.headers["opc-request-id"]
    assert refused(export, image_id, "other", **ONCE) == (409, "InvalidatedRetryToken")
    assert refused(export, other, **ONCE) == (409, "InvalidatedRetryToken")
    cloud.work_requests.advance(cloud.exports[0].work_request_id)
    clock.advance(24 * 3600 - 1)
    export(image_id, **ONCE)
    assert len(cloud.exports) == 1
    clock.advance(1)
    export(image_id, **ONCE)
    assert len(cloud.exports) == 2


def test_the_state_can_be_looked_at_before_the_retry_token(cloud: Cloud, export: Export) -> None:
    cloud.switches.looks_at = "state first"
    image = cloud.images.add()
    first = export(image["id"], **ONCE).headers["opc-work-request-id"]
    assert refused(export, image["id"], **ONCE) == (409, "IncorrectState")
    cloud.work_requests.advance(first)
    assert export(image["id"], **ONCE).headers["opc-work-request-id"] == first


def test_an_image_that_is_exported_can_be_a_conflict(cloud: Cloud, export: Export) -> None:
    cloud.switches.exporting_code = "Conflict"
    for state, code in (("EXPORTING", "Conflict"), ("IMPORTING", "IncorrectState")):
        assert refused(export, cloud.images.add(lifecycle_state=state)["id"]) == (409, code)


def test_an_unknown_bucket_is_refused_in_computes_own_words_and_a_bad_object_name_too(
    cloud: Cloud, clients: Any, export: Export
) -> None:
    details = tuple_details(cloud, "golden.oci", bucket_name="unknown")
    error = failure(clients.compute.export_image, cloud.images.add()["id"], details)
    words = "Invalid bucketName: Specified namespace or bucket to export image does not exist"
    assert (error.status, error.code, error.message) == (400, "InvalidParameter", words)
    for name in ("", "a\nb", "é" * 513):
        assert refused(export, cloud.images.add()["id"], name) == (400, "InvalidParameter")


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
        ('{"destinationType": "tape"}', "InvalidParameter"),
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


def test_every_object_lands_in_a_file_of_its_own_inside_its_bucket(export: Export, cloud: Cloud) -> None:
    names = ["a/../../../../escaped", "/", "..", "a//b", "x" * 1024, "ü/é"]
    # Those may be named as another one's folder.
    names += ["a", "a/b", "c/d", "c"]
    for name in names:
        cloud.work_requests.advance(export(cloud.images.add()["id"], name).headers["opc-work-request-id"])
    bucket = cloud.folder.resolve() / cloud.namespace / cloud.bucket
    assert all(stored.path.resolve().is_relative_to(bucket) for _, stored in cloud.buckets.written)
    contents = {stored.path.read_bytes() for stored in cloud.buckets.objects.values()}
    assert len(contents) == len(names)
