"""ExportImage: what Compute checks, in what order, and what an accepted export does in the end.

Source: the API reference "Export an Image".
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from . import errors
from .errors import ApiError
from .exchange import Answer, Call, Route, only, text
from .faults import END_EXPORT, Faults
from .identifiers import rfc3339
from .images import IMAGES, Image, Images
from .object_storage import Buckets, Destination, StoredObject
from .policy import Principal, Target
from .tenancy import Tenancy
from .work_requests import Failure, WorkRequests

Via = Literal["tuple", "uri", "par"]

TOKEN_LIFETIME_S = 24 * 3600
LONGEST_TOKEN = 64
FORMATS = ("QCOW2", "VMDK", "OCI", "VHD", "VDI")
DEFAULT_FORMAT = "OCI"
LONGEST_OBJECT_NAME = 1024

# What a destination of each type has; each of them is required.
_KEYS = {
    "objectStorageTuple": ("namespaceName", "bucketName", "objectName"),
    "objectStorageUri": ("destinationUri",),
}
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


class Export(NamedTuple):
    """An accepted export, and who asked for it."""

    image_id: str
    destination: Destination
    via: Via
    format: str
    work_request_id: str
    retry_token: str | None
    caller: Principal


class Accepted(NamedTuple):
    """What ExportImage answered to a request with a retry token, kept until `expires`."""

    answer: Answer
    payload: tuple[str, ExportDetails]
    expires: float


class Exports:
    """Starts exports; `accepted` lists each once, however often its retry token comes again, and `outcomes`
    has what was written, by the work request."""

    def __init__(
        self,
        tenancy: Tenancy,
        images: Images,
        buckets: Buckets,
        work_requests: WorkRequests,
        *,
        faults: Faults,
        announce: Callable[[str, Image], None],
    ) -> None:
        self._tenancy, self._images, self._buckets = tenancy, images, buckets
        self._work_requests, self._faults, self._announce = work_requests, faults, announce
        self._tokens: dict[str, Accepted] = {}
        self.accepted: list[Export] = []
        self.outcomes: dict[str, StoredObject] = {}

    @property
    def routes(self) -> list[Route]:
        def target(request: Call) -> Target:
            return self._images.target(request, self._tenancy.switches.export_needs)

        return [Route("POST", f"{IMAGES}/{{imageId}}/actions/export", "ExportImage", self._export, target)]

    def start(
        self,
        image_id: str,
        details: ExportDetails,
        caller: Principal,
        if_match: str | None = None,
        retry_token: str | None = None,
    ) -> Answer:
        """200 (not 202), the image as it is now, EXPORTING, and the work request's id in a header. The same
        request under the same token gets the first answer again, whatever has become of the image since; a
        refusal is not kept. Raises ApiError: 400, 404, 409, 412."""
        image, etag = self._images.found(image_id)
        if self._tenancy.switches.looks_at == "state first":
            self._check_state(image)
        if replay := self._replay(retry_token, (image_id, details)):
            return replay
        if if_match not in (None, "*", etag):
            raise ApiError(412, "NoEtagMatch", "The entity tag does not match the current one")
        self._check_state(image)
        self._check_destination(details, caller)
        export = self._begin(image, details, retry_token, caller)
        exporting, etag = self._images.found(image_id)
        answer = Answer(200, exporting, {"etag": etag, "opc-work-request-id": export.work_request_id})
        if retry_token is not None:
            expires = self._tenancy.clock.now() + TOKEN_LIFETIME_S
            self._tokens[retry_token] = Accepted(answer, (image_id, details), expires)
        if self._tenancy.advance == "at once":
            self._work_requests.advance(export.work_request_id)
        return replace(answer, headers={**answer.headers})

    def _export(self, request: Call) -> Answer:
        details = _details(request.document(), self._tenancy)
        headers = (request.headers.get(name) for name in ("if-match", "opc-retry-token"))
        return self.start(request.params["imageId"], details, request.caller, *headers)

    def _replay(self, token: str | None, payload: tuple[str, ExportDetails]) -> Answer | None:
        """What the same request got first. Raises ApiError: 400 for no token, 409 for another request's."""
        if token is None:
            return None
        if not 1 <= len(token) <= LONGEST_TOKEN:
            raise errors.invalid("opcRetryToken", "must be 1 to 64 characters")
        accepted = self._tokens.get(token)
        if accepted is None or accepted.expires <= self._tenancy.clock.now():
            return None
        if accepted.payload == payload:
            return replace(accepted.answer, headers={**accepted.answer.headers})
        # Not documented; to refuse is the stricter.
        what = "The retry token was used in an earlier request with other content"
        raise ApiError(409, "InvalidatedRetryToken", what)

    def _check_state(self, image: Image) -> None:
        if image["compartmentId"] is None:
            # That it can't be exported is documented, how it is refused is not.
            raise errors.invalid("imageId", "a platform image can't be exported")
        if (state := image["lifecycleState"]) != "AVAILABLE":
            code = self._tenancy.switches.exporting_code if state == "EXPORTING" else "IncorrectState"
            raise ApiError(409, code, f"The image is in the state {state}; it must be AVAILABLE")

    def _check_destination(self, details: ExportDetails, caller: Principal) -> None:
        destination = details.destination
        if details.via == "tuple" and self._tenancy.switches.refuses_tuple(destination.object):
            raise errors.invalid_bucket()
        if details.token is not None:
            par = self._buckets.par(details.token)
            if par is None or not par.opens(destination):
                raise errors.invalid("destinationUri", "the request is not alive, or not for this object")
        elif not self._buckets.visible(destination.namespace, destination.bucket, caller):
            raise errors.invalid_bucket()

    def _begin(
        self, image: Image, details: ExportDetails, retry_token: str | None, caller: Principal
    ) -> Export:
        def ended() -> None:
            # The image goes back to AVAILABLE whether it worked or not (Oracle's "Exporting Custom Images").
            present = image
            if image["id"] in self._images:
                self._images.set_state(image["id"], "AVAILABLE")
                present, _ = self._images.found(image["id"])
            self._announce("exportimage.end", present)

        by_time = self._tenancy.advance == "by time"
        work_request_id = self._work_requests.add(
            "ExportImage",
            compartment_id=image["compartmentId"],
            resource_id=image["id"],
            seconds=self._tenancy.seconds_per_export if by_time else None,
            on_start=lambda: self._announce("exportimage.begin", image),
            finish=lambda: self._write(export, image, details),
            on_end=ended,
        )
        what = (image["id"], details.destination, details.via, details.format)
        export = Export(*what, work_request_id, retry_token, caller)
        self.accepted.append(export)
        self._images.set_state(image["id"], "EXPORTING")
        return export

    def _write(self, export: Export, image: Image, details: ExportDetails) -> Failure | None:
        """Writes the object in the caller's name, or in that of the pre-authenticated request's maker, as
        far as each may at this time."""
        if fault := self._faults.take(END_EXPORT, export):
            return fault.code, fault.message
        writer = export.caller
        if details.token is not None:
            if (par := self._buckets.par(details.token)) is None:
                return "ObjectNotWritten", "The pre-authenticated request does not live any more"
            writer = par.maker
        try:
            self._buckets.check_writable(details.destination, writer)
        except ApiError as refusal:
            return "ObjectNotWritten", refusal.message
        # A stand-in for the exported image, which says what it stands for.
        content = {
            "image": image["id"],
            "displayName": image.get("displayName"),
            "exportFormat": details.format,
            "exported": rfc3339(self._tenancy.clock.now()),
        }
        self.outcomes[export.work_request_id] = self._buckets.put(
            details.destination, json.dumps(content, indent=2).encode() + b"\n", in_parts=True
        )
        return None


