"""HTTP through the gateway: ExportImage, what its clients follow it by, refusals in Compute's own form."""

import json
from typing import Any

import pytest

from tests.exports.conftest import Http, error
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of

NO_IMAGE = "ocid1.image.oc1.phx.nosuchimage"


@pytest.fixture
def exported(platform: LocalPlatform) -> Request:
    """A request of a gateway's client."""
    return Request(platform, "gateway")


def test_an_export_is_answered_with_computes_image_and_its_headers_and_announced(
    platform: LocalPlatform, http: Http
) -> None:
    cloud = platform.cloud
    image = cloud.images.add(a_field_of_tomorrow={"kept": [1.5, None]})
    request = Request(platform, "gateway", image)

    response = http.export(request)

    assert (response.status_code, response.json()) == (200, cloud.images[request.image_id])
    assert response.json()["aFieldOfTomorrow"] == {"kept": [1.5, None]}
    assert response.headers["opc-work-request-id"] == request.export.work_request_id
    assert response.headers["etag"] == cloud.images.etag(request.image_id)
    assert response.headers["notification-message-id"] == cloud.messages[-1].message_id
    assert cloud.messages[-1].title == "Image export accepted: golden-image"
    [announcement] = request.accepted
    assert announcement["source"] == cloud.function_id
    assert announcement["data"]["opcRequestId"] == response.headers["opc-request-id"]
    # Signed by the resource principal, with a session token.
    [call] = request.tries
    assert 'keyId="ST$' in call.headers["authorization"]


def test_headers_and_urls_reach_compute(platform: LocalPlatform, http: Http, exported: Request) -> None:
    cloud = platform.cloud
    url = f"{cloud.endpoint}/n/{cloud.namespace}/b/{cloud.bucket}/o/on-demand/a%20b.oci"
    details = {"destinationType": "objectStorageUri", "destinationUri": url, "exportFormat": "QCOW2"}
    headers = {"if-match": "another", "opc-retry-token": "mine"}

    assert error(http.export(exported, details, headers)) == (412, "NoEtagMatch")
    headers["if-match"] = cloud.images.etag(exported.image_id)
    first, again = (http.export(exported, details, headers) for _ in range(2))

    export = exported.export
    assert (export.via, export.destination.object, export.format) == ("uri", "on-demand/a b.oci", "QCOW2")
    assert exported.tokens == ["mine"] * 3
    assert first.headers["opc-work-request-id"] == again.headers["opc-work-request-id"]


def test_a_dry_run_is_a_header_and_no_query(http: Http, exported: Request) -> None:
    response = http.export(exported, headers={"opc-dry-run": "true"})

    assert (response.status_code, response.json()["lifecycleState"]) == (200, "AVAILABLE")
    path = f"/20160918/images/{exported.image_id}/actions/export?opc-dry-run=true"
    assert error(http.send("POST", path, json=exported.details)) == (400, "InvalidParameter")
    assert [call.operation for call in exported.calls] == ["GetImage"]


def test_an_export_is_followed_by_its_image_and_its_work_request(
    platform: LocalPlatform, http: Http, exported: Request
) -> None:
    cloud = platform.cloud
    work_request_id = http.export(exported).headers["opc-work-request-id"]
    image = http.get(f"/20160918/images/{exported.image_id}")
    assert (image.json(), image.json()["lifecycleState"]) == (cloud.images[exported.image_id], "EXPORTING")

    path = f"/20160918/workRequests/{work_request_id}"
    cloud.work_requests.advance(work_request_id, 40.0)
    response = http.get(path)
    assert (response.json(), response.headers["retry-after"]) == (cloud.work_requests[work_request_id], "1")

    cloud.work_requests.fail(work_request_id, "InternalError", "The disk is broken.")
    [failure] = http.get(f"{path}/errors").json()
    assert (failure["code"], failure["message"]) == ("InternalError", "The disk is broken.")

    page = {"limit": "2", "sortOrder": "DESC"}
    first = http.get(f"{path}/logs", params=page)
    page["page"] = first.headers["opc-next-page"]
    second = http.get(f"{path}/logs", params=page)
    assert (first.json() + second.json())[::-1] == cloud.work_requests.logs(work_request_id)
    assert cloud.calls.named("ListWorkRequestLogs")[-1].query == page

    other = cloud.work_requests.add("LaunchInstance")
    assert error(http.get(f"/20160918/workRequests/{other}")) == (404, "NotAuthorizedOrNotFound")


