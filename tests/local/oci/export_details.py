"""ExportImageDetails: the body of ExportImage, read strictly, and the destination in it."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from . import errors
from .exchange import only, text
from .stored_object import Destination
from .tenancy import Tenancy

Via = Literal["tuple", "uri", "par"]

FORMATS = ("QCOW2", "VMDK", "OCI", "VHD", "VDI")
DEFAULT_FORMAT = "OCI"
LONGEST_OBJECT_NAME = 1024

_TUPLE = {"destinationType", "exportFormat", "namespaceName", "bucketName", "objectName"}
_URI = {"destinationType", "exportFormat", "destinationUri"}
_PATH = re.compile(
    r"(?:/p/(?P<token>[^/]+))?/n/(?P<namespace>[^/]+)/b/(?P<bucket>[^/]+)/o/(?P<object>.+)", re.DOTALL
)


@dataclass(frozen=True)
class ExportDetails:
    """What is to be exported where; `token` is that of a pre-authenticated request."""

    destination: Destination
    via: Via
    format: str
    token: str | None = field(default=None, repr=False)


def read(body: dict[str, object], tenancy: Tenancy) -> ExportDetails:
    """Raises ApiError: 400 `MissingParameter`, `InvalidParameter`, `CannotParseRequest`."""
    kind = text(body, "destinationType")
    readers = {"objectStorageTuple": (_TUPLE, _from_tuple), "objectStorageUri": (_URI, _from_uri)}
    if kind not in readers:
        raise errors.invalid("destinationType", "must be objectStorageTuple or objectStorageUri")
    keys, reader = readers[kind]
    only(body, keys)
    export_format = text({"exportFormat": DEFAULT_FORMAT} | body, "exportFormat")
    if export_format not in FORMATS:
        raise errors.invalid("exportFormat", f"must be one of {', '.join(FORMATS)}")
    destination, token = reader(body, tenancy)
    via: Via = "tuple" if kind == "objectStorageTuple" else "par" if token else "uri"
    return ExportDetails(destination, via, export_format, token)


def _from_tuple(body: dict[str, object], tenancy: Tenancy) -> tuple[Destination, None]:
    names = text(body, "namespaceName"), text(body, "bucketName"), text(body, "objectName")
    return _checked(Destination(*names)), None


def _from_uri(body: dict[str, object], tenancy: Tenancy) -> tuple[Destination, str | None]:
    """Which hosts Compute takes is documented for the regional one only; the namespace's own host is taken
    too."""
    uri = text(body, "destinationUri")
    try:
        parts = urlsplit(uri)
        own = f"{parts.scheme}://{parts.netloc}" == tenancy.endpoint
    except ValueError as problem:
        raise errors.invalid("destinationUri", "cannot be read") from problem
    path = _PATH.fullmatch(parts.path)
    if not path or parts.query or parts.fragment:
        raise errors.invalid("destinationUri", "is not that of an object")
    namespace, bucket, name = (
        unquote(path[part], errors="strict") for part in ("namespace", "bucket", "object")
    )
    hosts = {
        f"objectstorage.{tenancy.region}.{tenancy.realm_domain}",
        f"{namespace}.objectstorage.{tenancy.region}.oci.customer-oci.com",
    }
    if not own and (parts.scheme != "https" or parts.netloc not in hosts):
        raise errors.invalid("destinationUri", "is not that of Object Storage in this region")
    return _checked(Destination(namespace, bucket, name)), path["token"]


def _checked(destination: Destination) -> Destination:
    name = destination.object
    try:
        length = len(name.encode())
    except UnicodeEncodeError as problem:
        raise errors.invalid("objectName", "is not Unicode text") from problem
    if not 1 <= length <= LONGEST_OBJECT_NAME or set(name) & set("\0\r\n"):
        raise errors.invalid("objectName", "must be 1 to 1024 bytes without NUL, CR or LF")
    return destination
