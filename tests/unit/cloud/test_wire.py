"""What goes over the wire is what the generated client of the same SDK sends, operation by operation.

An upgrade of the SDK that moves a path, a header or a field is seen here.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
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
from tests.unit.cloud.generated_clients import generated_clients
from tests.unit.cloud.loopback import Loopback, Reply, Request
from tests.unit.world import tuple_details

TUPLE = tuple_details(PLACE.object_name, exportFormat="QCOW2")
URI = {
    "destinationType": "objectStorageUri",
    "destinationUri": f"https://host/p/{PAR_TOKEN}/n/acme/b/exports/o/web%201.oci",
    "exportFormat": "OCI",
}
RECORD = b'{"imageId": "\xc3\xbc"}'
# Chance and time differ between any two requests, and the sizes of two spellings of the same JSON.
_BY_CHANCE = ("date", "opc-request-id", "content-length", "x-content-sha256")
# Compression would have to be unpacked against a limit, and answers are short; connections are kept anyway;
# and a body of a few KiB does not ask first whether it may come.
_LEFT_OUT = ("accept-encoding", "connection", "expect")


class Call:
    """A method's call, of any object."""

    def __init__(self, method: str, *args: Any, **kwargs: Any) -> None:
        self.method, self._args, self._kwargs = method, args, kwargs

    def __call__(self, client: Any) -> None:
        answer = getattr(client, self.method)(*self._args, **self._kwargs)
        if isinstance(answer, Iterator):  # of pages
            list(answer)


class Operation(NamedTuple):
    """The same call by this project's client, and by a generated one. ``reply``: what both can read."""

    ours: Call
    service: str
    generated: Call
    reply: Any


def _export(details: dict[str, str], if_match: str | None = None) -> Operation:
    models = {
        "objectStorageTuple": oci.core.models.ExportImageViaObjectStorageTupleDetails,
        "objectStorageUri": oci.core.models.ExportImageViaObjectStorageUriDetails,
    }
    snake = {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in details.items()}
    body = models[details["destinationType"]](**snake)
    condition = {"if_match": if_match} if if_match else {}
    return Operation(
        Call("export_image", IMAGE_ID, details, retry_token=RETRY_TOKEN, if_match=if_match),
        "compute",
        Call("export_image", IMAGE_ID, body, opc_retry_token=RETRY_TOKEN, **condition),
        IMAGE,
    )


def _listed(method: str) -> Operation:
    page = {"limit": "10", "page": "page/2?&", "sort_order": "DESC"}
    return Operation(
        Call(method, WORK_REQUEST_ID, Page(**page)),
        "work requests",
        Call(method, WORK_REQUEST_ID, **page),
        [],
    )


def _put(if_match: str | None) -> Operation:
    condition = {"if_match": if_match} if if_match else {"if_none_match": "*"}
    return Operation(
        Call("put_object", PLACE, RECORD, if_match=if_match),
        "object storage",
        Call("put_object", *PLACE, RECORD, **condition),
        b"",
    )


TITLE, BODY = "Image export: wéb", '{\n  "é": 1\n}'
OPERATIONS = {
    "ExportImage to a tuple": _export(TUPLE),
    "ExportImage to a URL": _export(URI),
    "ExportImage on a condition": _export(TUPLE, "etag-1"),
    "GetImage": Operation(Call("get_image", IMAGE_ID), "compute", Call("get_image", IMAGE_ID), IMAGE),
    "ListImages": Operation(
        Call("images_of", COMPARTMENT_ID),
        "compute",
        Call("list_images", COMPARTMENT_ID, limit=50, sort_by="TIMECREATED", sort_order="ASC"),
        [],
    ),
    "GetWorkRequest": Operation(
        Call("get_work_request", WORK_REQUEST_ID),
        "work requests",
        Call("get_work_request", WORK_REQUEST_ID),
        {"id": WORK_REQUEST_ID},
    ),
    "ListWorkRequestErrors": _listed("list_work_request_errors"),
    "ListWorkRequestLogs": _listed("list_work_request_logs"),
    "ListWorkRequestErrors, all": Operation(
        Call("work_request_errors", WORK_REQUEST_ID),
        "work requests",
        Call("list_work_request_errors", WORK_REQUEST_ID),
        [],
    ),
    "ListWorkRequests": Operation(
        Call("work_requests_of", IMAGE_ID, COMPARTMENT_ID),
        "work requests",
        Call("list_work_requests", COMPARTMENT_ID, resource_id=IMAGE_ID),
        [],
    ),
    "PublishMessage": Operation(
        Call("publish", TITLE, BODY),
        "notifications",
        Call("publish_message", TOPIC_ID, oci.ons.models.MessageDetails(title=TITLE, body=BODY)),
        {"messageId": "message-1"},
    ),
    "CreatePreauthenticatedRequest": Operation(
        Call("create_preauthenticated_request", PLACE, "image-export-1", EXPIRES),
        "object storage",
        Call(
            "create_preauthenticated_request",
            PLACE.namespace,
            PLACE.bucket,
            oci.object_storage.models.CreatePreauthenticatedRequestDetails(
                name="image-export-1",
                access_type="ObjectWrite",
                object_name=PLACE.object_name,
                time_expires=EXPIRES,
            ),
        ),
        PREAUTHENTICATED,
    ),
    "DeletePreauthenticatedRequest": Operation(
        Call("delete_preauthenticated_request", PLACE, PAR_ID),
        "object storage",
        Call("delete_preauthenticated_request", PLACE.namespace, PLACE.bucket, PAR_ID),
        b"",
    ),
    "HeadObject": Operation(Call("head", PLACE), "object storage", Call("head_object", *PLACE), {}),
    "GetObject": Operation(Call("get_object", PLACE), "object storage", Call("get_object", *PLACE), {}),
    "PutObject, the first": _put(None),
    "PutObject, in place of another": _put("etag-1"),
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
    server.reply(*[Reply(operation.reply)] * 2)
    operation.ours(cloud)
    # It encodes strictly, tries once, and has no circuit breaker.
    clients = generated_clients(
        signer=resource_principal(),
        service_endpoint=server.endpoint,
        retry_strategy=oci.retry.NoneRetryStrategy(),
        circuit_breaker_strategy=oci.circuit_breaker.NoCircuitBreakerStrategy(),
        enable_strict_url_encoding=True,
    )
    operation.generated(clients[operation.service])
    ours, generated = server.requests
    assert meaning(ours) == meaning(generated)
    # No answer is asked for in compressed form.
    assert ours.headers["accept-encoding"] == "identity"


def test_every_verb_of_the_services_is_compared() -> None:
    verbs = {name for name in vars(Cloud) if not name.startswith("_")}
    assert {operation.ours.method for operation in OPERATIONS.values()} == verbs
