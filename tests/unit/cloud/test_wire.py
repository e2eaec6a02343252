"""What goes over the wire is what the generated client of the same SDK sends, operation by operation.

An upgrade of the SDK that moves a path, a header or a field is seen here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import oci
import pytest

from handlers.clock import parse_time
from handlers.cloud.api import Cloud, Page
from handlers.cloud.sdk import resource_principal
from tests.unit.cloud.examples import (
    COMPARTMENT_ID,
    EXPIRES,
    IMAGE,
    IMAGE_ID,
    PAR_ID,
    PAR_TOKEN,
    PLACE,
    PREAUTHENTICATED,
    RETRY_TOKEN,
    TOPIC_ID,
    WORK_REQUEST_ID,
)
from tests.unit.cloud.loopback import Loopback, Reply, Request

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
RECORD = b'{"imageId": "\xc3\xbc"}'
PLACE_NAMES = (PLACE.namespace, PLACE.bucket, PLACE.object_name)
# Chance and time differ between any two requests, and the sizes of two spellings of the same JSON.
_BY_CHANCE = ("date", "opc-request-id", "content-length", "x-content-sha256")
# Compression would have to be unpacked against a limit, and answers are short; connections are kept anyway;
# and a body of a few KiB does not ask first whether it may come.
_LEFT_OUT = ("accept-encoding", "connection", "expect")

Clients = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """The same call by this project's client, and by the generated one. ``reply``: what both can read."""

    verb: Callable[..., Any]
    ours: Callable[[Cloud], Any]
    generated: Callable[[Clients], Any]
    reply: Reply


def _export(details: dict[str, str], if_match: str | None = None) -> Operation:
    models = {
        "objectStorageTuple": oci.core.models.ExportImageViaObjectStorageTupleDetails,
        "objectStorageUri": oci.core.models.ExportImageViaObjectStorageUriDetails,
    }
    snake = {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in details.items()}
    body = models[details["destinationType"]](**snake)
    condition = {"if_match": if_match} if if_match else {}
    return Operation(
        Cloud.export_image,
        lambda cloud: cloud.export_image(IMAGE_ID, details, retry_token=RETRY_TOKEN, if_match=if_match),
        lambda clients: clients["compute"].export_image(
            IMAGE_ID, body, opc_retry_token=RETRY_TOKEN, **condition
        ),
        Reply(IMAGE),
    )


def _listed(verb: Callable[..., Any], generated: str) -> Operation:
    page = Page(limit="10", page="page/2?&", sort_order="DESC")
    return Operation(
        verb,
        lambda cloud: verb(cloud, WORK_REQUEST_ID, page),
        lambda clients: getattr(clients["work requests"], generated)(
            WORK_REQUEST_ID, limit=10, page="page/2?&", sort_order="DESC"
        ),
        Reply([]),
    )


def _put(if_match: str | None) -> Operation:
    condition = {"if_match": if_match} if if_match else {"if_none_match": "*"}
    return Operation(
        Cloud.put_object,
        lambda cloud: cloud.put_object(PLACE, RECORD, if_match=if_match),
        lambda clients: clients["object storage"].put_object(*PLACE_NAMES, RECORD, **condition),
        Reply(b""),
    )


