"""Compute's images, and ExportImage: what is checked, in what order, and what comes of it in the end.

Source: the API reference "Export an Image"; `ListImages` in the SDK's `ComputeClient`.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from . import errors
from .errors import ApiError
from .exchange import Answer, Call, Route, is_descending, only, page, text
from .faults import END_EXPORT, Faults
from .identifiers import etag, ocid, rfc3339
from .object_storage import Buckets, Destination, StoredObject
from .policy import Principal, Target
from .tenancy import Tenancy
from .work_requests import Failure, WorkRequests

Image = dict[str, Any]

IMAGES = "/20160918/images"
# What else ListImages filters and sorts by is not emulated.
_LISTED_BY = {"compartmentId", "sortBy", "sortOrder", "limit", "page"}

Via = Literal["tuple", "uri", "par"]

TOKEN_LIFETIME_S = 24 * 3600
FORMATS = ("QCOW2", "VMDK", "OCI", "VHD", "VDI")

# What a destination of each type has; each of them is required.
_KEYS = {
    "objectStorageTuple": ("namespaceName", "bucketName", "objectName"),
    "objectStorageUri": ("destinationUri",),
}
_PATH = re.compile(
    r"(?:/p/(?P<token>[^/]+))?/n/(?P<namespace>[^/]+)/b/(?P<bucket>[^/]+)/o/(?P<object>.+)", re.DOTALL
)


class Images(Mapping[str, Image]):
    """The images by OCID; what is handed out is a copy in the wire's form."""

    def __init__(self, tenancy: Tenancy, announce: Callable[[str, Image], None]) -> None:
        self._tenancy, self._announce = tenancy, announce
        self._images: dict[str, Image] = {}
        self._etags: dict[str, str] = {}

    def add(
        self,
        display_name: str | None = "golden-image",
        lifecycle_state: str = "AVAILABLE",
        *,
        announce: bool = False,
        **fields: object,
    ) -> Image:
        """A new image. Other fields by their names on the wire or in snake case; None leaves one out. With
        `announce`, the event `createimage.end` is emitted."""
        tenancy = self._tenancy
        with tenancy.lock:
            image: Image = {
                "agentFeatures": {"isManagementSupported": None, "isMonitoringSupported": None},
                "baseImageId": ocid("image", tenancy.random, tenancy.region_key),
                "billableSizeInGBs": 47,
                "compartmentId": tenancy.compartment_id,
                "createImageAllowed": True,
                "definedTags": {"Operations": {"CostCenter": "42"}},
                "displayName": display_name,
                "freeformTags": {"team": "platform"},
                "id": ocid("image", tenancy.random, tenancy.region_key),
                "imageVolumeDetails": {
                    "dataVolumes": [{"displayName": "data", "index": 1, "sizeInMBs": 51200}]
                },
                "launchMode": "PARAVIRTUALIZED",
                "launchOptions": {"firmware": "UEFI_64", "isConsistentVolumeNamingEnabled": True},
                "lifecycleState": lifecycle_state,
                "listingType": "NONE",
                "operatingSystem": "Oracle Linux",
                "operatingSystemVersion": "9",
                "sizeInMBs": 47694,
                "timeCreated": rfc3339(tenancy.clock.now()),
            }
            for name, value in fields.items():
                image[re.sub("_([a-z])", lambda found: found[1].upper(), name)] = value
            image = {name: value for name, value in image.items() if value is not None}
            self._images[image["id"]] = copy.deepcopy(image)
            self._etags[image["id"]] = etag(tenancy.random)
            tenancy.compartments.add(image["compartmentId"])
            if announce:
                self._announce("createimage.end", image)
        return image

    def add_platform(self, display_name: str = "Oracle-Linux-9") -> Image:
        """A new platform image: in no compartment, and listed in each. There are none by default, as on a
        Private Cloud Appliance."""
        image = self._images[self.add(display_name, base_image_id=None)["id"]]
        image["compartmentId"] = None
        return copy.deepcopy(image)

    def set_state(self, image_id: str, state: str) -> None:
        """Moves an image to another lifecycle state."""
        self._change(image_id, "lifecycleState", state)

    def move(self, image_id: str, compartment_id: str) -> None:
        """Moves an image to another compartment; its work requests stay where they are."""
        self._tenancy.compartments.add(compartment_id)
        self._change(image_id, "compartmentId", compartment_id)

    def _change(self, image_id: str, field: str, value: str) -> None:
        """Its entity tag changes with it."""
        self._images[image_id][field] = value
        self._etags[image_id] = etag(self._tenancy.random)

    def remove(self, image_id: str) -> None:
        with self._tenancy.lock:
            del self._images[image_id], self._etags[image_id]

    def found(self, image_id: str) -> tuple[Image, str]:
        """The image and its entity tag. Raises ApiError 404."""
        if image_id not in self._images:
            raise errors.not_found("image")
        return copy.deepcopy(self._images[image_id]), self._etags[image_id]

    def etag(self, image_id: str) -> str:
        return self.found(image_id)[1]

    @property
    def routes(self) -> list[Route]:
        return [
            Route("GET", IMAGES, "ListImages", self._list, self._compartment),
            Route("GET", f"{IMAGES}/{{imageId}}", "GetImage", self._get, self.target),
        ]

    def target(self, request: Call, case: str = "") -> Target:
        """The image that a request names, as the policy is asked about it. Raises ApiError 404."""
        image, _ = self.found(request.params["imageId"])
        compartments = self._tenancy.within(image["compartmentId"] or self._tenancy.tenancy_id)
        return Target(compartments, errors.not_found("image"), {"target.image.id": image["id"]}, case)

    def _compartment(self, request: Call) -> Target:
        return self._tenancy.compartment(request.query.get("compartmentId"))

    def _get(self, request: Call) -> Answer:
        image, etag = self.found(request.params["imageId"])
        return Answer(200, image, {"etag": etag})

    def _list(self, request: Call) -> Answer:
        """200: the platform's images, then the compartment's own; among these none comes first unless the
        request says so, for nothing is documented."""
        for name in set(request.query) - _LISTED_BY:
            raise errors.invalid(name, "is not emulated")
        places = (None, request.query["compartmentId"])
        listed = [image for image in self._images.values() if image["compartmentId"] in places]
        listed.sort(key=lambda image: str(image["id"]))
        if (sort_by := request.query.get("sortBy")) is not None:
            if sort_by != "TIMECREATED":
                raise errors.invalid("sortBy", "is emulated with TIMECREATED alone")
            listed.sort(key=lambda image: str(image["timeCreated"]), reverse=is_descending(request, "DESC"))
        listed.sort(key=lambda image: image["compartmentId"] is not None)
        return page(copy.deepcopy(listed), request)

    def __getitem__(self, image_id: str) -> Image:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            return copy.deepcopy(self._images[image_id])

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._images))

    def __len__(self) -> int:
        return len(self._images)


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
        return answer

    def _export(self, request: Call) -> Answer:
        details = _details(request.document(), self._tenancy)
        headers = (request.headers.get(name) for name in ("if-match", "opc-retry-token"))
        return self.start(request.params["imageId"], details, request.caller, *headers)

    def _replay(self, token: str | None, payload: tuple[str, ExportDetails]) -> Answer | None:
        """What the same request got first. Raises ApiError: 400 for no token, 409 for another request's."""
        if token is None:
            return None
        if not 1 <= len(token) <= 64:
            raise errors.invalid("opcRetryToken", "must be 1 to 64 characters")
        accepted = self._tokens.get(token)
        if accepted is None or accepted.expires <= self._tenancy.clock.now():
            return None
        if accepted.payload == payload:
            return accepted.answer
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
    export_format = text({"exportFormat": "OCI"} | body, "exportFormat")
    if export_format not in FORMATS:
        raise errors.invalid("exportFormat", f"must be one of {', '.join(FORMATS)}")
    values = [text(body, key) for key in _KEYS[kind]]
    via: Via = "tuple"
    if kind == "objectStorageTuple":
        destination, token = Destination(*values), None
    else:
        destination, token = _read_uri(values[0], tenancy)
        via = "par" if token else "uri"
    name = destination.object
    if not 1 <= len(name.encode()) <= 1024 or set(name) & set("\0\r\n"):
        raise errors.invalid("objectName", "must be 1 to 1024 bytes without NUL, CR or LF")
    return ExportDetails(destination, via, export_format, token)


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
