"""Objects and pre-authenticated requests of the emulator, by the vendor's SDK, by exports, by URL."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import oci
import pytest

from ...oci import Clock, Cloud
from .conftest import create_par, refused

NAME = "records/ü b.json"
HOST = "objectstorage.us-phoenix-1.oraclecloud.com"
IN_BUCKET = "/n/axexampleexam/b/images/o/"
Ask = Callable[..., Any]


@pytest.fixture
def bucket(cloud: Cloud, clients: Any) -> Ask:
    """Asks for an operation on the usual bucket."""

    def ask(operation: str, *what: Any, **options: Any) -> Any:
        return getattr(clients.storage, operation)(cloud.namespace, cloud.bucket, *what, **options)

    return ask


@pytest.fixture
def export_to(cloud: Cloud, clients: Any) -> Ask:
    """Exports a new image to a URI."""
    details_of = oci.core.models.ExportImageViaObjectStorageUriDetails

    def export_to(uri: str) -> Any:
        details = details_of(destination_uri=uri, export_format="QCOW2")
        return clients.compute.export_image(cloud.images.add()["id"], details)

    return export_to


def test_what_was_put_is_got(bucket: Ask, clock: Clock) -> None:
    put = bucket("put_object", NAME, b'{"a": 1}', content_type="application/json")
    got, head = bucket("get_object", NAME), bucket("head_object", NAME)
    assert got.data.content == b'{"a": 1}'
    for answer in (got, head):
        assert answer.headers["content-length"] == "8"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["etag"] == put.headers["etag"]
        assert answer.headers["content-md5"] == put.headers["opc-content-md5"]
        assert answer.headers["last-modified"] == clock.datetime().strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_what_is_not_there_is_told_from_a_bucket_that_is_not(cloud: Cloud, clients: Any, bucket: Ask) -> None:
    for operation, code in (("get", "ObjectNotFound"), ("head", None), ("delete", "ObjectNotFound")):
        assert refused(bucket, f"{operation}_object", NAME) == (404, code)
    unknown = (cloud.namespace, "unknown")
    assert refused(clients.storage.get_object, *unknown, NAME) == (404, "BucketNotFound")
    assert refused(clients.storage.get_bucket, *unknown) == (404, "BucketNotFound")
    assert bucket("get_bucket").data.name == cloud.bucket
    assert clients.storage.get_namespace().data == cloud.namespace


def test_a_body_that_changed_on_its_way_is_refused_and_a_condition_of_another_form(
    bucket: Ask, cloud: Cloud
) -> None:
    right = base64.b64encode(hashlib.md5(b"{}", usedforsecurity=False).digest()).decode()
    bucket("put_object", NAME, b"{}", content_md5=right)
    changed = refused(bucket, "put_object", NAME, b"{ }", content_md5=right)
    assert changed == (400, "UnmatchedContentMD5")
    assert refused(bucket, "put_object", NAME, b"{}", if_none_match="tag") == (400, "InvalidParameter")
    assert len(cloud.buckets.written) == 1


def test_an_exported_object_was_written_in_parts(cloud: Cloud, bucket: Ask, export: Ask) -> None:
    cloud.work_requests.advance(export(cloud.images.add()["id"], "a.oci").headers["opc-work-request-id"])
    (stored,) = cloud.buckets.objects.values()
    headers = bucket("head_object", "a.oci").headers
    assert "content-md5" not in headers
    assert headers["opc-multipart-md5"] == stored.md5
    assert headers["opc-multipart-md5"].endswith("==-2")
    assert headers["opc-multipart-count"] == "2"
    assert headers["content-length"] == str(stored.path.stat().st_size)
    # It is deleted with its file.
    assert bucket("delete_object", "a.oci").status == 204
    assert not stored.path.exists()
    assert refused(bucket, "head_object", "a.oci") == (404, None)


def test_an_export_goes_to_an_objects_own_address_and_no_other(cloud: Cloud, export_to: Ask) -> None:
    for wrong in (
        f"https://objectstorage.eu-frankfurt-1.oraclecloud.com{IN_BUCKET}x",
        f"http://{HOST}{IN_BUCKET}x",
        f"https://{HOST}{IN_BUCKET}x?a=b",
        f"https://{HOST}{IN_BUCKET}",
        f"https://{HOST}/n/axexampleexam/b/unknown/o/x",
        f"https://user@{HOST}{IN_BUCKET}x",
    ):
        assert refused(export_to, wrong)[0] == 400
    for host in (HOST, "axexampleexam.objectstorage.us-phoenix-1.oci.customer-oci.com"):
        export_to(f"https://{host}{IN_BUCKET}x%2Fy")
    assert [(each.via, each.destination.object) for each in cloud.exports] == [("uri", "x/y")] * 2


def test_the_request_opens_that_one_object_and_is_listed_without_its_address_while_it_lives(
    cloud: Cloud, clients: Any, bucket: Ask, export_to: Ask, clock: Clock
) -> None:
    created = create_par(cloud, clients)
    (listed,) = bucket("list_preauthenticated_requests").data
    assert (listed.id, listed.name, listed.object_name) == (created.id, "export", "a b/golden.oci")
    assert not hasattr(listed, "access_uri")
    assert created.access_uri.endswith(f"{IN_BUCKET}a%20b/golden.oci")
    uri = cloud.endpoint + created.access_uri
    readable = cloud.endpoint + create_par(cloud, clients, access_type="ObjectRead").access_uri
    for wrong in (uri.replace("golden", "silver"), uri.replace("/p/", "/p/x"), readable):
        assert refused(export_to, wrong)[0] == 400
        assert httpx.put(wrong, content=b"image").status_code == 404
    # Whoever has the address may write.
    assert httpx.put(uri, content=b"image").status_code == 200
    assert [stored.path.read_bytes() for stored in cloud.buckets.objects.values()] == [b"image"]
    export_to(uri)
    assert [(each.via, each.destination.object) for each in cloud.exports] == [("par", "a b/golden.oci")]
    shown = repr((cloud.buckets.pars, cloud.calls, cloud.exports))
    assert not [secret for secret in (uri.split("/p/")[1].split("/")[0], "ST$") if secret in shown]
    clock.advance(24 * 3600 + 1)
    assert refused(export_to, uri)[0] == 400
    assert not bucket("list_preauthenticated_requests").data
    assert len(cloud.exports) == 1


def test_a_wrong_request_is_refused(cloud: Cloud, clients: Any) -> None:
    for wrong in (
        {"object_name": None},
        {"access_type": "AnyObjectWrite"},
        {"time_expires": "2020-01-01T00:00:00Z"},
        {"time_expires": "soon"},
    ):
        assert refused(create_par, cloud, clients, **wrong)[0] == 400
    assert not cloud.buckets.pars