def _details(body: dict[str, object], tenancy: Tenancy) -> ExportDetails:
    """Raises ApiError: 400 `MissingParameter`, `InvalidParameter`, `CannotParseRequest`."""
    kind = text(body, "destinationType")
    if kind not in _KEYS:
        raise errors.invalid("destinationType", f"must be one of {', '.join(_KEYS)}")
    only(body, {"destinationType", "exportFormat", *_KEYS[kind]})
    export_format = text({"exportFormat": DEFAULT_FORMAT} | body, "exportFormat")
    if export_format not in FORMATS:
        raise errors.invalid("exportFormat", f"must be one of {', '.join(FORMATS)}")
    values = [text(body, key) for key in _KEYS[kind]]
    if kind == "objectStorageTuple":
        return ExportDetails(_checked(Destination(*values)), "tuple", export_format)
    destination, token = _read_uri(values[0], tenancy)
    return ExportDetails(_checked(destination), "par" if token else "uri", export_format, token)


def _read_uri(uri: str, tenancy: Tenancy) -> tuple[Destination, str | None]:
    """An object's place, and the token. Which hosts Compute takes is documented for the regional one only;
    the namespace's own host is taken too."""
    try:
        parts = urlsplit(uri)
        own = f"{parts.scheme}://{parts.netloc}" == tenancy.endpoint
    except ValueError as problem:
        raise errors.invalid("destinationUri", "cannot be read") from problem
    path = _PATH.fullmatch(parts.path)
    if not path or parts.query or parts.fragment:
        raise errors.invalid("destinationUri", "is not that of an object")
    names = path.group("namespace", "bucket", "object")
    destination = Destination(*(unquote(name, errors="strict") for name in names))
    hosts = {
        f"objectstorage.{tenancy.region}.{tenancy.realm_domain}",
        f"{destination.namespace}.objectstorage.{tenancy.region}.oci.customer-oci.com",
    }
    if not own and (parts.scheme != "https" or parts.netloc not in hosts):
        raise errors.invalid("destinationUri", "is not that of Object Storage in this region")
    return destination, path["token"]


def _checked(destination: Destination) -> Destination:
    name = destination.object
    if not 1 <= len(name.encode()) <= LONGEST_OBJECT_NAME or set(name) & set("\0\r\n"):
        raise errors.invalid("objectName", "must be 1 to 1024 bytes without NUL, CR or LF")
    return destination
