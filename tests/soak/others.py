"""Somebody else who exports the same images, to elsewhere, with a key of their own."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import oci

from tests.local.oci import Call
from tests.local.platform import LocalPlatform

ELSEWHERE = "elsewhere"


class Others:
    """Begins an export of an image before the function hears of it, or when the function's has ended."""

    def __init__(self, platform: LocalPlatform, folder: Path) -> None:
        cloud = platform.cloud
        self._platform = platform
        self._client = oci.core.ComputeClient(cloud.api_key(folder), service_endpoint=cloud.endpoint)
        # One request at a time: the SDK's clients promise nothing about threads.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="others")
        self._pending: list[Future[None]] = []
        self._afterwards: set[str] = set()
        self._lock = threading.Lock()
        cloud.on("PublishMessage", "received", self._look)

    @property
    def are_through(self) -> bool:
        with self._lock:
            return all(future.done() for future in self._pending)

    def meddle_with(self, image_id: str, *, is_first: bool) -> None:
        """Exports the image now, so that the function's export meets 409; or after the function's."""
        if is_first:
            self._export(image_id)
        else:
            self._afterwards.add(image_id)

    def _look(self, _: Call) -> None:
        """Whenever something is announced: which of the function's exports have ended?"""
        cloud = self._platform.cloud
        with self._lock:
            for export in list(cloud.exports):
                is_over = cloud.work_requests[export.work_request_id]["status"] == "SUCCEEDED"
                if export.image_id in self._afterwards and is_over:
                    self._afterwards.discard(export.image_id)
                    self._pending.append(self._pool.submit(self._export, export.image_id))

    def _export(self, image_id: str) -> None:
        details = oci.core.models.ExportImageViaObjectStorageTupleDetails(
            namespace_name=self._platform.cloud.namespace, bucket_name=ELSEWHERE, object_name=image_id
        )
        try:
            self._client.export_image(image_id, details)
        except (oci.exceptions.ServiceError, oci.exceptions.RequestException):
            """Bad weather, or an image that is being exported: then nobody meddles."""
