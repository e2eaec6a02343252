"""Object Storage on the wire: objects, pre-authenticated requests, and PutObject through one of these.

Source: the SDK's `ObjectStorageClient`; the codes of 412 are those that its command line's own tests expect.
"""

import secrets
from typing import Any

from . import errors
from .exchange import Answer, Received, only, text
from .identifiers import rfc3339, seconds
from .object_storage import Buckets, PreauthenticatedRequest
from .policy import Target
from .stored_object import Destination, StoredObject, md5
from .tenancy import Tenancy

ONE_OBJECT = ("ObjectRead", "ObjectWrite", "ObjectReadWrite")
ANY_OBJECT = ("AnyObjectRead", "AnyObjectWrite", "AnyObjectReadWrite")


class ObjectStorageApi:
    def __init__(self, tenancy: Tenancy, buckets: Buckets) -> None:
        self._tenancy, self._buckets = tenancy, buckets

    def namespace(self, request: Received) -> Target:
        return Target(frozenset({self._tenancy.tenancy_id}), errors.not_found("namespace"))

    def bucket(self, request: Received) -> Target:
        return self._buckets.target(request.params["namespace"], request.params["bucket"])

    def an_object(self, request: Received) -> Target:
        return self._object(request)

    def object_to_write(self, request: Received) -> Target:
        """Whoever asks to create only, by `if-none-match`, needs no right to overwrite."""
        exists = _destination(request) in self._buckets.objects
        return self._object(
            request, "existing" if exists and "if-none-match" not in request.headers else "new"
        )

    def get_namespace(self, request: Received) -> Answer:
        """200, the namespace as JSON text."""
        return Answer(200, self._tenancy.namespace)

    def get_bucket(self, request: Received) -> Answer:
        """200, with the least that the SDK's `Bucket` model has."""
        params = request.params
        return Answer(200, {"namespace": params["namespace"], "name": params["bucket"]})

    def list_pars(self, request: Received) -> Answer:
        """200, those that live, on one page and without their URLs."""
        place = (request.params["namespace"], request.params["bucket"])
        listed = [par for par in self._buckets.live_pars if (par.namespace, par.bucket) == place]
        return Answer(200, [_summary(par) for par in listed])

    def create_par(self, request: Received) -> Answer:
        """200; the access URI is in this answer alone. Source: the SDK's `PreauthenticatedRequest` model."""
        fields = request.json()
        only(fields, {"name", "accessType", "objectName", "timeExpires", "bucketListingAction"})
        namespace, bucket = request.params["namespace"], request.params["bucket"]
        if not self._tenancy.par_allowed:
            raise errors.bucket_not_found(namespace, bucket)
        now = self._tenancy.clock.now()
        par = PreauthenticatedRequest(
            id=f"{secrets.token_urlsafe(32)}:{fields.get('objectName', '')}",
            name=text(fields, "name"),
            token=secrets.token_urlsafe(48),
            namespace=namespace,
            bucket=bucket,
            object=text(fields, "objectName") if "objectName" in fields else None,
            access_type=_access_type(fields),
            expires=_expiry(fields, now),
            created=now,
            maker=request.caller,
        )
        self._buckets.pars.append(par)
        return Answer(200, self._wire(par))

    def delete_par(self, request: Received) -> Answer:
        """204. The id has the object's name in it, so it comes with its slashes encoded."""
        params = request.params
        self._buckets.delete_par(params["namespace"], params["bucket"], params["parId"])
        return Answer(204)

    def put_object(self, request: Received) -> Answer:
        """200, if the conditions of the request are met."""
        present = self._buckets.objects.get(_destination(request))
        if (unwanted := request.headers.get("if-none-match")) not in (None, "*"):
            raise errors.invalid("if-none-match", "must be *")
        if unwanted and present:
            raise errors.if_none_match_failed()
        if (wanted := request.headers.get("if-match")) and (not present or wanted not in ("*", present.etag)):
            raise errors.if_match_failed()
        return self._put(request)

    def get_object(self, request: Received) -> Answer:
        stored = self._stored(request)
        return Answer(200, stored.path.read_bytes(), stored.headers(), stored.content_type)

    def head_object(self, request: Received) -> Answer:
        """What GetObject answers, without the content: so the error of a missing object has no code."""
        stored = self._stored(request)
        return Answer(200, None, stored.headers(), stored.content_type)

    def delete_object(self, request: Received) -> Answer:
        """204."""
        self._stored(request)
        self._buckets.delete(_destination(request))
        return Answer(204)

    def put_through_par(self, request: Received) -> Answer:
        """No signature; a token that is unknown, over, or for another object gets 404, as if nothing were
        there."""
        par = self._buckets.par(request.params["token"])
        if par is None or not par.opens(_destination(request)):
            raise errors.not_found("pre-authenticated request")
        self._buckets.check_writable(_destination(request), par.maker)
        return self._put(request)

    def _put(self, request: Received) -> Answer:
        digest = md5(request.body)
        if (claimed := request.headers.get("content-md5", digest)) != digest:
            raise errors.unmatched_md5(digest, claimed)
        content_type = request.headers.get("content-type", "application/octet-stream")
        stored = self._buckets.put(_destination(request), request.body, content_type)
        headers = stored.headers() | {"content-length": "0", "opc-content-md5": digest}
        return Answer(200, None, headers)

    def _object(self, request: Received, case: str = "") -> Target:
        destination = _destination(request)
        return self._buckets.target(destination.namespace, destination.bucket, destination.object, case)

    def _stored(self, request: Received) -> StoredObject:
        destination = _destination(request)
        if destination not in self._buckets.objects:
            raise errors.object_not_found(destination.bucket, destination.object)
        return self._buckets.objects[destination]

    def _wire(self, par: PreauthenticatedRequest) -> dict[str, Any]:
        path = Destination(par.namespace, par.bucket, par.object or "").path()
        return {
            **_summary(par),
            "accessUri": f"/p/{par.token}{path}",
            # The real one has the namespace's own host; this one is reachable.
            "fullPath": f"{self._tenancy.endpoint}/p/{par.token}{path}",
        }


def _summary(par: PreauthenticatedRequest) -> dict[str, Any]:
    return {
        "id": par.id,
        "name": par.name,
        "objectName": par.object,
        "accessType": par.access_type,
        "bucketListingAction": None,
        "timeCreated": rfc3339(par.created),
        "timeExpires": rfc3339(par.expires),
    }


def _access_type(fields: dict[str, object]) -> str:
    access_type = text(fields, "accessType")
    if access_type not in ONE_OBJECT + ANY_OBJECT:
        raise errors.invalid("accessType", f"must be one of {', '.join(ONE_OBJECT + ANY_OBJECT)}")
    if access_type in ONE_OBJECT and not fields.get("objectName"):
        raise errors.missing("objectName")
    return access_type


def _expiry(fields: dict[str, object], now: float) -> float:
    try:
        expires = seconds(text(fields, "timeExpires"))
    except ValueError as problem:
        raise errors.invalid("timeExpires", "is not an RFC 3339 time") from problem
    if expires <= now:
        raise errors.invalid("timeExpires", "is not in the future")
    return expires


def _destination(request: Received) -> Destination:
    params = request.params
    return Destination(params["namespace"], params["bucket"], params["object"])