OPERATIONS = {
    "ExportImage to a tuple": _export(TUPLE),
    "ExportImage to a URL": _export(URI),
    "ExportImage on a condition": _export(TUPLE, "etag-1"),
    "GetImage": Operation(
        Cloud.get_image,
        lambda cloud: cloud.get_image(IMAGE_ID),
        lambda clients: clients["compute"].get_image(IMAGE_ID),
        Reply(IMAGE),
    ),
    "ListImages": Operation(
        Cloud.images_of,
        lambda cloud: list(cloud.images_of(COMPARTMENT_ID)),
        lambda clients: clients["compute"].list_images(
            COMPARTMENT_ID, limit=50, sort_by="TIMECREATED", sort_order="ASC"
        ),
        Reply([]),
    ),
    "GetWorkRequest": Operation(
        Cloud.get_work_request,
        lambda cloud: cloud.get_work_request(WORK_REQUEST_ID),
        lambda clients: clients["work requests"].get_work_request(WORK_REQUEST_ID),
        Reply({"id": WORK_REQUEST_ID}),
    ),
    "ListWorkRequestErrors": _listed(Cloud.list_work_request_errors, "list_work_request_errors"),
    "ListWorkRequestLogs": _listed(Cloud.list_work_request_logs, "list_work_request_logs"),
    "ListWorkRequestErrors, all": Operation(
        Cloud.work_request_errors,
        lambda cloud: cloud.work_request_errors(WORK_REQUEST_ID),
        lambda clients: clients["work requests"].list_work_request_errors(WORK_REQUEST_ID),
        Reply([]),
    ),
    "ListWorkRequests": Operation(
        Cloud.work_requests_of,
        lambda cloud: list(cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID)),
        lambda clients: clients["work requests"].list_work_requests(COMPARTMENT_ID, resource_id=IMAGE_ID),
        Reply([]),
    ),
    "PublishMessage": Operation(
        Cloud.publish,
        lambda cloud: cloud.publish("Image export: wéb", '{\n  "é": 1\n}'),
        lambda clients: clients["notifications"].publish_message(
            TOPIC_ID, oci.ons.models.MessageDetails(title="Image export: wéb", body='{\n  "é": 1\n}')
        ),
        Reply({"messageId": "message-1"}),
    ),
    "CreatePreauthenticatedRequest": Operation(
        Cloud.create_preauthenticated_request,
        lambda cloud: cloud.create_preauthenticated_request(PLACE, "image-export-1", EXPIRES),
        lambda clients: clients["object storage"].create_preauthenticated_request(
            PLACE.namespace,
            PLACE.bucket,
            oci.object_storage.models.CreatePreauthenticatedRequestDetails(
                name="image-export-1",
                access_type="ObjectWrite",
                object_name=PLACE.object_name,
                time_expires=EXPIRES,
            ),
        ),
        Reply(PREAUTHENTICATED),
    ),
    "DeletePreauthenticatedRequest": Operation(
        Cloud.delete_preauthenticated_request,
        lambda cloud: cloud.delete_preauthenticated_request(PLACE, PAR_ID),
        lambda clients: clients["object storage"].delete_preauthenticated_request(
            PLACE.namespace, PLACE.bucket, PAR_ID
        ),
        Reply(b"", 204),
    ),
    "HeadObject": Operation(
        Cloud.head,
        lambda cloud: cloud.head(PLACE),
        lambda clients: clients["object storage"].head_object(*PLACE_NAMES),
        Reply({}),
    ),
    "GetObject": Operation(
        Cloud.get_object,
        lambda cloud: cloud.get_object(PLACE),
        lambda clients: clients["object storage"].get_object(*PLACE_NAMES),
        Reply({}),
    ),
    "PutObject, the first": _put(None),
    "PutObject, in place of another": _put("etag-1"),
}


def generated_clients(endpoint: str) -> Clients:
    """The SDK's own clients, which encode strictly, try once, and have no circuit breaker."""
    keywords = {
        "signer": resource_principal(),
        "service_endpoint": endpoint,
        "retry_strategy": oci.retry.NoneRetryStrategy(),
        "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        "enable_strict_url_encoding": True,
    }
    return {
        "compute": oci.core.ComputeClient({}, **keywords),
        "work requests": oci.work_requests.WorkRequestClient({}, **keywords),
        "notifications": oci.ons.NotificationDataPlaneClient({}, **keywords),
        "object storage": oci.object_storage.ObjectStorageClient({}, **keywords),
    }


def meaning(request: Request) -> dict[str, Any]:
    """A request without what chance and spelling make of it."""
    target = urlsplit(request.target)
    headers = {
        name: "present" if name in _BY_CHANCE else value
        for name, value in request.headers.items()
        if name not in _LEFT_OUT
    }
    # All but the signature's value, which time changes: it also says what is signed.
    headers["authorization"] = re.sub('signature="[^"]+"', "", headers["authorization"])
    if not request.body:
        headers.pop("content-length", None)  # "0" or nothing
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
    name: str, server: Loopback, cloud: Cloud
) -> None:
    operation = OPERATIONS[name]
    server.reply(operation.reply, operation.reply)
    operation.ours(cloud)
    operation.generated(generated_clients(server.endpoint))
    ours, generated = server.requests
    assert meaning(ours) == meaning(generated)


def test_no_answer_is_asked_for_in_compressed_form(server: Loopback, cloud: Cloud) -> None:
    cloud.get_image(IMAGE_ID)
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_every_verb_of_the_services_is_compared() -> None:
    verbs = {verb for name, verb in vars(Cloud).items() if not name.startswith("_")}
    assert {operation.verb for operation in OPERATIONS.values()} == verbs
