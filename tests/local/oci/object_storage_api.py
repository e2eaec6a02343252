"""Object Storage on the wire: buckets and objects, also through a pre-authenticated request.

Source: the SDK's `ObjectStorageClient`; the codes of 412 are those that its command line's own tests expect.
"""

from . import errors
from .exchange import Answer, Received
from .object_storage import Buckets
from .policy import Target
from .stored_object import Destination, StoredObject, md5
from .tenancy import Tenancy


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


def _destination(request: Received) -> Destination:
    params = request.params
    return Destination(params["namespace"], params["bucket"], params["object"])
