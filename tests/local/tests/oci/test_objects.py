"""Objects of the emulator, put and got by the vendor's SDK."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud, Fault

NAME = "records/ü b.json"


class Bucket:
    """The SDK's client, for one object of the usual bucket."""

    def __init__(self, cloud: Cloud, storage: Any) -> None:
        self._storage, self._place = storage, (cloud.namespace, cloud.bucket, NAME)

    def put(self, content: bytes = b"{}", **options: Any) -> Any:
        return self._storage.put_object(*self._place, content, **options)

    def get(self) -> Any:
        return self._storage.get_object(*self._place)

    def head(self) -> Any:
        return self._storage.head_object(*self._place)


@pytest.fixture
def bucket(cloud: Cloud, clients: Any) -> Bucket:
    return Bucket(cloud, clients.storage)


def refused(call: Callable[[], Any]) -> tuple[int, str | None]:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call()
    return caught.value.status, caught.value.code


def test_what_was_put_is_got(bucket: Bucket, clock: Clock) -> None:
    put = bucket.put(b'{"a": 1}', content_type="application/json")
    got, head = bucket.get(), bucket.head()
    assert got.data.content == b'{"a": 1}'
    for answer in (got, head):
        assert answer.headers["content-length"] == "8"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["etag"] == put.headers["etag"]
        assert answer.headers["content-md5"] == put.headers["opc-content-md5"]
        assert answer.headers["last-modified"] == clock.datetime().strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_what_is_not_there_is_told_from_a_bucket_that_is_not(
    bucket: Bucket, cloud: Cloud, clients: Any
) -> None:
    assert refused(bucket.get) == (404, "ObjectNotFound")
    assert refused(bucket.head) == (404, None)
    assert refused(lambda: clients.storage.get_object(cloud.namespace, "unknown", NAME)) == (
        404,
        "BucketNotFound",
    )


def test_each_version_has_its_own_entity_tag(bucket: Bucket, cloud: Cloud) -> None:
    first, second = bucket.put(), bucket.put()
    assert first.headers["etag"] != second.headers["etag"]
    assert bucket.head().headers["etag"] == second.headers["etag"]
    assert [stored.etag for _, stored in cloud.buckets.written] == [
        first.headers["etag"],
        second.headers["etag"],
    ]


def test_only_a_new_object_is_put_with_if_none_match(bucket: Bucket) -> None:
    bucket.put(b"first", if_none_match="*")
    assert refused(lambda: bucket.put(b"second", if_none_match="*")) == (412, "IfNoneMatchFailed")
    assert refused(lambda: bucket.put(b"second", if_none_match="tag")) == (400, "InvalidParameter")
    assert bucket.get().data.content == b"first"


def test_only_that_version_is_replaced_with_if_match(bucket: Bucket) -> None:
    assert refused(lambda: bucket.put(if_match="tag")) == (412, "IfMatchFailed")
    first = bucket.put(b"first").headers["etag"]
    bucket.put(b"second", if_match=first)
    assert refused(lambda: bucket.put(b"third", if_match=first)) == (412, "IfMatchFailed")
    assert bucket.get().data.content == b"second"


def test_a_body_that_changed_on_its_way_is_refused(bucket: Bucket, cloud: Cloud) -> None:
    right = base64.b64encode(hashlib.md5(b"{}", usedforsecurity=False).digest()).decode()
    bucket.put(b"{}", content_md5=right)
    assert refused(lambda: bucket.put(b"{ }", content_md5=right)) == (400, "UnmatchedContentMD5")
    assert len(cloud.buckets.written) == 1


def test_an_exported_object_was_written_in_parts(
    cloud: Cloud, clients: Any, export: Callable[..., Any]
) -> None:
    cloud.work_requests.advance(export(cloud.images.add()["id"], "a.oci").headers["opc-work-request-id"])
    (stored,) = cloud.buckets.objects.values()
    headers = clients.storage.head_object(cloud.namespace, cloud.bucket, "a.oci").headers
    assert "content-md5" not in headers
    assert headers["opc-multipart-md5"] == stored.md5
    assert headers["opc-multipart-md5"].endswith("==-2")
    assert headers["opc-multipart-count"] == "2"
    assert headers["content-length"] == str(stored.path.stat().st_size)


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "HeadObject"])
def test_faults_meet_objects_too(bucket: Bucket, cloud: Cloud, operation: str) -> None:
    bucket.put()
    cloud.faults.add(Fault(operation, status=503, code="ServiceUnavailable"))
    call = {"PutObject": bucket.put, "GetObject": bucket.get, "HeadObject": bucket.head}[operation]
    assert refused(call) == (503, None if operation == "HeadObject" else "ServiceUnavailable")
    assert call().status == 200


def make(cloud: Cloud, clients: Any, name: str = "a/b c.oci", **options: Any) -> Any:
    details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(
        name="export",
        access_type="ObjectWrite",
        object_name=name,
        time_expires=cloud.clock.datetime() + timedelta(hours=24),
    )
    return clients.storage.create_preauthenticated_request(cloud.namespace, cloud.bucket, details).data


def test_a_pre_authenticated_request_is_deleted_by_its_id(cloud: Cloud, clients: Any) -> None:
    def delete(par_id: str, *, strict: bool = True) -> Any:
        return clients.storage.delete_preauthenticated_request(
            cloud.namespace, cloud.bucket, par_id, enable_strict_url_encoding=strict
        )

    kept, made = make(cloud, clients), make(cloud, clients)
    assert refused(lambda: delete(made.id, strict=False)) == (404, "NotFound")
    assert delete(made.id).status == 204
    assert refused(lambda: delete(made.id)) == (404, "NotAuthorizedOrNotFound")
    assert [par.id for par in cloud.buckets.live_pars] == [kept.id]
    assert [par.id for par in cloud.pars] == [kept.id, made.id]


def test_an_export_fails_whose_request_was_deleted_meanwhile(
    cloud: Cloud, clients: Any, clock: Clock
) -> None:
    par = make(cloud, clients)
    details = oci.core.models.ExportImageViaObjectStorageUriDetails(
        destination_uri=cloud.endpoint + par.access_uri
    )
    clients.compute.export_image(cloud.images.add()["id"], details)
    cloud.buckets.delete_par(cloud.namespace, cloud.bucket, par.id)
    work_request_id = cloud.exports[0].work_request_id
    cloud.work_requests.advance(work_request_id)
    assert cloud.work_requests[work_request_id]["status"] == "FAILED"
    assert not cloud.buckets.objects
