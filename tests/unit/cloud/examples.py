"""Names and values that the tests of the cloud share, each verb as a call of its own, and a cloud that gives
answers by heart.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from handlers.clock import Budget, Clock
from handlers.cloud import api
from handlers.cloud.api import Cloud, Page, Places
from handlers.cloud.client import Connection
from handlers.cloud.transport import Request, Response
from handlers.destinations import Destination
from handlers.redaction import Redactor

REGION = "us-phoenix-1"
IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaimage"
COMPARTMENT_ID = "ocid1.compartment.oc1..aaaaaaaacompartment"
TOPIC_ID = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaatopic"
WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaawork"
RETRY_TOKEN = "retry-token-1"  # noqa: S105  # no secret
PAR_TOKEN = "a-secret-token-of-a-pre-authenticated-request"  # noqa: S105  # of nothing
PAR_ID = "par+id/=:golden/web 1.oci"
PLACE = Destination("acme-images", "my.bucket_1", "golden/web 1.oci")
EXPIRES = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
IMAGE = {"id": IMAGE_ID, "launchMode": "A_MODE_OF_TOMORROW", "imageVolumeDetails": {"x": [1.50, None]}}
PREAUTHENTICATED = {"id": PAR_ID, "accessUri": f"/p/{PAR_TOKEN}/n/acme-images/b/my.bucket_1/o/golden/web"}

Call = Callable[[Cloud], Any]

CALLS: dict[str, Call] = {
    "ExportImage": lambda cloud: cloud.export_image(IMAGE_ID, {}, retry_token=RETRY_TOKEN, if_match=None),
    "GetImage": lambda cloud: cloud.get_image(IMAGE_ID),
    "ListImages": lambda cloud: list(cloud.images_of(COMPARTMENT_ID)),
    "GetWorkRequest": lambda cloud: cloud.get_work_request(WORK_REQUEST_ID),
    "ListWorkRequestErrors": lambda cloud: cloud.list_work_request_errors(WORK_REQUEST_ID, Page()),
    "ListWorkRequestLogs": lambda cloud: cloud.list_work_request_logs(WORK_REQUEST_ID, Page()),
    "ListWorkRequests": lambda cloud: list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID)),
    "PublishMessage": lambda cloud: cloud.publish("title", "body"),
    "CreatePreauthenticatedRequest": lambda cloud: cloud.create_preauthenticated_request(
        PLACE, "name", EXPIRES
    ),
    "DeletePreauthenticatedRequest": lambda cloud: cloud.delete_preauthenticated_request(PLACE, PAR_ID),
    "HeadObject": lambda cloud: cloud.head(PLACE),
    "GetObject": lambda cloud: cloud.get_object(PLACE),
    "PutObject": lambda cloud: cloud.put_object(PLACE, b"{}", if_match=None),
}
# What each of them has to find in a success, as the body's kind.
OBJECTS = ("GetImage", "GetWorkRequest", "PublishMessage", "CreatePreauthenticatedRequest", "ExportImage")
LISTS = ("ListImages", "ListWorkRequestErrors", "ListWorkRequestLogs", "ListWorkRequests")


def reply(document: Any, status: int = 200, **headers: str) -> Response:
    """Bytes as they are, else JSON. In a header's name, an underscore is a hyphen."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


_CLOCK = Clock()


class Scripted:
    """Signer and transport of ``cloud``: keeps ``requests``, and gives ``replies`` in turn, then ``{}``.

    ``seconds``: the time for all calls. ``tries``: of each call; None as long as there is time.
    """

    api_key = ""

    def __init__(
        self,
        *replies: Response | Exception,
        seconds: float = 60.0,
        tries: int | None = 1,
        clock: Clock = _CLOCK,
        topic_id: str = TOPIC_ID,
        **more: Any,
    ) -> None:
        self.requests: list[Request] = []
        self.replies = list(replies)
        services = (api._COMPUTE, api._WORK_REQUESTS, api._NOTIFICATIONS, api._OBJECT_STORAGE)
        places = Places(*(service.at("https://cloud.example", REGION) for service in services), topic_id)
        budget = Budget(*[clock.monotonic() + seconds] * 2)
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
