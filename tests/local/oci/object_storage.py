"""Object Storage: buckets, what lies in them as files in a folder, and who may reach it."""

import hashlib
from pathlib import Path

from . import errors
from .errors import ApiError
from .identifiers import uuid
from .policy import Target
from .preauthenticated_request import PreauthenticatedRequest
from .principals import Principal
from .stored_object import Destination, StoredObject, md5, md5_of_parts
from .tenancy import Tenancy

# A file name takes 255 bytes on the usual file systems; a part of an object's name may take 1024.
LONGEST_FILE_NAME = 255


class Buckets:
    """The buckets of all namespaces and what lies in them.

    `objects` are the present ones, `written` all versions, `pars` all pre-authenticated requests so far.
    """

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
        with tenancy.lock:
            own = namespace in (None, tenancy.namespace)
            compartments = tenancy.within(tenancy.bucket_compartment_id) if own else frozenset[str]()
            self._buckets[(namespace or tenancy.namespace, name)] = compartments

    def remove(self, name: str, namespace: str | None = None) -> None:
        with self._tenancy.lock:
            self._buckets.pop((namespace or self._tenancy.namespace, name), None)

    def target(self, namespace: str, name: str, object_name: str | None = None, case: str = "") -> Target:
        """What the policy is asked about. Raises ApiError 404, with which it also refuses."""
        refusal = errors.bucket_not_found(namespace, name)
        names = {"target.bucket.name": name}
        if object_name is not None:
            names["target.object.name"] = object_name
        with self._tenancy.lock:
            if (namespace, name) not in self._buckets:
                raise refusal
            return Target(self._buckets[namespace, name], refusal, names, case)

    def visible(self, namespace: str, name: str, who: Principal) -> bool:
        """Whether a bucket is there for somebody who may read it."""
        try:
            return self._tenancy.policy.allows(who, "GetBucket", self.target(namespace, name))
        except ApiError:
            return False

    def check_writable(self, destination: Destination, who: Principal) -> None:
        """Whether somebody may write an object in parts. Raises ApiError 404."""
        target = self.target(destination.namespace, destination.bucket, destination.object)
        if not self._tenancy.policy.allows(who, "CreateMultipartUpload", target):
            raise target.refusal

    def put(
        self,
        destination: Destination,
        content: bytes,
        content_type: str = "application/octet-stream",
        *,
        in_parts: bool = False,
    ) -> StoredObject:
        """Writes an object, over the one before."""
        with self._tenancy.lock:
            before = self.objects.get(destination)
            path = before.path if before else self._file(destination)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            half = len(content) // 2
            stored = StoredObject(
                path,
                len(content),
                uuid(self._tenancy.random),
                md5_of_parts([content[:half], content[half:]]) if in_parts else md5(content),
                self._tenancy.clock.now(),
                content_type,
                2 if in_parts else None,
            )
            self.objects[destination] = stored
            self.written.append((destination, stored))
            return stored

    def delete(self, destination: Destination) -> None:
        """Deletes an object and its file."""
        with self._tenancy.lock:
            self.objects.pop(destination).path.unlink()

    def delete_par(self, namespace: str, bucket: str, par_id: str) -> None:
        """Raises ApiError 404 where it is not there, or not any more."""
        with self._tenancy.lock:
            for par in self.live_pars:
                if (par.namespace, par.bucket, par.id) == (namespace, bucket, par_id):
                    self._deleted.add(par.id)
                    return
        raise errors.not_found("pre-authenticated request")

    @property
    def live_pars(self) -> list[PreauthenticatedRequest]:
        """Those that are neither deleted nor over."""
        with self._tenancy.lock:
            now = self._tenancy.clock.now()
            return [par for par in self.pars if par.id not in self._deleted and par.expires > now]

    def par(self, token: str) -> PreauthenticatedRequest | None:
        """The live pre-authenticated request of a token, if there is one."""
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
