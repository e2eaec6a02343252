"""Compute on the wire: ExportImage and GetImage. Source: the API reference "Export an Image"."""

from . import errors, export_details
from .exchange import Answer, Received
from .exports import Exports
from .images import Images
from .policy import Target
from .tenancy import Tenancy


class ComputeApi:
    def __init__(self, tenancy: Tenancy, images: Images, exports: Exports) -> None:
        self._tenancy, self._images, self._exports = tenancy, images, exports

    def to_export(self, request: Received) -> Target:
        return self._target(request, self._tenancy.switches.export_needs)

    def to_read(self, request: Received) -> Target:
        return self._target(request)

    def export_image(self, request: Received) -> Answer:
        """200 (not 202), the image as it is now, EXPORTING, and the work request's id in a header."""
        details = export_details.read(request.json(), self._tenancy)
        headers = request.headers
        accepted = self._exports.start(
            request.params["imageId"],
            details,
            headers.get("if-match"),
            headers.get("opc-retry-token"),
            request.caller,
        )
        return Answer(
            200, accepted.image, {"etag": accepted.etag, "opc-work-request-id": accepted.work_request_id}
        )

    def get_image(self, request: Received) -> Answer:
        image, etag = self._images.found(request.params["imageId"])
        return Answer(200, image, {"etag": etag})

    def _target(self, request: Received, case: str = "") -> Target:
        """Raises ApiError 404."""
        image, _ = self._images.found(request.params["imageId"])
        compartments = self._tenancy.within(image["compartmentId"])
        return Target(compartments, errors.not_found("image"), case=case)
