"""What the function asks of the cloud: a verb for each operation of Compute, Work Requests, Notifications and
Object Storage.

Every verb raises ServiceRefusal where the service answered with an error, NoAnswer where no usable answer
came in its part of the time.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from handlers.clock import rfc3339
from handlers.cloud.client import Answer, Client, Connection, Service, a_list, an_object, any_answer
from handlers.cloud.sdk import constants, resource_principal
from handlers.cloud.transport import Response, Transport
from handlers.destinations import Destination
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl
from handlers.errors import NoAnswer
from handlers.settings import Settings

_COMPUTE = Service("Compute", "compute", "/20160918", "iaas", has_dual_stack=True, takes_request_id=True)
_WORK_REQUESTS = Service("Work Requests", "work_request", "/20160918", "iaas", takes_request_id=True)
_NOTIFICATIONS = Service("Notifications", "notification_data_plane", "/20181201", "notification")
_OBJECT_STORAGE = Service("Object Storage", "object_storage", "", "objectstorage", has_dual_stack=True)

_OBJECT = "/n/{}/b/{}/o/{}"
_ACCESS_URI = re.compile(r"/p/([A-Za-z0-9._~-]+)/n/")
_WORK_REQUEST_ID = "opc-work-request-id"
_LONGEST_ID = 255
# Where a list ends that has no end of its own: after so many entries, or as many pages as 20 a page make.
_MOST_ENTRIES, _MOST_IMAGES, _FEWEST_IN_A_PAGE = 1000, 20_000, 20
# What of an error's code and message is kept.
_LONGEST_TEXT = 4096
# In bytes; what fits in 64 bits.
_SIZE = re.compile("[0-9]{1,18}")


class AcceptedExport(NamedTuple):
    """ExportImage was accepted, also where its body can't be read: then ``image`` is None.

    ``headers`` are the answer's, in lower case. ``work_request_id`` is None where Compute sent none.
    """

    work_request_id: str | None
    image: Answer | None
    headers: Mapping[str, str]


class PreauthenticatedRequest(NamedTuple):
    """A pre-authenticated request. ``url`` has its token, the secret; ``id`` is none."""

    id: str
    url: ObjectUrl


class Page(NamedTuple):
    """Which part of a list: query parameters of the services, passed on as they are."""

    limit: str | None = None
    page: str | None = None
    sort_order: str | None = None


class Places(NamedTuple):
    """Where the services are, and the topic: what a container keeps beside its connection."""

    compute: Service
    work_requests: Service
    notifications: Service
    object_storage: Service
    topic_id: str


def connect(settings: Settings) -> tuple[Connection, Places, ObjectStorageHosts]:
    """The services as the function's resource principal reaches them, and the hosts of Object Storage.

    Nothing is called yet. Raises Misconfigured where there is no resource principal.
    """
    signer = resource_principal()
    storage = _OBJECT_STORAGE.at(settings.object_storage_endpoint, signer.region)
    public = _OBJECT_STORAGE._replace(has_dual_stack=False).at(None, signer.region)
    places = Places(
        _COMPUTE.at(settings.compute_endpoint, signer.region),
        _WORK_REQUESTS.at(settings.compute_endpoint, signer.region),
        _NOTIFICATIONS.at(settings.notification_endpoint, signer.region),
        storage,
        settings.topic_id,
    )
    hosts = ObjectStorageHosts(
        endpoint=storage.endpoint,
        # The public host, also where dual stack is asked for.
        regional=public.endpoint.removeprefix("https://"),
        region=signer.region,
    )
    return Connection(signer, Transport()), places, hosts


class Cloud(Client):
    """The cloud, for one invocation."""

    def __init__(self, connection: Connection, places: Places, *args: Any, **kwargs: Any) -> None:
        super().__init__(connection, *args, **kwargs)
        self._at = places

    # Compute

    def export_image(
        self, image_id: str, details: Mapping[str, str], *, retry_token: str, if_match: str | None
    ) -> AcceptedExport:
        """ExportImage. Accepted is a success with a work request's id, whatever its body."""
        return self.call(
            self._at.compute,
            "POST",
            "/images/{}/actions/export",
            image_id,
            headers={"opc-retry-token": retry_token, "if-match": if_match},
            body=orjson.dumps(details),
            read=_accepted,
        )

    def get_image(self, image_id: str) -> Answer:
        return self.call(self._at.compute, "GET", "/images/{}", image_id, read=an_object)

    def images_of(self, compartment_id: str) -> Iterator[dict[str, Any]]:
        """ListImages, all pages, each read when it is asked for; the oldest first.

        Platform images are among them, with no or another ``compartmentId``.
        """
        query = {"compartmentId": compartment_id, "sortBy": "TIMECREATED"}
        first = Page(limit="50", sort_order="ASC")
        return self._entries(self._at.compute, "/images", query=query, first=first, most=_MOST_IMAGES)

    # Work Requests, which Compute's endpoint serves

    def get_work_request(self, work_request_id: str) -> Answer:
        return self.call(self._at.work_requests, "GET", "/workRequests/{}", work_request_id, read=an_object)

    def list_work_request_errors(self, work_request_id: str, page: Page) -> Answer:
        return self._page(self._at.work_requests, "/workRequests/{}/errors", work_request_id, page=page)

    def list_work_request_logs(self, work_request_id: str, page: Page) -> Answer:
        return self._page(self._at.work_requests, "/workRequests/{}/logs", work_request_id, page=page)

    def work_request_errors(self, work_request_id: str) -> list[dict[str, str]]:
        """ListWorkRequestErrors, all pages: ``code`` and ``message`` of each."""
        errors = self._entries(self._at.work_requests, "/workRequests/{}/errors", work_request_id)
        return [{key: _text(error.get(key)) for key in ("code", "message")} for error in errors]

    def work_requests_of(self, resource_id: str, compartment_id: str) -> Iterator[dict[str, Any]]:
        """ListWorkRequests of one resource, all pages, each read when it is asked for: all of them at once
        may be more than the memory.
        """
        query = {"compartmentId": compartment_id, "resourceId": resource_id}
        return self._entries(self._at.work_requests, "/workRequests", query=query)

    def _page(
        self, service: Service, path: str, *names: str, page: Page, query: Mapping[str, str] = {}
    ) -> Answer:
        paging = {"limit": page.limit, "page": page.page, "sortOrder": page.sort_order}
        return self.call(service, "GET", path, *names, query={**query, **paging}, read=a_list)

    def _entries(
        self,
        service: Service,
        path: str,
        *names: str,
        query: Mapping[str, str] = {},
        first: Page | None = None,
        most: int = _MOST_ENTRIES,
    ) -> Iterator[dict[str, Any]]:
        """The objects of all pages; a list that has no end is cut."""
        page, count, seen = first or Page(), 0, set[str | None]()
        while len(seen) < most // _FEWEST_IN_A_PAGE and page.page not in seen:
            seen.add(page.page)
            answer = self._page(service, path, *names, page=page, query=query)
            for entry in answer.document[: most - count]:
                if isinstance(entry, dict):
                    yield entry
            count += len(answer.document)
            token = answer.headers.get(constants.HEADER_NEXT_PAGE)
            if not token or count >= most:
                return
            page = page._replace(page=token)

    # Notifications

    def publish(self, title: str, body: str) -> str:
        """PublishMessage within the time kept for it: the message's id.

        There is no retry token for it: a message tried again after a lost answer may arrive twice.
        """
        return self.call(
            self._at.notifications,
            "POST",
            "/topics/{}/messages",
            self._at.topic_id,
            body=orjson.dumps({"title": title, "body": body}),
            read=_message_id,
            is_announcement=True,
        )

    # Object Storage

    def create_preauthenticated_request(
        self, destination: Destination, name: str, expires: datetime
    ) -> PreauthenticatedRequest:
        """CreatePreauthenticatedRequest to write that one object. Its token is a secret from then on."""
        details = {
            "name": name,
            "accessType": "ObjectWrite",
            "objectName": destination.object_name,
            "timeExpires": rfc3339(expires),
        }

        def read(response: Response, service: str) -> PreauthenticatedRequest:
            answer = an_object(response, service)
            par_id = answer.text("id")
            # Only the token is the service's to choose; the rest of the URL is made of what was asked for.
            access = _ACCESS_URI.match(answer.text("accessUri") or "")
            if access:
                self._redactor.add(access[1])
            if not par_id or not access:
                raise NoAnswer(f"{service} answered without the pre-authenticated request's id or URL.")
            return PreauthenticatedRequest(
                par_id, ObjectUrl(destination, self._at.object_storage.endpoint, access[1])
            )

        return self.call(
            self._at.object_storage,
            "POST",
            "/n/{}/b/{}/p",
            destination.namespace,
            destination.bucket,
            body=orjson.dumps(details),
            read=read,
        )

    def delete_preauthenticated_request(self, destination: Destination, par_id: str) -> None:
        names = destination.namespace, destination.bucket, par_id
        self.call(self._at.object_storage, "DELETE", "/n/{}/b/{}/p/{}", *names, read=lambda *_: None)

    def head(self, destination: Destination) -> dict[str, Any]:
        """HeadObject: ``sizeInBytes``, ``etag``, ``md5`` and ``timeModified`` (RFC 3339) of the object.

        ``md5`` is the content's, or that of an upload in parts.
        """
        return self.call(self._at.object_storage, "HEAD", _OBJECT, *destination, read=_stored_object)

    def get_object(self, destination: Destination) -> Answer:
        """GetObject, for small objects: any bytes as body, parsed as JSON where they are JSON, else None."""
        return self.call(self._at.object_storage, "GET", _OBJECT, *destination, read=any_answer)

    def put_object(self, destination: Destination, body: bytes, *, if_match: str | None) -> str | None:
        """PutObject of JSON, conditional: ``if_match`` an etag, or None to create only (If-None-Match: *).

        The new etag, where it is told. Raises ServiceRefusal 412 where the condition is not met.
        """
        return self.call(
            self._at.object_storage,
            "PUT",
            _OBJECT,
            *destination,
            headers={"if-match": if_match} if if_match else {"if-none-match": "*"},
            body=body,
            read=lambda response, _: response.headers.get("etag"),
        )


