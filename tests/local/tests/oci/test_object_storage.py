"""Objects and pre-authenticated requests of the emulator, by the vendor's SDK, by exports, by URL."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import oci
import pytest

from ...oci import Clock, Cloud, Destination
from .conftest import refused

NAME = "records/ü b.json"
IN_BUCKET = "/n/axexampleexam/b/images/o/"
Ask = Callable[..., Any]


@pytest.fixture
def bucket(cloud: Cloud, clients: Any) -> Ask:
    """Asks for an operation on the usual bucket."""

    def ask(operation: str, *what: Any, **options: Any) -> Any:
        return getattr(clients.storage, operation)(cloud.namespace, cloud.bucket, *what, **options)

    return ask


@pytest.fixture
def create(cloud: Cloud, bucket: Ask) -> Ask:
    """Creates a pre-authenticated request that lives a day."""

    def create(**fields: Any) -> Any:
        given: dict[str, Any] = {
            "name": "export",
            "access_type": "ObjectWrite",
            "object_name": "a b/golden.oci",
            "time_expires": cloud.clock.datetime() + timedelta(hours=24),
        }
        details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(**given | fields)
        return bucket("create_preauthenticated_request", details).data

    return create


@pytest.fixture
def export_to(cloud: Cloud, clients: Any) -> Ask:
    """Exports a new image to a URI."""

    def export_to(uri: str) -> Any:
        models = oci.core.models
        details = models.ExportImageViaObjectStorageUriDetails(destination_uri=uri, export_format="QCOW2")
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
    assert refused(clients.storage.put_object, *unknown, NAME, b"image") == (404, "BucketNotFound")
    assert refused(clients.storage.get_bucket, *unknown) == (404, "BucketNotFound")
    assert bucket("get_bucket").data.name == cloud.bucket
    assert clients.storage.get_namespace().data == cloud.namespace


def test_only_a_new_object_is_put_with_if_none_match(bucket: Ask) -> None:
    bucket("put_object", NAME, b"first", if_none_match="*")
    again = (bucket, "put_object", NAME, b"second")
    assert refused(*again, if_none_match="*") == (412, "IfNoneMatchFailed")
    assert refused(*again, if_none_match="tag") == (400, "InvalidParameter")
    assert bucket("get_object", NAME).data.content == b"first"


def test_only_that_version_is_replaced_with_if_match(bucket: Ask) -> None:
    assert refused(bucket, "put_object", NAME, b"", if_match="tag") == (412, "IfMatchFailed")
    first = bucket("put_object", NAME, b"first").headers["etag"]
    bucket("put_object", NAME, b"second", if_match=first)
    assert refused(bucket, "put_object", NAME, b"third", if_match=first) == (412, "IfMatchFailed")
    assert bucket("get_object", NAME).data.content == b"second"


def test_a_body_that_changed_on_its_way_is_refused(bucket: Ask, cloud: Cloud) -> None:
    right = base64.b64encode(hashlib.md5(b"{}", usedforsecurity=False).digest()).decode()
    bucket("put_object", NAME, b"{}", content_md5=right)
    changed = refused(bucket, "put_object", NAME, b"{ }", content_md5=right)
    assert changed == (400, "UnmatchedContentMD5")
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


def test_an_object_is_deleted_with_its_file(cloud: Cloud, bucket: Ask) -> None:
    file = cloud.buckets.put(Destination(cloud.namespace, cloud.bucket, NAME), b"image").path
    assert bucket("delete_object", NAME).status == 204
    assert not file.exists()
    assert refused(bucket, "head_object", NAME) == (404, None)


def test_an_export_goes_through_a_pre_authenticated_request(
    cloud: Cloud, create: Ask, export_to: Ask
) -> None:
    par = create()
    assert par.access_uri.endswith(f"{IN_BUCKET}a%20b/golden.oci")
    assert (par.object_name, par.access_type) == ("a b/golden.oci", "ObjectWrite")
    token = par.access_uri.split("/")[2]
    assert len(token) == 64
    export_to(cloud.endpoint + par.access_uri)
    (export,) = cloud.exports
    assert (export.via, export.format) == ("par", "QCOW2")
    assert export.destination == Destination(cloud.namespace, cloud.bucket, "a b/golden.oci")
    shown = repr((cloud.buckets.pars, cloud.calls, cloud.exports))
    assert not [secret for secret in (token, "ST$") if secret in shown]


@pytest.mark.parametrize(
    "host",
    [
        "objectstorage.us-phoenix-1.oraclecloud.com",
        "axexampleexam.objectstorage.us-phoenix-1.oci.customer-oci.com",
    ],
)
def test_an_export_goes_to_an_objects_own_address(cloud: Cloud, export_to: Ask, host: str) -> None:
    export_to(f"https://{host}{IN_BUCKET}x%2Fy")
    assert (cloud.exports[0].via, cloud.exports[0].destination.object) == ("uri", "x/y")


@pytest.mark.parametrize(
    "uri",
    [
        f"https://objectstorage.eu-frankfurt-1.oraclecloud.com{IN_BUCKET}x",
        f"http://objectstorage.us-phoenix-1.oraclecloud.com{IN_BUCKET}x",
        f"https://objectstorage.us-phoenix-1.oraclecloud.com{IN_BUCKET}x?a=b",
        f"https://objectstorage.us-phoenix-1.oraclecloud.com{IN_BUCKET}",
        "https://objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/unknown/o/x",
        f"https://user@objectstorage.us-phoenix-1.oraclecloud.com{IN_BUCKET}x",
    ],
)
def test_another_address_is_refused(export_to: Ask, uri: str) -> None:
    assert refused(export_to, uri)[0] == 400


def test_the_request_opens_that_one_object_while_it_lives(
    cloud: Cloud, create: Ask, export_to: Ask, clock: Clock
) -> None:
    uri = cloud.endpoint + create().access_uri
    readable = cloud.endpoint + create(access_type="ObjectRead").access_uri
    for wrong in (uri.replace("golden", "silver"), uri.replace("/p/", "/p/x"), readable):
        assert refused(export_to, wrong)[0] == 400
        assert httpx.put(wrong, content=b"image").status_code == 404
    # Whoever has the address may write.
    assert httpx.put(uri, content=b"image").status_code == 200
    assert [stored.path.read_bytes() for stored in cloud.buckets.objects.values()] == [b"image"]
    clock.advance(24 * 3600 + 1)
    assert refused(export_to, uri)[0] == 400
    assert not cloud.exports


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"object_name": None},
        {"access_type": "AnyObjectWrite"},
        {"time_expires": "2020-01-01T00:00:00Z"},
        {"time_expires": "soon"},
        {"time_expires": "2120-01-01T00:00:00"},
    ],
)
def test_a_wrong_request_is_refused(cloud: Cloud, create: Ask, fields: Any) -> None:
    assert refused(create, **fields)[0] == 400
    assert not cloud.buckets.pars


def test_requests_that_live_are_listed_without_their_addresses(
    cloud: Cloud, bucket: Ask, create: Ask, clock: Clock
) -> None:
    created = create()
    create(time_expires=cloud.clock.datetime() + timedelta(hours=1))
    clock.advance(3601)
    (listed,) = bucket("list_preauthenticated_requests").data
    assert (listed.id, listed.name, listed.object_name) == (created.id, "export", "a b/golden.oci")
    assert not hasattr(listed, "access_uri")
