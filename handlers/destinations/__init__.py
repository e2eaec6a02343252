"""Where an image may go: an object in Object Storage, the operator's allow-list, and the two compared."""

import re
from typing import Any, Literal, NamedTuple, Self

from handlers.errors import NotAllowed
from handlers.names import check_bucket, check_namespace, check_object_name, tidy_segments

ExportFormat = Literal["QCOW2", "VMDK", "OCI", "VHD", "VDI"]


class Destination(NamedTuple):
    """An object in Object Storage. Nothing in it is a secret: it is shown and recorded as it is."""

    namespace: str
    bucket: str
    object_name: str

    @classmethod
    def of(cls, document: Any) -> Self | None:
        """The destination that a JSON document names; None where it names none."""
        match document:
            case {"namespaceName": str(namespace), "bucketName": str(bucket), "objectName": str(name)}:
                return cls(namespace, bucket, name) if namespace and bucket and name else None
        return None

    @property
    def document(self) -> dict[str, str]:
        """The same in the field names of Compute's API: to send, to publish, to record."""
        return {"namespaceName": self.namespace, "bucketName": self.bucket, "objectName": self.object_name}

    def __str__(self) -> str:
        return "/".join(self)


class Place(NamedTuple):
    """A bucket, or what lies under a prefix in it. ``prefix``: path segments; none is the whole bucket."""

    namespace: str
    bucket: str
    prefix: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``namespace/bucket`` or ``namespace/bucket/prefix``. Raises ValueError."""
        namespace, _, rest = text.rstrip("/").partition("/")
        bucket, _, prefix = rest.partition("/")
        try:
            check_namespace(namespace)
            check_bucket(bucket)
        except ValueError:
            raise ValueError("must be namespace/bucket or namespace/bucket/object-prefix") from None
        if prefix:
            check_object_name(prefix)
        return cls(namespace, bucket, tuple(prefix.split("/")) if prefix else ())

    def has(self, destination: Destination) -> bool:
        """Whether the object lies here. A prefix matches whole path segments."""
        segments = tuple(destination.object_name.split("/"))
        return self[:2] == destination[:2] and segments[: len(self.prefix)] == self.prefix

    def has_in_any_spelling(self, destination: Destination) -> bool:
        """Whether the object lies here to a reader that decodes or tidies up paths."""
        here = tidy_segments("/".join(self.prefix))
        return self[:2] == destination[:2] and tidy_segments(destination.object_name)[: len(here)] == here

    def overlaps(self, other: "Place") -> bool:
        """Whether one of the two lies inside the other, to such a reader."""
        here, there = (tidy_segments("/".join(place.prefix)) for place in (self, other))
        common = min(len(here), len(there))
        return self[:2] == other[:2] and here[:common] == there[:common]


class AllowList(NamedTuple):
    """Places that callers may export to, and the one of the function's records, which they never may."""

    places: tuple[Place, ...] = ()
    records: Place | None = None

    def check(self, destination: Destination) -> Destination:
        """The destination itself, or NotAllowed."""
        is_listed = any(place.has(destination) for place in self.places)
        if is_listed and not (self.records and self.records.has_in_any_spelling(destination)):
            return destination
        raise NotAllowed("Exporting to this destination is not allowed by the function's configuration.")


def parse_places(text: str) -> tuple[Place, ...]:
    """Reads places that are separated by white space or commas. Raises ValueError."""
    return tuple(_listed(entry) for entry in re.split(r"[\s,]+", text) if entry)


def _listed(entry: str) -> Place:
    place = Place.parse(entry)
    # As in ns/b/$PREFIX where the variable is empty: that must not allow the whole bucket.
    if entry.endswith("/") and not place.prefix:
        raise ValueError("must not have an empty object-prefix; a whole bucket is namespace/bucket")
    return place
