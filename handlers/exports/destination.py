"""Where an image may go: a place in Object Storage, the allow-list, and the two judged together."""

import re
from dataclasses import dataclass, field
from typing import Literal

from handlers.errors import NotAllowed
from handlers.exports import object_name

ExportFormat = Literal["QCOW2", "VMDK", "OCI", "VHD", "VDI"]

# Names as Object Storage has them; namespaces with hyphens exist. Match them fully: Python's `$` alone would
# accept a trailing newline.
BUCKET = r"^[A-Za-z0-9_.-]{1,256}$"
NAMESPACE = r"^[A-Za-z0-9_-]{1,256}$"


@dataclass(frozen=True, slots=True)
class Destination:
    """One object. ``base`` is empty for a tuple, else the URL's scheme and host; the token is a secret."""

    namespace: str
    bucket: str
    object_name: str
    base: str = ""
    par_token: str = field(default="", repr=False)

    @property
    def names(self) -> dict[str, str]:
        """The place in the API's field names, without the secret: to publish, to log, to send as a tuple."""
        return {
            "namespaceName": self.namespace,
            "bucketName": self.bucket,
            "objectName": self.object_name,
        }

    def __str__(self) -> str:
        return f"{self.namespace}/{self.bucket}/{self.object_name}"


@dataclass(frozen=True, slots=True)
class AllowList:
    """Places that callers may export to: (namespace, bucket, object prefix by segments)."""

    entries: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @classmethod
    def parse(cls, text: object) -> "AllowList":
        """Reads ``namespace/bucket`` or ``namespace/bucket/prefix``, separated by white space or commas."""
        if isinstance(text, AllowList):
            return text
        return cls(tuple(_entry(entry) for entry in re.split(r"[\s,]+", str(text)) if entry))

    def with_bucket(self, bucket: tuple[str, str] | None) -> "AllowList":
        """The list, and everything in that (namespace, bucket)."""
        return AllowList((*self.entries, (*bucket, ()))) if bucket else self

    def check(self, place: Destination) -> Destination:
        """The place itself, or NotAllowed. A prefix matches whole path segments."""
        segments = tuple(place.object_name.split("/"))
        for namespace, bucket, prefix in self.entries:
            if (namespace, bucket) == (place.namespace, place.bucket) and segments[: len(prefix)] == prefix:
                return place
        raise NotAllowed("Exporting to this destination is not allowed by the function's configuration.")


def are_names(namespace: str, bucket: str) -> bool:
    """Whether these can be a namespace and a bucket. Dots alone could be read as another path in a URL."""
    return (
        re.fullmatch(NAMESPACE, namespace) is not None
        and re.fullmatch(BUCKET, bucket) is not None
        and bucket.strip(".") != ""
    )


def _entry(text: str) -> tuple[str, str, tuple[str, ...]]:
    namespace, _, rest = text.rstrip("/").partition("/")
    bucket, _, prefix = rest.partition("/")
    if not are_names(namespace, bucket):
        raise ValueError("must list namespace/bucket or namespace/bucket/object-prefix")
    if prefix:
        object_name.check(prefix)
    return namespace, bucket, tuple(prefix.split("/")) if prefix else ()
