"""Object Storage: buckets, what lies in them as files in a folder, and pre-authenticated requests (PARs).

Source: the SDK's `ObjectStorageClient`; the codes of 412 are those that its command line's own tests expect.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from . import errors
from .errors import ApiError
from .exchange import Answer, Call, Route, only, text, time
from .identifiers import rfc3339, uuid
from .policy import Principal, Target
from .tenancy import Tenancy

BUCKET = "/n/{namespace}/b/{bucket}"
OBJECT = BUCKET + "/o/{object:path}"
BYTES = "application/octet-stream"
ACCESS_TYPES = ("ObjectRead", "ObjectWrite", "ObjectReadWrite")
# A file name takes 255 bytes on the usual file systems; a part of an object's name may take 1024.
LONGEST_FILE_NAME = 255


class Destination(NamedTuple):
    namespace: str
    bucket: str
    object: str

    def path(self) -> str:
        """`/n/{namespace}/b/{bucket}/o/{object}`, percent-encoded as Object Storage writes it."""
        return f"/n/{quote(self.namespace)}/b/{quote(self.bucket)}/o/{quote(self.object)}"


@dataclass(frozen=True)
class StoredObject:
    """One version of an object; `modified` in seconds since the epoch, `md5` as base64, with `-<parts>` after
    it for what was written in parts."""

    path: Path
    size: int
    etag: str
    md5: str
    modified: float
    content_type: str

    def headers(self) -> dict[str, str]:
        """Those of HeadObject and GetObject. Source: the SDK's documentation of both; a captured answer has a
        checksum of parts as `AgQlttlYM7ya/tH0Fosu9A==-3`."""
        _, _, parts = self.md5.partition("-")
        checksum = {"opc-multipart-md5": self.md5, "opc-multipart-count": parts}
        return {
            "content-length": str(self.size),
            "etag": self.etag,
            "last-modified": formatdate(self.modified, usegmt=True),
            **(checksum if parts else {"content-md5": self.md5}),
        }


@dataclass(frozen=True)
class PreauthenticatedRequest:
    """Its token opens the bucket to whoever has it, as far as its maker may go, so no repr shows it.
    `expires` in seconds since the epoch."""

    id: str
    name: str
    token: str = field(repr=False)
    destination: Destination
    access_type: str
    expires: float
    created: float
    maker: Principal

    @property
    def object(self) -> str:
        return self.destination.object

    def opens(self, destination: Destination) -> bool:
        """Whether one may write there, its time aside."""
        return self.access_type != "ObjectRead" and destination == self.destination

    def summary(self) -> dict[str, Any]:
        """The wire form of a list's item: without the URL."""
        return {
            "id": self.id,
            "name": self.name,
            "objectName": self.object,
            "accessType": self.access_type,
            "bucketListingAction": None,
            "timeCreated": rfc3339(self.created),
            "timeExpires": rfc3339(self.expires),
        }


