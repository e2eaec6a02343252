"""Pre-authenticated requests of the emulator: made by the SDK, used by exports and by whoever has the URL."""

from datetime import timedelta
from typing import Any

import httpx
import oci
import pytest

from ...oci import Clock, Cloud, Destination


def create(cloud: Cloud, clients: Any, **fields: Any) -> Any:
    given: dict[str, Any] = {
        "name": "export",
        "access_type": "ObjectWrite",
        "object_name": "a b/golden.oci",
        "time_expires": cloud.clock.datetime() + timedelta(hours=24),
    }
    details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(**given | fields)
    return clients.storage.create_preauthenticated_request(cloud.namespace, cloud.bucket, details).data


def export_to(cloud: Cloud, clients: Any, uri: str) -> Any:
    details = oci.core.models.ExportImageViaObjectStorageUriDetails(
        destination_uri=uri, export_format="QCOW2"
    )
    return clients.compute.export_image(cloud.images.add()["id"], details)


def status_of(call: Any) -> int:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call()
    return int(caught.value.status)


def test_an_export_goes_through_a_pre_authenticated_request(cloud: Cloud, clients: Any) -> None:
    par = create(cloud, clients)
    assert par.access_uri.endswith(f"/n/{cloud.namespace}/b/{cloud.bucket}/o/a%20b/golden.oci")
    assert (par.object_name, par.access_type) == ("a b/golden.oci", "ObjectWrite")
    assert len(par.access_uri.split("/")[2]) == 64
    export_to(cloud, clients, cloud.endpoint + par.access_uri)
    (export,) = cloud.exports
    assert (export.via, export.format) == ("par", "QCOW2")
    assert export.destination == Destination(cloud.namespace, cloud.bucket, "a b/golden.oci")


@pytest.mark.parametrize(
    "host",
    [
        "objectstorage.us-phoenix-1.oraclecloud.com",
        "axexampleexam.objectstorage.us-phoenix-1.oci.customer-oci.com",
    ],
)
def test_an_export_goes_to_an_objects_own_address(cloud: Cloud, clients: Any, host: str) -> None:
    export_to(cloud, clients, f"https://{host}/n/{cloud.namespace}/b/{cloud.bucket}/o/x%2Fy")
    assert cloud.exports[0].via == "uri"
    assert cloud.exports[0].destination.object == "x/y"


@pytest.mark.parametrize(
    "uri",
    [
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/axexampleexam/b/images/o/x",
        "http://objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/images/o/x",
        "https://objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/images/o/x?a=b",
        "https://objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/images/o/",
        "https://objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/unknown/o/x",
        "https://user@objectstorage.us-phoenix-1.oraclecloud.com/n/axexampleexam/b/images/o/x",
    ],
)
def test_another_address_is_refused(cloud: Cloud, clients: Any, uri: str) -> None:
    assert status_of(lambda: export_to(cloud, clients, uri)) == 400


def test_the_request_opens_that_one_object_while_it_lives(cloud: Cloud, clients: Any, clock: Clock) -> None:
    uri = cloud.endpoint + create(cloud, clients).access_uri
    unwritable = cloud.endpoint + create(cloud, clients, access_type="ObjectRead").access_uri
    assert status_of(lambda: export_to(cloud, clients, uri.replace("golden", "silver"))) == 400
    assert status_of(lambda: export_to(cloud, clients, uri.replace("/p/", "/p/x"))) == 400
    assert status_of(lambda: export_to(cloud, clients, unwritable)) == 400
    clock.advance(24 * 3600 + 1)
    assert status_of(lambda: export_to(cloud, clients, uri)) == 400
    assert not cloud.exports


def test_a_request_for_any_object_opens_those_that_begin_so(cloud: Cloud, clients: Any) -> None:
    par = create(cloud, clients, access_type="AnyObjectWrite", object_name="images/")
    export_to(cloud, clients, f"{cloud.endpoint}{par.access_uri}golden.oci")
    assert (
        status_of(
            lambda: export_to(cloud, clients, cloud.endpoint + par.access_uri.replace("o/images", "o/x"))
        )
        == 400
    )


def test_whoever_has_the_address_may_write(cloud: Cloud, clients: Any) -> None:
    uri = cloud.endpoint + create(cloud, clients).access_uri
    assert httpx.put(uri, content=b"image").status_code == 200
    assert httpx.put(uri.replace("golden", "silver"), content=b"image").status_code == 404
    assert httpx.put(uri.replace("/p/", "/p/x"), content=b"image").status_code == 404
    assert [stored.path.read_bytes() for stored in cloud.buckets.objects.values()] == [b"image"]


def test_a_signed_upload_is_taken(cloud: Cloud, clients: Any) -> None:
    assert clients.storage.put_object(cloud.namespace, cloud.bucket, "x", b"image").headers["etag"]
    assert httpx.put(f"{cloud.endpoint}/n/{cloud.namespace}/b/{cloud.bucket}/o/x").status_code == 401
    assert status_of(lambda: clients.storage.put_object(cloud.namespace, "unknown", "x", b"image")) == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"object_name": None},
        {"time_expires": "2020-01-01T00:00:00Z"},
        {"time_expires": "soon"},
        {"time_expires": "2120-01-01T00:00:00"},
    ],
)
def test_what_is_wrong_is_refused(cloud: Cloud, clients: Any, fields: Any) -> None:
    assert status_of(lambda: create(cloud, clients, **fields)) == 400
    assert not cloud.pars


def test_no_repr_shows_the_token(cloud: Cloud, clients: Any) -> None:
    token = create(cloud, clients).access_uri.split("/")[2]
    httpx.put(
        f"{cloud.endpoint}/p/{token}/n/{cloud.namespace}/b/{cloud.bucket}/o/a%20b/golden.oci", content=b""
    )
    assert token not in repr((cloud.pars, cloud.calls, cloud.exports))
    assert "ST$" not in repr(cloud.calls)


def test_an_object_is_deleted_with_its_file(cloud: Cloud, clients: Any) -> None:
    destination = Destination(cloud.namespace, cloud.bucket, "a/b")
    file = cloud.buckets.put(destination, b"image").path
    where = (cloud.namespace, cloud.bucket, "a/b")
    assert clients.storage.delete_object(*where).status == 204
    assert not file.exists()
    assert status_of(lambda: clients.storage.delete_object(*where)) == 404
    assert status_of(lambda: clients.storage.head_object(*where)) == 404


def test_requests_that_live_are_listed_without_their_addresses(
    cloud: Cloud, clients: Any, clock: Clock
) -> None:
    created = create(cloud, clients)
    create(cloud, clients, time_expires=cloud.clock.datetime() + timedelta(hours=1))
    clock.advance(3601)
    (listed,) = clients.storage.list_preauthenticated_requests(cloud.namespace, cloud.bucket).data
    assert (listed.id, listed.name, listed.object_name) == (created.id, "export", "a b/golden.oci")
    assert not hasattr(listed, "access_uri")


def test_the_namespace_and_a_bucket_can_be_read(cloud: Cloud, clients: Any) -> None:
    assert clients.storage.get_namespace().data == cloud.namespace
    assert clients.storage.get_bucket(cloud.namespace, cloud.bucket).data.name == cloud.bucket
    assert status_of(lambda: clients.storage.get_bucket(cloud.namespace, "other")) == 404
