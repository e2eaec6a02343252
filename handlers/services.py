"""What the function needs of the cloud: business verbs, implemented in ``handlers.cloud`` and faked in tests.

Every verb takes ``until``, the moment on the monotonic clock when it has to be over, and raises
ServiceRefusal where the service answered with an error, NoAnswer where no usable answer came. ``request_id``
is a caller's own opc-request-id, to be sent on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypedDict, cast

from handlers.destinations import Destination


class Image(TypedDict, total=False):
    """The fields of Compute's Image that the function reads itself; it passes on all that there are."""

    id: str
    displayName: str
    compartmentId: str
    lifecycleState: str


class WorkRequest(TypedDict, total=False):
    """A work request of Compute (SDK, oci.work_requests.models.WorkRequest). Times are RFC 3339."""

    id: str
    operationType: str
    status: str
    compartmentId: str
    percentComplete: float
    timeAccepted: str
    timeStarted: str
    timeFinished: str


def work_request_of(document: Mapping[str, Any]) -> WorkRequest:
    """The fields above that a service's document has, less those of another type than documented."""
    kept = {
        name: document[name]
        for name, kind in WorkRequest.__annotations__.items()
        if isinstance(document.get(name), int | float if kind is float else str)
    }
    return cast("WorkRequest", kept)


class WorkRequestError(TypedDict):
    """Why an operation failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's success: the body as it came, and the same parsed.

    Header names are in lower case; a value that is longer than any gateway passes on is left out.
    ``retry_after`` is in seconds.
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

    def text(self, key: str) -> str | None:
        """A field of the document, if it is a text. Services may send what their reference doesn't say."""
        value = self.document.get(key) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else None


class AcceptedExport(NamedTuple):
    """ExportImage was accepted, also where its body can't be read: then ``image`` is None.

    ``headers`` are the answer's, in lower case. ``work_request_id`` is None where Compute sent none.
    """

    work_request_id: str | None
    image: Answer | None
    headers: Mapping[str, str]


class PreauthenticatedRequest(NamedTuple):
    """A pre-authenticated request. ``destination`` has its token, the secret; ``id`` is none."""

    id: str
    destination: Destination


class StoredObject(NamedTuple):
    """An object as HeadObject answers it. ``md5``: the content's, or that of an upload in parts."""

    size_in_bytes: int
    etag: str | None
    md5: str | None
    time_modified: str | None


class Page(NamedTuple):
    """Which part of a list: query parameters of the services, passed on as they are."""

    limit: str | None = None
    page: str | None = None
    sort_order: str | None = None


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
        request_id: str | None = None,
    ) -> AcceptedExport:
        """ExportImage. Accepted is a success with a work request's id, whatever its body."""

    def get_image(self, image_id: str, *, until: float, request_id: str | None = None) -> Answer:
        """GetImage: an answer whose document is an object."""


class WorkRequests(Protocol):
    """Long-running operations of Compute."""

    def get(self, work_request_id: str, *, until: float, request_id: str | None = None) -> Answer:
        """GetWorkRequest: an answer whose document is an object."""

    def errors(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        """ListWorkRequestErrors, one page: a list; ``opc-next-page`` is among the headers."""

    def logs(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        """ListWorkRequestLogs, one page."""

    def all_errors(self, work_request_id: str, *, until: float) -> list[WorkRequestError]:
        """ListWorkRequestErrors, all pages; entries that are no objects are left out."""

    def all_of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> list[WorkRequest]:
        """ListWorkRequests of one resource, all pages; fields of a wrong type are left out."""


class Notifications(Protocol):
    """The topic."""

    def publish(self, title: str, body: str, *, until: float) -> str:
        """PublishMessage: the message's id."""


class ObjectStorage(Protocol):
    """Objects and pre-authenticated requests."""

    def create_preauthenticated_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> PreauthenticatedRequest:
        """CreatePreauthenticatedRequest to write that one object."""

    def delete_preauthenticated_request(self, place: Destination, par_id: str, *, until: float) -> None:
        """DeletePreauthenticatedRequest."""

    def head(self, place: Destination, *, until: float) -> StoredObject:
        """HeadObject."""

    def get(self, place: Destination, *, until: float) -> Answer:
        """GetObject, for small objects: any bytes as body, parsed as JSON where they are JSON, else None."""

    def put(self, place: Destination, body: bytes, *, if_match: str | None, until: float) -> None:
        """PutObject of JSON, conditional: ``if_match`` an etag, or None to create only (If-None-Match: *).

        Raises ServiceRefusal 412 where the condition is not met.
        """


@dataclass(frozen=True, slots=True)
class Services:
    """The cloud, as one container sees it."""

    compute: Compute
    work_requests: WorkRequests
    notifications: Notifications
    object_storage: ObjectStorage
