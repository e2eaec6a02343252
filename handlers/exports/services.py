"""What the domain needs of the cloud: business verbs, implemented in ``handlers.cloud`` and faked in tests.

Every verb takes ``until``, the moment on the monotonic clock when it has to be over, and raises
ServiceRefusal where the service answered with an error, NoAnswer where no usable answer came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from handlers.exports.destination import Destination


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's success: the body as it came, and the same parsed.

    Header names are in lower case; ``retry_after`` is in seconds.
    """

    document: Any
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")

    @property
    def request_id(self) -> str | None:
        return self.headers.get("opc-request-id")

    @property
    def work_request_id(self) -> str | None:
        return self.headers.get("opc-work-request-id") or None

    def text(self, key: str) -> str | None:
        """A field of the document, if it is a text. Services may send what their reference doesn't say."""
        value = self.document.get(key) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else None


class Compute(Protocol):
    """Images."""

    def export_image(
        self,
        image_id: str,
        details: Mapping[str, str],
        *,
        retry_token: str,
        if_match: str | None,
        until: float,
    ) -> Answer:
        """ExportImage: the image, with the work request's id in the headers."""

    def get_image(self, image_id: str, *, until: float) -> Answer:
        """GetImage."""


class WorkRequests(Protocol):
    """Long-running operations of Compute."""

    def get(self, work_request_id: str, *, until: float) -> Answer:
        """GetWorkRequest."""

    def errors(self, work_request_id: str, *, until: float) -> Answer:
        """ListWorkRequestErrors, all pages as one list."""

    def logs(self, work_request_id: str, *, until: float) -> Answer:
        """ListWorkRequestLogs, all pages as one list."""

    def of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> Answer:
        """ListWorkRequests of one resource, all pages as one list."""


class Notifications(Protocol):
    """The topic."""

    def publish(self, title: str, body: str, *, until: float) -> str:
        """PublishMessage: the message's id."""


class ObjectStorage(Protocol):
    """Pre-authenticated requests."""

    def create_write_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> Destination:
        """CreatePreauthenticatedRequest to write that one object: the place, with a URL's base and token."""


@dataclass(frozen=True, slots=True)
class Services:
    """The cloud, as one container sees it."""

    compute: Compute
    work_requests: WorkRequests
    notifications: Notifications
    object_storage: ObjectStorage
