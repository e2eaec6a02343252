"""An object: where it lies, and what HeadObject tells of it."""

import base64
import hashlib
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, order=True)
class Destination:
    """Where an object goes."""

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
    parts: int | None

    def headers(self) -> dict[str, str]:
        """Those of HeadObject and GetObject. Source: the SDK's documentation of both; a captured answer has a
        checksum of parts as `AgQlttlYM7ya/tH0Fosu9A==-3`."""
        if self.parts is None:
            checksum = {"content-md5": self.md5}
        else:
            checksum = {"opc-multipart-md5": self.md5, "opc-multipart-count": str(self.parts)}
        return {
            "content-length": str(self.size),
            "etag": self.etag,
            "last-modified": formatdate(self.modified, usegmt=True),
            **checksum,
        }


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def md5_of_parts(parts: list[bytes]) -> str:
    """That of the parts' digests, one after the other, and how many there are."""
    digests = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    return f"{md5(digests)}-{len(parts)}"