class Buckets:
    """The buckets of all namespaces. `objects` are the present ones, `written` all versions, `pars` all
    pre-authenticated requests so far."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._buckets: dict[tuple[str, str], frozenset[str]] = {}
        self._deleted: set[str] = set()
        self.objects: dict[Destination, StoredObject] = {}
        self.written: list[tuple[Destination, StoredObject]] = []
        self.pars: list[PreauthenticatedRequest] = []
        self.add(tenancy.bucket)

    def add(self, name: str, namespace: str | None = None) -> None:
        """A new bucket; one in another namespace is another tenancy's, where no policy of this one counts."""
        tenancy = self._tenancy
        own = namespace in (None, tenancy.namespace)
        compartments = tenancy.within(tenancy.bucket_compartment_id) if own else frozenset[str]()
        self._buckets[(namespace or tenancy.namespace, name)] = compartments

    def target(self, namespace: str, name: str, object_name: str | None = None, case: str = "") -> Target:
        """What the policy is asked about. Raises ApiError 404, with which it also refuses."""
        refusal = errors.bucket_not_found(namespace, name)
        names = {"target.bucket.name": name}
        if object_name is not None:
            names["target.object.name"] = object_name
        if (namespace, name) not in self._buckets:
            raise refusal
        return Target(self._buckets[namespace, name], refusal, names, case)

    def visible(self, namespace: str, name: str, who: Principal) -> bool:
        try:
            return self._tenancy.policy.allows(who, "GetBucket", self.target(namespace, name))
        except ApiError:
            return False

    def check_writable(self, destination: Destination, who: Principal) -> None:
        """Whether somebody may write an object in parts. Raises ApiError 404."""
        target = self.target(*destination)
        if not self._tenancy.policy.allows(who, "CreateMultipartUpload", target):
            raise target.refusal

    def put(
        self, destination: Destination, content: bytes, content_type: str = BYTES, *, in_parts: bool = False
    ) -> StoredObject:
        with self._tenancy.lock:
            before = self.objects.get(destination)
            path = before.path if before else self._file(destination)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            checksum = _md5_of_parts(content) if in_parts else _md5(content)
            etag, now = uuid(self._tenancy.random), self._tenancy.clock.now()
            stored = StoredObject(path, len(content), etag, checksum, now, content_type)
            self.objects[destination] = stored
            self.written.append((destination, stored))
            return stored

    def delete(self, destination: Destination) -> None:
        self.objects.pop(destination).path.unlink()

    @property
    def live_pars(self) -> list[PreauthenticatedRequest]:
        """Those that are neither deleted nor over."""
        now = self._tenancy.clock.now()
        return [par for par in self.pars if par.id not in self._deleted and par.expires > now]

    def par(self, token: str) -> PreauthenticatedRequest | None:
        return next((par for par in self.live_pars if par.token == token), None)

    def _file(self, destination: Destination) -> Path:
        bucket = self._tenancy.folder / destination.namespace / destination.bucket
        parts = destination.object.split("/")
        path = bucket.joinpath(*parts)
        fits = all(part not in ("", ".", "..") and len(part.encode()) <= LONGEST_FILE_NAME for part in parts)
        # An object `a` beside an object `a/b` is fine in a bucket; a file can't be a folder as well.
        if fits and not path.is_dir() and not any(parent.is_file() for parent in path.parents):
            return path
        return bucket / f"object-{hashlib.sha256(destination.object.encode()).hexdigest()}"

    @property
    def routes(self) -> list[Route]:
        par = "PreauthenticatedRequest"
        return [
            Route("GET", "/n", "GetNamespace", self._get_namespace, self._namespace),
            Route("GET", BUCKET, "GetBucket", self._get_bucket, self._bucket),
            Route("GET", f"{BUCKET}/p", f"List{par}s", self._list_pars, self._bucket),
            Route("POST", f"{BUCKET}/p", f"Create{par}", self._create_par, self._bucket),
            Route("DELETE", f"{BUCKET}/p/{{parId}}", f"Delete{par}", self._delete_par, self._bucket),
            Route("GET", OBJECT, "GetObject", self._get_object, self._object),
            Route("HEAD", OBJECT, "HeadObject", self._head_object, self._object),
            Route("PUT", OBJECT, "PutObject", self._put_object, self._object_to_write),
            Route("DELETE", OBJECT, "DeleteObject", self._delete_object, self._object),
            Route("PUT", "/p/{token}" + OBJECT, "PutObject", self._put_through_par, None),
        ]

    def _namespace(self, request: Call) -> Target:
        return Target(frozenset({self._tenancy.tenancy_id}), errors.not_found("namespace"))

    def _bucket(self, request: Call) -> Target:
        return self.target(request.params["namespace"], request.params["bucket"])

    def _object(self, request: Call) -> Target:
        return self.target(*_destination(request))

    def _object_to_write(self, request: Call) -> Target:
        """Whoever asks to create only, by `if-none-match`, needs no right to overwrite."""
        overwrites = _destination(request) in self.objects and "if-none-match" not in request.headers
        return self.target(*_destination(request), "existing" if overwrites else "new")

    def _get_namespace(self, request: Call) -> Answer:
        return Answer(200, self._tenancy.namespace)

    def _get_bucket(self, request: Call) -> Answer:
        return Answer(200, {"namespace": request.params["namespace"], "name": request.params["bucket"]})

    def _put_object(self, request: Call) -> Answer:
        """200, if the conditions of the request are met."""
        present = self.objects.get(_destination(request))
        if (unwanted := request.headers.get("if-none-match")) not in (None, "*"):
            raise errors.invalid("if-none-match", "must be *")
        if unwanted and present:
            raise ApiError(412, "IfNoneMatchFailed", "The object exists")
        if (wanted := request.headers.get("if-match")) and (not present or wanted not in ("*", present.etag)):
            raise ApiError(412, "IfMatchFailed", "The object does not have the entity tag of if-match")
        return self._put(request)

    def _get_object(self, request: Call) -> Answer:
        stored = self._stored(request)
        return Answer(200, stored.path.read_bytes(), stored.headers(), stored.content_type)

    def _head_object(self, request: Call) -> Answer:
        """What GetObject answers, without the content: so the error of a missing object has no code."""
        stored = self._stored(request)
        return Answer(200, None, stored.headers(), stored.content_type)

    def _delete_object(self, request: Call) -> Answer:
        self._stored(request)
        self.delete(_destination(request))
        return Answer(204)

    def _put_through_par(self, request: Call) -> Answer:
        """Without a signature. A token that opens nothing here gets 404, as if nothing were there."""
        par = self.par(request.params["token"])
        if par is None or not par.opens(_destination(request)):
            raise errors.not_found("pre-authenticated request")
        self.check_writable(_destination(request), par.maker)
        return self._put(request)

    def _put(self, request: Call) -> Answer:
        digest = _md5(request.body)
        if (claimed := request.headers.get("content-md5", digest)) != digest:
            what = f"The computed MD5 ({digest}) does not match the Content-MD5 header ({claimed})"
            raise ApiError(400, "UnmatchedContentMD5", what)
        content_type = request.headers.get("content-type", BYTES)
        stored = self.put(_destination(request), request.body, content_type)
        return Answer(200, None, stored.headers() | {"content-length": "0", "opc-content-md5": digest})

    def _stored(self, request: Call) -> StoredObject:
        destination = _destination(request)
        if destination not in self.objects:
            what = f"The object '{destination.object}' was not found in the bucket '{destination.bucket}'"
            raise ApiError(404, "ObjectNotFound", what)
        return self.objects[destination]

    def _create_par(self, request: Call) -> Answer:
        """200; the access URI is in this answer alone."""
        fields = request.document()
        only(fields, {"name", "accessType", "objectName", "timeExpires", "bucketListingAction"})
        now = self._tenancy.clock.now()
        destination = _destination(request, text(fields, "objectName"))
        access_type, expires = text(fields, "accessType"), time(fields, "timeExpires")
        if access_type not in ACCESS_TYPES:
            raise errors.invalid("accessType", f"must be one of {', '.join(ACCESS_TYPES)}")
        if expires <= now:
            raise errors.invalid("timeExpires", "is not in the future")
        par = PreauthenticatedRequest(
            id=f"{secrets.token_urlsafe(32)}:{destination.object}",
            name=text(fields, "name"),
            token=secrets.token_urlsafe(48),
            destination=destination,
            access_type=access_type,
            expires=expires,
            created=now,
            maker=request.caller,
        )
        self.pars.append(par)
        path = f"/p/{par.token}{destination.path()}"
        # The real one has the namespace's own host; this one is reachable.
        return Answer(200, {**par.summary(), "accessUri": path, "fullPath": self._tenancy.endpoint + path})

    def _list_pars(self, request: Call) -> Answer:
        """200, those that live, on one page and without their URLs."""
        return Answer(200, [par.summary() for par in self._pars_of(request)])

    def _delete_par(self, request: Call) -> Answer:
        """204. The id has the object's name in it, so it comes with its slashes encoded."""
        wanted = request.params["parId"]
        if wanted not in [par.id for par in self._pars_of(request)]:
            raise errors.not_found("pre-authenticated request")
        self._deleted.add(wanted)
        return Answer(204)

    def _pars_of(self, request: Call) -> list[PreauthenticatedRequest]:
        """Those of the bucket that live."""
        bucket = (request.params["namespace"], request.params["bucket"])
        return [par for par in self.live_pars if par.destination[:2] == bucket]


def _destination(request: Call, name: str | None = None) -> Destination:
    params = request.params
    return Destination(params["namespace"], params["bucket"], name or params["object"])


def _digest(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _md5(content: bytes) -> str:
    return base64.b64encode(_digest(content)).decode()


def _md5_of_parts(content: bytes) -> str:
    """That of the digests of two parts, one after the other, and how many these are."""
    half = len(content) // 2
    return _md5(b"".join(_digest(part) for part in (content[:half], content[half:]))) + "-2"
