"""Names and values that the tests of the cloud share, and each verb as a call of its own."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from handlers.destinations import Destination
from handlers.services import Page, Services

REGION = "eu-frankfurt-1"
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

_FAR = 60.0


def far() -> float:
    """A time limit that no test reaches."""
    return time.monotonic() + _FAR


Call = Callable[[Services], Any]

CALLS: dict[str, Call] = {
    "ExportImage": lambda services: services.compute.export_image(
        IMAGE_ID, {}, retry_token=RETRY_TOKEN, if_match=None, until=far()
    ),
    "GetImage": lambda services: services.compute.get_image(IMAGE_ID, until=far()),
    "GetWorkRequest": lambda services: services.work_requests.get(WORK_REQUEST_ID, until=far()),
    "ListWorkRequestErrors": lambda services: services.work_requests.errors(
        WORK_REQUEST_ID, Page(), until=far()
    ),
    "ListWorkRequestLogs": lambda services: services.work_requests.logs(WORK_REQUEST_ID, Page(), until=far()),
    "ListWorkRequests": lambda services: services.work_requests.all_of_resource(
        COMPARTMENT_ID, IMAGE_ID, until=far()
    ),
    "PublishMessage": lambda services: services.notifications.publish("title", "body", until=far()),
    "CreatePreauthenticatedRequest": lambda services: services.object_storage.create_preauthenticated_request(
        PLACE, "name", EXPIRES, until=far()
    ),
    "DeletePreauthenticatedRequest": lambda services: services.object_storage.delete_preauthenticated_request(
        PLACE, PAR_ID, until=far()
    ),
    "HeadObject": lambda services: services.object_storage.head(PLACE, until=far()),
    "GetObject": lambda services: services.object_storage.get(PLACE, until=far()),
    "PutObject": lambda services: services.object_storage.put(PLACE, b"{}", if_match=None, until=far()),
}
# What each of them has to find in a success, as the body's kind.
OBJECTS = ("GetImage", "GetWorkRequest", "PublishMessage", "CreatePreauthenticatedRequest", "ExportImage")
LISTS = ("ListWorkRequestErrors", "ListWorkRequestLogs", "ListWorkRequests")
