"""HTTP through the gateway: ExportImage, what its clients follow it by, refusals in Compute's own form."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of

JSON = {"content-type": "application/json"}
NO_IMAGE = "/20160918/images/ocid1.image.oc1.phx.nosuchimage"
EXPORT = {"method": "POST", "url": f"{NO_IMAGE}/actions/export"}


@pytest.fixture
def http(platform: LocalPlatform) -> Iterator[httpx.Client]:
    """A client of the gateway."""
    # Loading the CA bundle takes longer than a test; the gateway speaks HTTP.
    with httpx.Client(base_url=platform.gateway.url, timeout=60, verify=False) as client:  # noqa: S501
        yield client


@pytest.fixture
def exported(platform: LocalPlatform) -> Request:
    """A request of a gateway's client."""
    return Request(platform, "gateway", platform.cloud.images.add(a_field_of_tomorrow={"kept": [1.5, None]}))


def export(http: httpx.Client, request: Request, details: object = None, **headers: str) -> httpx.Response:
    """ExportImage; in a header's name, an underscore is a hyphen."""
    path = f"/20160918/images/{request.image_id}/actions/export"
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(path, json=details or request.details, headers=sent)


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has the one form that all have."""
    document = response.json()
    assert set(document) == {"code", "message"}
    assert response.headers["opc-request-id"]
    assert response.headers["content-type"] == "application/json"
    return response.status_code, document["code"]


def test_an_export_to_a_url_is_answered_with_computes_image_and_its_headers_and_announced(
    platform: LocalPlatform, http: httpx.Client, exported: Request
) -> None:
    cloud = platform.cloud
    url = f"{cloud.endpoint}/n/{cloud.namespace}/b/{cloud.bucket}/o/on-demand/a%20b.oci"
    details = {"destinationType": "objectStorageUri", "destinationUri": url, "exportFormat": "QCOW2"}
    assert error(export(http, exported, details, if_match="another")) == (412, "NoEtagMatch")

    headers = {"if_match": cloud.images.etag(exported.image_id), "opc_retry_token": "mine"}
    response, again = (export(http, exported, details, **headers) for _ in range(2))

    assert (response.status_code, response.json()) == (200, cloud.images[exported.image_id])
    assert response.json()["aFieldOfTomorrow"] == {"kept": [1.5, None]}
    done = exported.export
    assert (done.via, done.destination.object, done.format) == ("uri", "on-demand/a b.oci", "QCOW2")
    assert exported.tokens[1:] == ["mine"] * 2
    for answer, message in zip((response, again), cloud.messages[-2:], strict=True):
        assert answer.headers["opc-work-request-id"] == done.work_request_id
        assert answer.headers["etag"] == cloud.images.etag(exported.image_id)
        assert answer.headers["notification-message-id"] == message.message_id
        assert message.title == "Image export accepted: golden-image"
    first, _ = exported.accepted
    assert first["source"] == cloud.function_id
    assert first["data"]["opcRequestId"] == response.headers["opc-request-id"]
    # Signed by the resource principal, with a session token.
    assert 'keyId="ST$' in exported.tries[-1].headers["authorization"]


def test_an_export_is_followed_by_its_image_and_its_work_request(
    platform: LocalPlatform, http: httpx.Client, exported: Request
) -> None:
    cloud = platform.cloud
    work_request_id = export(http, exported).headers["opc-work-request-id"]
    image = http.get(f"/20160918/images/{exported.image_id}")
    assert (image.json(), image.json()["lifecycleState"]) == (cloud.images[exported.image_id], "EXPORTING")

    path = f"/20160918/workRequests/{work_request_id}"
    cloud.work_requests.advance(work_request_id, 40.0)
    response = http.get(path)
    assert (response.json(), response.headers["retry-after"]) == (cloud.work_requests[work_request_id], "1")

    cloud.work_requests.fail(work_request_id, "InternalError", "The disk is broken.")
    assert http.get(f"{path}/errors").json() == cloud.work_requests.errors(work_request_id)

    page = {"limit": "2", "sortOrder": "DESC"}
    first = http.get(f"{path}/logs", params=page)
    page["page"] = first.headers["opc-next-page"]
    second = http.get(f"{path}/logs", params=page)
    assert (first.json() + second.json())[::-1] == cloud.work_requests.logs(work_request_id)
    assert cloud.calls.named("ListWorkRequestLogs")[-1].query == page


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param({"method": "DELETE", "url": NO_IMAGE}, 405, "MethodNotAllowed", id="a wrong method"),
        pytest.param({"method": "PATCH", "url": "/"}, 404, "NotFound", id="no route"),
        pytest.param({**EXPORT, "headers": JSON}, 400, "CannotParseRequest", id="no body"),
        pytest.param(
            {**EXPORT, "headers": JSON, "content": b'{"a": "\xff"}'}, 400, "CannotParseRequest", id="no UTF-8"
        ),
        pytest.param({**EXPORT, "json": ["x" * 64 * 1024]}, 413, "RequestEntityTooLarge", id="over 64 KiB"),
        # The real gateway is known to give it another one.
        pytest.param({**EXPORT, "content": b"{}"}, 415, "UnsupportedMediaType", id="no content type"),
    ],
)
def test_what_is_no_request_is_refused_in_the_api_s_own_form(
    http: httpx.Client, sent: dict[str, Any], status: int, code: str
) -> None:
    response = http.request(**sent)

    assert error(response) == (status, code)
    assert response.headers.get("allow") == ("GET" if status == 405 else None)


def test_computes_refusal_passes_through_with_its_retry_after_and_the_request_id_that_began_as_the_callers(
    platform: LocalPlatform, http: httpx.Client, exported: Request
) -> None:
    headers = {"retry-after": "3600"}
    platform.cloud.faults.add(Fault("ExportImage", 429, "TooManyRequests", "Come back later.", headers))

    refused = export(http, exported, opc_request_id="A-request_of-mine")

    assert error(refused) == (429, "TooManyRequests")
    assert (refused.json()["message"], refused.headers["retry-after"]) == ("Come back later.", "3600")
    assert refused.headers["opc-request-id"].startswith("A-request_of-mine/")
    # Another one is logged alone.
    export(http, exported, opc_request_id="mine/and more")
    assert "mine" not in exported.tries[1].headers["opc-request-id"]
    line = line_of(platform, exported.accepted[0]["data"]["trigger"]["id"])
    assert line["clientRequestId"].startswith("mine/and more")
