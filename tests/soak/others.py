"""Somebody else who exports the same images, to another object in the same bucket."""

from collections.abc import Collection

from tests.local.oci import Call
from tests.local.oci.errors import ApiError
from tests.local.platform import LocalPlatform


class Others:
    """Begins an export of an image just before the function's, or when the function's has ended."""

    def __init__(self, platform: LocalPlatform, elsewhere: str) -> None:
        """``elsewhere``: the compartment to which images are moved."""
        self._cloud, self._elsewhere = platform.cloud, elsewhere
        self._first, self._moving, self._afterwards = set[str](), set[str](), set[str]()
        self._cloud.on("ExportImage", "received", self._go_before)
        self._cloud.on("PublishMessage", "received", self._go_after)

    def meddle_with(self, image_id: str, *, is_first: bool, moves: bool) -> None:
        """Exports the image so that the function's export meets 409, and then ``moves`` the image, so that
        this export's work request stays behind; or exports it after the function."""
        (self._first if is_first else self._afterwards).add(image_id)
        if is_first and moves:
            self._moving.add(image_id)

    def _go_before(self, call: Call) -> None:
        image_id = call.path.split("/")[-3]
        if image_id in self._first:
            self._first.discard(image_id)
            self._export(image_id)
        # Where it has ended, so that its event tells of the compartment in which its work request is.
        elif self._over(self._moving & {image_id}):
            self._moving.discard(image_id)
            self._cloud.images.move(image_id, self._elsewhere)

    def _go_after(self, _: Call) -> None:
        """Whenever something is announced: which of the function's exports have ended?"""
        for image_id in self._over(self._afterwards):
            self._afterwards.discard(image_id)
            self._export(image_id)

    def _over(self, images: Collection[str]) -> set[str]:
        cloud = self._cloud
        exports = [export for export in list(cloud.exports) if export.image_id in images]
        return {
            export.image_id
            for export in exports
            if cloud.work_requests[export.work_request_id]["status"] in ("SUCCEEDED", "FAILED")
        }

    def _export(self, image_id: str) -> None:
        try:
            self._cloud.export_as_another(image_id, f"others/{image_id}")
        except ApiError:
            """It is being exported: then nobody meddles."""
