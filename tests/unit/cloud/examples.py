"""Names and values that the tests of the cloud share, every operation as a call of our client and of the
SDK's own, and a cloud that gives answers by heart.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from oci import core, object_storage, ons

from handlers.clock import Budget, Clock
from handlers.cloud import api
from handlers.cloud.api import Cloud, Page, Places
from handlers.cloud.client import Connection
from handlers.cloud.transport import Request, Response
from handlers.destinations import Destination
from handlers.redaction import Redactor
from tests.unit.world import tuple_details

REGION = "us-phoenix-1"
# What no identifier is, for none may reach another path.
_ODD = "/../b?c=1#d%2f é{}"
IMAGE_ID = f"ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaimage{_ODD}"
COMPARTMENT_ID = f"ocid1.compartment.oc1..aaaaaaaacompartment{_ODD}"
TOPIC_ID = f"ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaatopic{_ODD}"
WORK_REQUEST_ID = f"ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaawork{_ODD}"
RETRY_TOKEN = "retry-token-1"  # noqa: S105  # no secret
PAR_TOKEN = "a-secret-token-of-a-pre-authenticated-request"  # noqa: S105  # of nothing
PAR_ID = "par+id/=:golden/web 1.oci"
PLACE = Destination("acme-images", "my.bucket_1", "golden/web 1.oci")
EXPIRES = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
IMAGE = {"id": IMAGE_ID, "launchMode": "A_MODE_OF_TOMORROW", "imageVolumeDetails": {"x": [1.50, None]}}
PREAUTHENTICATED = {"id": PAR_ID, "accessUri": f"/p/{PAR_TOKEN}/n/acme-images/b/my.bucket_1/o/golden/web"}
TUPLE = tuple_details(PLACE.object_name, exportFormat="QCOW2")
URI = {
    "destinationType": "objectStorageUri",
    "destinationUri": f"https://host/p/{PAR_TOKEN}/n/acme/b/exports/o/web%201.oci",
    "exportFormat": "OCI",
}


class Operation(NamedTuple):
    """The same call of our client, and of the SDK's own clients. ``reply``: what both can read."""

    ours: Callable[[Cloud], Any]
    generated: Callable[[Any], Any]
    reply: Any


def _export(details: dict[str, str], model: type, if_match: str | None = None) -> Operation:
    body = model(**{re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in details.items()})
    more = {"opc_retry_token": RETRY_TOKEN, **({"if_match": if_match} if if_match else {})}
    return Operation(
        lambda cloud: cloud.export_image(IMAGE_ID, details, retry_token=RETRY_TOKEN, if_match=if_match),
        lambda sdk: sdk.compute.export_image(IMAGE_ID, body, **more),
        IMAGE,
    )


