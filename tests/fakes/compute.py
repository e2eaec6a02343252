"""Images in memory, and their exports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.errors import ServiceRefusal
from handlers.exports.services import Answer
from tests.fakes.answers import answer, not_found
from tests.fakes.example_world import COMPARTMENT_ID, IMAGE_ID
from tests.fakes.script import Script
from tests.fakes.work_requests import FakeWorkRequests


@dataclass
class FakeCompute:
    """``images``: by OCID, as the API has them. An accepted export becomes a work request."""

    script: Script
    work_requests: FakeWorkRequests
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    etag: str = "etag-1"
    without_headers: frozenset[str] = frozenset()
    _by_token: dict[str, tuple[dict[str, str], Answer]] = field(default_factory=dict)

    def add(self, image_id: str = IMAGE_ID, **fields: Any) -> dict[str, Any]:
        """One more image; ``fields`` replaces what it says."""
        image = {
            "id": image_id,
            "displayName": "web 1",
            "compartmentId": COMPARTMENT_ID,
            "lifecycleState": "AVAILABLE",
            "operatingSystem": "Oracle Linux",
            "aFieldOfTomorrow": {"kept": True},
            **fields,
        }
        self.images[image_id] = image
        return image

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
    ) -> Answer:
        arguments = {
            "image_id": image_id,
            "details": dict(details),
            "retry_token": retry_token,
            "if_match": if_match,
        }
        with self.script.call("export_image", until, **arguments):
            first = self._by_token.get(retry_token)
            if first and first[0] != dict(details):
                raise ServiceRefusal(
                    409, "InvalidatedRetryToken", "The token was used before.", service="Compute"
                )
            accepted = first[1] if first else self._export(image_id)
            self._by_token[retry_token] = (dict(details), accepted)
        return accepted

    def get_image(self, image_id: str, *, until: float) -> Answer:
        with self.script.call("get_image", until, image_id=image_id):
            return answer(self._image(image_id), etag=self.etag)

    def _export(self, image_id: str) -> Answer:
        image = self._image(image_id)
        work_request = self.work_requests.add(image_id, "ACCEPTED", compartmentId=image["compartmentId"])
        headers = {"etag": self.etag, "opc-work-request-id": work_request["id"]}
        kept = {name: value for name, value in headers.items() if name not in self.without_headers}
        return answer({**image, "lifecycleState": "EXPORTING"}, **kept)

    def _image(self, image_id: str) -> dict[str, Any]:
        if image_id not in self.images:
            raise not_found("Compute")
        return self.images[image_id]