def _accepted(response: Response, service: str) -> AcceptedExport:
    headers = dict(response.headers)
    if not 0 < len(headers.get(_WORK_REQUEST_ID, "")) <= _LONGEST_ID:
        headers.pop(_WORK_REQUEST_ID, None)
    work_request_id = headers.get(_WORK_REQUEST_ID)
    try:
        image = an_object(response._replace(headers=headers), service)
    except NoAnswer:
        # The export runs: to have it tried again until time is up would lose its id.
        if work_request_id is None:
            raise
        image = None
    return AcceptedExport(work_request_id, image, headers)


def _message_id(response: Response, service: str) -> str:
    message_id = an_object(response, service).text("messageId")
    if not message_id:
        raise NoAnswer(f"{service} answered without a message id.")
    return message_id[:_LONGEST_ID]


def _stored_object(response: Response, service: str) -> dict[str, Any]:
    headers = response.headers
    size = headers.get("content-length", "")
    if not _SIZE.fullmatch(size):
        raise NoAnswer(f"{service} answered without the object's size.")
    return {
        "sizeInBytes": int(size),
        "etag": headers.get("etag"),
        "md5": headers.get("content-md5") or headers.get("opc-multipart-md5"),
        "timeModified": _time(headers.get("last-modified")),
    }


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _time(http_date: str | None) -> str | None:
    try:
        return rfc3339(parsedate_to_datetime(http_date or ""))
    except (ValueError, TypeError, OverflowError):
        return None