_PAGE = {"limit": "10", "page": "page/2?&", "sort_order": "DESC"}
_PAR = {"name": "image-export-1", "access_type": "ObjectWrite", "object_name": PLACE.object_name}
_MESSAGE = {"title": "Image export: wéb", "body": '{\n  "é": 1\n}'}
_BODY = '{"imageId": "ü"}'.encode()
OPERATIONS = {
    "ExportImage": _export(TUPLE, core.models.ExportImageViaObjectStorageTupleDetails),
    "ExportImage to a URL": _export(URI, core.models.ExportImageViaObjectStorageUriDetails),
    "ExportImage on a condition": _export(
        TUPLE, core.models.ExportImageViaObjectStorageTupleDetails, "etag-1"
    ),
    "GetImage": Operation(
        lambda cloud: cloud.get_image(IMAGE_ID), lambda sdk: sdk.compute.get_image(IMAGE_ID), IMAGE
    ),
    "ListImages": Operation(
        lambda cloud: list(cloud.images_of(COMPARTMENT_ID)),
        lambda sdk: sdk.compute.list_images(
            COMPARTMENT_ID, limit=50, sort_by="TIMECREATED", sort_order="ASC"
        ),
        [],
    ),
    "GetWorkRequest": Operation(
        lambda cloud: cloud.get_work_request(WORK_REQUEST_ID),
        lambda sdk: sdk.work_request.get_work_request(WORK_REQUEST_ID),
        {"id": WORK_REQUEST_ID},
    ),
    "ListWorkRequestErrors": Operation(
        lambda cloud: cloud.list_work_request_errors(WORK_REQUEST_ID, Page(**_PAGE)),
        lambda sdk: sdk.work_request.list_work_request_errors(WORK_REQUEST_ID, **_PAGE),
        [],
    ),
    "ListWorkRequestLogs": Operation(
        lambda cloud: cloud.list_work_request_logs(WORK_REQUEST_ID, Page(**_PAGE)),
        lambda sdk: sdk.work_request.list_work_request_logs(WORK_REQUEST_ID, **_PAGE),
        [],
    ),
    "ListWorkRequestErrors, all": Operation(
        lambda cloud: cloud.work_request_errors(WORK_REQUEST_ID),
        lambda sdk: sdk.work_request.list_work_request_errors(WORK_REQUEST_ID),
        [],
    ),
    "ListWorkRequests": Operation(
        lambda cloud: list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID)),
        lambda sdk: sdk.work_request.list_work_requests(COMPARTMENT_ID, resource_id=IMAGE_ID),
        [],
    ),
    "PublishMessage": Operation(
        lambda cloud: cloud.publish(**_MESSAGE),
        lambda sdk: sdk.notification_data_plane.publish_message(
            TOPIC_ID, ons.models.MessageDetails(**_MESSAGE)
        ),
        {"messageId": "message-1"},
    ),
    "CreatePreauthenticatedRequest": Operation(
        lambda cloud: cloud.create_preauthenticated_request(PLACE, _PAR["name"], EXPIRES),
        lambda sdk: sdk.object_storage.create_preauthenticated_request(
            *PLACE[:2],
            object_storage.models.CreatePreauthenticatedRequestDetails(**_PAR, time_expires=EXPIRES),
        ),
        PREAUTHENTICATED,
    ),
    "DeletePreauthenticatedRequest": Operation(
        lambda cloud: cloud.delete_preauthenticated_request(PLACE, PAR_ID),
        lambda sdk: sdk.object_storage.delete_preauthenticated_request(*PLACE[:2], PAR_ID),
        b"",
    ),
    "HeadObject": Operation(
        lambda cloud: cloud.head(PLACE), lambda sdk: sdk.object_storage.head_object(*PLACE), b""
    ),
    "GetObject": Operation(
        lambda cloud: cloud.get_object(PLACE), lambda sdk: sdk.object_storage.get_object(*PLACE), b""
    ),
    "PutObject, the first": Operation(
        lambda cloud: cloud.put_object(PLACE, _BODY, if_match=None),
        lambda sdk: sdk.object_storage.put_object(*PLACE, _BODY, if_none_match="*"),
        b"",
    ),
    "PutObject, in place of another": Operation(
        lambda cloud: cloud.put_object(PLACE, _BODY, if_match="etag-1"),
        lambda sdk: sdk.object_storage.put_object(*PLACE, _BODY, if_match="etag-1"),
        b"",
    ),
}


def reply(document: Any, status: int = 200, **headers: str) -> Response:
    """Bytes as they are, else JSON. In a header's name, an underscore is a hyphen."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


class Scripted:
    """Signer and transport of ``cloud``: keeps ``requests``, and gives ``replies`` in turn, then ``{}``.

    ``tries``: of each call; None as long as there is time, a minute that nothing but ``pauses`` takes.
    """

    api_key = ""

    def __init__(self, *replies: Response | Exception, tries: int | None = 1, **more: Any) -> None:
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        self.replies = list(replies)
        clock = Clock(
            monotonic=lambda: 1000.0 + sum(self.pauses), sleep=self.pauses.append, random=lambda: 0.5
        )
        services = (api._COMPUTE, api._WORK_REQUESTS, api._NOTIFICATIONS, api._OBJECT_STORAGE)
        places = Places(*(service.at("https://cloud.example", REGION) for service in services), TOPIC_ID)
        budget = Budget(1060.0, 1060.0)
        connection = Connection(self, self)  # type: ignore[arg-type]  # of its form
        self.cloud = Cloud(connection, places, budget, clock, Redactor(), **more)
        self.cloud._most_tries = tries

    def __call__(self, request: Request, **_: object) -> Request:
        return request

    def send(self, request: Request, *, until: float) -> Response:
        self.requests.append(request)
        answer = self.replies.pop(0) if self.replies else reply({})
        if isinstance(answer, Exception):
            raise answer
        return answer


def answering(*replies: Response | Exception) -> Cloud:
    """A cloud that answers so."""
    return Scripted(*replies).cloud


def get_image(cloud: Cloud) -> Any:
    return cloud.get_image(IMAGE_ID).document
