"""ExportImage: what Compute checks, in what order, and what an accepted export does in the end."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from . import errors
from .errors import ApiError
from .export_details import ExportDetails, Via
from .identifiers import rfc3339
from .images import Image, Images
from .object_storage import Buckets
from .principals import Principal
from .retry_tokens import RetryTokens
from .stored_object import Destination
from .tenancy import Tenancy
from .work_request import Failure
from .work_requests import WorkRequests


@dataclass(frozen=True)
class Export:
    """An accepted export."""

    image_id: str
    destination: Destination
    via: Via
    format: str
    work_request_id: str
    retry_token: str | None


@dataclass(frozen=True)
class Accepted:
    """What ExportImage answers with, kept for the replay of a retry token."""

    image: Image = field(repr=False)
    etag: str
    work_request_id: str


class Exports:
    """Starts exports; `accepted` lists each once, however often its retry token comes again."""

    def __init__(
        self,
        tenancy: Tenancy,
        images: Images,
        buckets: Buckets,
        work_requests: WorkRequests,
        announce: Callable[[str, Image], None],
    ) -> None:
        self._tenancy, self._images, self._buckets = tenancy, images, buckets
        self._work_requests, self._announce = work_requests, announce
        self._tokens = RetryTokens[Accepted](tenancy.clock)
        self.accepted: list[Export] = []

    def start(
        self,
        image_id: str,
        details: ExportDetails,
        if_match: str | None,
        retry_token: str | None,
        caller: Principal,
    ) -> Accepted:
        """The same request under the same token gets the first answer again, whatever has become of the image
        since. Raises ApiError: 400, 404, 409, 412."""
        payload = (image_id, details)
        image, etag = self._images.found(image_id)
        if self._tenancy.switches.looks_at == "state first":
            self._check_state(image)
        if replay := self._tokens.replay(retry_token, payload):
            return replay
        if if_match not in (None, "*", etag):
            raise errors.no_etag_match()
        self._check_state(image)
        self._check_destination(details, caller)
        accepted = self._begin(image, details, retry_token, caller)
        self._tokens.keep(retry_token, payload, accepted)
        if self._tenancy.advance == "at once":
            self._work_requests.advance(accepted.work_request_id)
        return accepted

    def _check_state(self, image: Image) -> None:
        if (state := image["lifecycleState"]) != "AVAILABLE":
            raise errors.wrong_state(
                state, self._tenancy.switches.exporting_code if state == "EXPORTING" else "IncorrectState"
            )

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

    def _write(self, image: Image, details: ExportDetails, caller: Principal) -> Failure | None:
        """Writes the object in the caller's name, or in that of the pre-authenticated request's maker, as
        far as each may at this time."""
        par = self._buckets.par(details.token) if details.token is not None else None
        if details.token is not None and par is None:
            return "ObjectNotWritten", "The pre-authenticated request does not live any more"
        try:
            self._buckets.check_writable(details.destination, par.maker if par else caller)
        except ApiError as refusal:
            return "ObjectNotWritten", refusal.message
        self._buckets.put(details.destination, self._content(image, details), in_parts=True)
        return None

    def _begin(
        self, image: Image, details: ExportDetails, retry_token: str | None, caller: Principal
    ) -> Accepted:
        def started() -> None:
            self._announce("exportimage.begin", image)

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
            on_start=started,
            finish=lambda: self._write(image, details, caller),
            on_end=ended,
        )
        self._images.set_state(image["id"], "EXPORTING")
        export = Export(
            image["id"], details.destination, details.via, details.format, work_request_id, retry_token
        )
        self.accepted.append(export)
        exporting, etag = self._images.found(image["id"])
        return Accepted(exporting, etag, work_request_id)

    def _content(self, image: Image, details: ExportDetails) -> bytes:
        """A stand-in for the exported image, which says what it stands for."""
        facts = {
            "image": image["id"],
            "displayName": image.get("displayName"),
            "exportFormat": details.format,
            "exported": rfc3339(self._tenancy.clock.now()),
        }
        return json.dumps(facts, indent=2).encode() + b"\n"
