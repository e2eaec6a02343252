"""Where an image may go: a place in Object Storage, the operator's allow-list, and the two compared."""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypedDict

from handlers.destinations import object_name
from handlers.errors import NotAllowed

ExportFormat = Literal["QCOW2", "VMDK", "OCI", "VHD", "VDI"]

# Names as Object Storage has them; namespaces with hyphens exist. Match them fully: Python's `$` alone would
# accept a trailing newline.
BUCKET = r"^[A-Za-z0-9_.-]{1,256}$"
NAMESPACE = r"^[A-Za-z0-9_-]{1,256}$"


class Names(TypedDict):
    """A place in the API's field names, without any secret: to publish, to log, to send as a tuple."""

    namespaceName: str
    bucketName: str
    objectName: str


@dataclass(frozen=True, slots=True)
class Destination:
    """One object. ``base`` is empty for a tuple, else the URL's scheme and host; the token is a secret."""

    namespace: str
    bucket: str
    object_name: str
    base: str = ""
    par_token: str = field(default="", repr=False)

    @property
    def names(self) -> Names:
        return {
            "namespaceName": self.namespace,
            "bucketName": self.bucket,
            "objectName": self.object_name,
        }

    def __str__(self) -> str:
        return f"{self.namespace}/{self.bucket}/{self.object_name}"


class Place(NamedTuple):
    """A bucket, or what lies under a prefix in it. ``prefix``: path segments; none is the whole bucket."""

    namespace: str
    bucket: str
    prefix: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Reads ``namespace/bucket`` or ``namespace/bucket/prefix``. Raises ValueError."""
        namespace, _, rest = text.rstrip("/").partition("/")
        bucket, _, prefix = rest.partition("/")
        if not are_names(namespace, bucket):
            raise ValueError("must be namespace/bucket or namespace/bucket/object-prefix")
        if prefix:
            object_name.check(prefix)
        return cls(namespace, bucket, tuple(prefix.split("/")) if prefix else ())

    def has(self, destination: Destination) -> bool:
        """Whether the object lies here. A prefix matches whole path segments."""
        segments = tuple(destination.object_name.split("/"))
        return (self.namespace, self.bucket) == (
            destination.namespace,
            destination.bucket,
        ) and segments[: len(self.prefix)] == self.prefix

    def overlaps(self, other: "Place") -> bool:
        """Whether one of the two lies inside the other."""
        shorter = min(len(self.prefix), len(other.prefix))
        return (*self[:2], self.prefix[:shorter]) == (*other[:2], other.prefix[:shorter])


@dataclass(frozen=True, slots=True)
class AllowList:
    """Places that callers may export to, and the one of the function's records, which they never may."""

    places: tuple[Place, ...] = ()
    records: Place | None = None

    def check(self, destination: Destination) -> Destination:
        """The destination itself, or NotAllowed."""
        is_listed = any(place.has(destination) for place in self.places)
        if is_listed and not (self.records and self.records.has(destination)):
            return destination
        raise NotAllowed("Exporting to this destination is not allowed by the function's configuration.")


def parse_places(text: str) -> tuple[Place, ...]:
    """Reads places that are separated by white space or commas. Raises ValueError."""
    return tuple(Place.parse(entry) for entry in re.split(r"[\s,]+", text) if entry)


def are_names(namespace: str, bucket: str) -> bool:
    """Whether these can be a namespace and a bucket. Dots alone could be read as another path in a URL."""
    return (
        re.fullmatch(NAMESPACE, namespace) is not None
        and re.fullmatch(BUCKET, bucket) is not None
        and bucket.strip(".") != ""
    )
