"""What goes over the wire is what the generated client of the same SDK sends, operation by operation.

An upgrade of the SDK that moves a path, a header or a field is seen here.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import oci
import pytest

from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.object_storage import ObjectStorage
from handlers.cloud.work_requests import WorkRequests
from handlers.exports.clock import parse_time
from handlers.exports.destination import Destination
from tests.fakes import COMPARTMENT_ID, IMAGE_ID, PAR_TOKEN, TOPIC_ID
from tests.unit.cloud.loopback import Loopback, Reply, Request

WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaawork"
EXPIRES = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
PLACE = Destination("acme-images", "my.bucket_1", "golden/web 1.oci")
TUPLE = {
    "destinationType": "objectStorageTuple",
    "namespaceName": PLACE.namespace,
    "bucketName": PLACE.bucket,
    "objectName": PLACE.object_name,
    "exportFormat": "QCOW2",
}
URI = {
    "destinationType": "objectStorageUri",
    "destinationUri": f"https://host/p/{PAR_TOKEN}/n/acme/b/exports/o/web%201.oci",
    "exportFormat": "OCI",
}
FAR = 60.0
RETRY_TOKEN = "retry-token-1"  # noqa: S105  # no secret
# Chance and time: what differs between any two requests.
_RANDOM = ("date", "opc-request-id", "content-length", "x-content-sha256")


@dataclass(frozen=True)
class Operation:
    """The same call by this project's client, and by the generated one. ``reply``: what both can read."""

    ours: Callable[[Any, str, float], Any]
    generated: Callable[[dict[str, Any]], Any]
    reply: Any


def _export(details: dict[str, str], if_match: str | None) -> Operation:
    models = {
        "objectStorageTuple": oci.core.models.ExportImageViaObjectStorageTupleDetails,
        "objectStorageUri": oci.core.models.ExportImageViaObjectStorageUriDetails,
    }
    snake = {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in details.items()}
    body = models[details["destinationType"]](**snake)
    return Operation(
        lambda signer, endpoint, until: Compute(signer, endpoint).export_image(
            IMAGE_ID, details, retry_token=RETRY_TOKEN, if_match=if_match, until=until
        ),
        lambda keywords: oci.core.ComputeClient({}, **keywords).export_image(
            IMAGE_ID, body, opc_retry_token=RETRY_TOKEN, **({"if_match": if_match} if if_match else {})
        ),
        {"id": IMAGE_ID},
    )


def _work_requests(verb: str, generated: str, reply: Any) -> Operation:
    return Operation(
        lambda signer, endpoint, until: getattr(WorkRequests(signer, endpoint), verb)(
            WORK_REQUEST_ID, until=until
        ),
        lambda keywords: getattr(oci.work_requests.WorkRequestClient({}, **keywords), generated)(
            WORK_REQUEST_ID
        ),
        reply,
    )


OPERATIONS = {
    "ExportImage to a tuple": _export(TUPLE, None),
    "ExportImage to a URL": _export(URI, None),
    "ExportImage on a condition": _export(TUPLE, "etag-1"),
    "GetImage": Operation(
        lambda signer, endpoint, until: Compute(signer, endpoint).get_image(IMAGE_ID, until=until),
        lambda keywords: oci.core.ComputeClient({}, **keywords).get_image(IMAGE_ID),
        {"id": IMAGE_ID},
    ),
    "GetWorkRequest": _work_requests("get", "get_work_request", {"id": WORK_REQUEST_ID}),
    "ListWorkRequestErrors": _work_requests("errors", "list_work_request_errors", []),
    "ListWorkRequestLogs": _work_requests("logs", "list_work_request_logs", []),
    "ListWorkRequests": Operation(
        lambda signer, endpoint, until: WorkRequests(signer, endpoint).of_resource(
            COMPARTMENT_ID, IMAGE_ID, until=until
        ),
        lambda keywords: oci.work_requests.WorkRequestClient({}, **keywords).list_work_requests(
            COMPARTMENT_ID, resource_id=IMAGE_ID
        ),
        [],
    ),
    "PublishMessage": Operation(
        lambda signer, endpoint, until: Notifications(signer, endpoint, TOPIC_ID).publish(
            "Image export accepted: wéb", '{\n  "specversion": "1.0"\n}', until=until
        ),
        lambda keywords: oci.ons.NotificationDataPlaneClient({}, **keywords).publish_message(
            TOPIC_ID,
            oci.ons.models.MessageDetails(
                title="Image export accepted: wéb", body='{\n  "specversion": "1.0"\n}'
            ),
        ),
        {"messageId": "message-1"},
    ),
    "CreatePreauthenticatedRequest": Operation(
        lambda signer, endpoint, until: ObjectStorage(signer, endpoint).create_write_request(
            PLACE, "image-export-1", EXPIRES, until=until
        ),
        lambda keywords: oci.object_storage.ObjectStorageClient(
            {}, **keywords
        ).create_preauthenticated_request(
            PLACE.namespace,
            PLACE.bucket,
            oci.object_storage.models.CreatePreauthenticatedRequestDetails(
                name="image-export-1",
                access_type="ObjectWrite",
                object_name=PLACE.object_name,
                time_expires=EXPIRES,
            ),
        ),
        {"accessUri": f"/p/{PAR_TOKEN}/n/acme-images/b/my.bucket_1/o/golden/web%201.oci"},
    ),
}


def meaning(request: Request) -> dict[str, Any]:
    """A request without what chance and spelling make of it."""
    target = urlsplit(request.target)
    headers = {name: value for name, value in request.headers.items() if name not in _RANDOM}
    # All but the signature's value, which time changes.
    headers["authorization"] = re.sub('signature="[^"]+"', "", headers["authorization"])
    body = request.json
    if body and "timeExpires" in body:
        body["timeExpires"] = parse_time(body["timeExpires"])
    return {
        "method": request.method,
        "path": target.path,
        "query": sorted(parse_qsl(target.query)),
        "headers": headers,
        "body": body,
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_on_the_wire_what_the_generated_client_sends(
    name: str, server: Loopback, signer: Any
) -> None:
    operation = OPERATIONS[name]
    server.reply(Reply(operation.reply), Reply(operation.reply))
    operation.ours(signer, server.endpoint, time.monotonic() + FAR)
    operation.generated(
        {
            "signer": signer,
            "service_endpoint": server.endpoint,
            "retry_strategy": oci.retry.NoneRetryStrategy(),
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        }
    )
    ours, generated = server.requests
    assert meaning(ours) == meaning(generated)


def test_every_operation_of_the_services_is_compared() -> None:
    verbs = {
        verb
        for service in (Compute, WorkRequests, Notifications, ObjectStorage)
        for verb in vars(service)
        if not verb.startswith("_")
    }
    assert verbs == {
        *("export_image", "get_image"),
        *("get", "errors", "logs", "of_resource"),
        *("publish", "create_write_request"),
    }
    assert len(OPERATIONS) == len(verbs) + len({"ExportImage to a URL", "ExportImage on a condition"})