def test_the_interface_describes_itself(http: Http) -> None:
    assert http.get("/openapi.json").json()["openapi"].startswith("3.0.")


@pytest.mark.parametrize(
    ("method", "path", "refusal", "allow"),
    [
        ("GET", f"/20160918/images/{NO_IMAGE}/actions/export", (405, "MethodNotAllowed"), "POST"),
        ("DELETE", f"/20160918/images/{NO_IMAGE}", (405, "MethodNotAllowed"), "GET"),
        ("POST", "/openapi.json", (405, "MethodNotAllowed"), "GET"),
        ("PATCH", "/", (404, "NotFound"), None),
    ],
)
def test_another_path_or_method_is_refused_in_the_api_s_own_form(
    http: Http, method: str, path: str, refusal: tuple[int, str], allow: str | None
) -> None:
    response = http.send(method, path, json={})

    assert error(response) == refusal
    assert response.headers.get("allow") == allow


@pytest.mark.parametrize(
    ("headers", "body", "refusal"),
    [
        ({"content-type": "application/json; charset=utf-8"}, b'{"a": "\xff"}', (400, "CannotParseRequest")),
        ({"content-type": "application/json"}, b"", (400, "CannotParseRequest")),
        (
            {"content-type": "application/json"},
            json.dumps({"a": "x" * 64 * 1024}).encode(),
            (413, "RequestEntityTooLarge"),
        ),
        # What the real gateway is known to send where a client sends none.
        ({}, b"{}", (415, "UnsupportedMediaType")),
        (
            {"content-type": "application/json", "content-encoding": "gzip"},
            b"\x1f\x8b",
            (415, "UnsupportedMediaType"),
        ),
    ],
)
def test_a_body_that_is_no_request_has_its_own_status(
    http: Http, headers: dict[str, str], body: bytes, refusal: tuple[int, str]
) -> None:
    path = f"/20160918/images/{NO_IMAGE}/actions/export"

    assert error(http.send("POST", path, content=body, headers=headers)) == refusal


def test_computes_refusal_passes_through_with_its_request_id_and_retry_after(
    platform: LocalPlatform, http: Http, exported: Request
) -> None:
    fault: dict[str, Any] = {
        "status": 429,
        "code": "TooManyRequests",
        "message": "Come back later.",
        "headers": {"opc-request-id": "computes-own", "retry-after": "3600"},
    }
    platform.cloud.faults.add(Fault("ExportImage", **fault))

    response = http.export(exported)

    assert error(response) == (429, "TooManyRequests")
    assert response.json()["message"] == "Come back later."
    assert response.headers["opc-request-id"].startswith("computes-own")
    assert response.headers["retry-after"] == "3600"
    assert not exported.announced("rejected")


def test_a_callers_request_id_becomes_computes_own_and_any_other_is_logged_alone(
    platform: LocalPlatform, http: Http, exported: Request
) -> None:
    response = http.export(exported, headers={"opc-request-id": "A-request_of-mine"})
    exported.end()
    http.export(exported, headers={"opc-request-id": "mine/and more"})
    refused = http.export("x", {}, {"opc-request-id": "mine/and-more"})

    ids = [call.headers["opc-request-id"] for call in exported.tries]
    assert ids[0] == "A-request_of-mine"
    assert "mine" not in ids[1]
    assert response.headers["opc-request-id"].startswith("A-request_of-mine/")
    assert refused.headers["opc-request-id"].startswith("mine/and-more")
    first = exported.accepted[0]["data"]["trigger"]["id"]
    assert line_of(platform, first)["clientRequestId"].startswith("A-request_of-mine")


def test_an_export_that_cannot_be_announced_says_so(
    platform: LocalPlatform, http: Http, exported: Request
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound"))

    response = http.export(exported)

    assert (response.status_code, response.headers["notification-error"]) == (200, "NotAuthorizedOrNotFound")
    assert response.headers["opc-work-request-id"] == exported.export.work_request_id
