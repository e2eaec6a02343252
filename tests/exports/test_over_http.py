"""HTTP through the gateway: ExportImage, what its clients follow it by, refusals in Compute's own form."""

import json
from typing import Any

import pytest

from tests.exports.conftest import Http, error
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of, published

NO_IMAGE = "ocid1.image.oc1.phx.nosuchimage"


@pytest.fixture
def request_over_http(platform: LocalPlatform) -> Request:
    return Request(platform, "gateway")


def test_an_export_is_answered_with_computes_image_and_its_headers(
    platform: LocalPlatform, http: Http
) -> None:
    image = platform.cloud.images.add(a_field_of_tomorrow={"kept": [1.5, None]})
    request = Request(platform, "gateway", image)

    response = http.export(request)

    assert response.status_code == 200
    assert response.json() == platform.cloud.images[request.image_id]
    assert response.json()["aFieldOfTomorrow"] == {"kept": [1.5, None]}
    assert response.headers["opc-work-request-id"] == request.export.work_request_id
    assert response.headers["etag"] == platform.cloud.images.etag(request.image_id)
    assert response.headers["opc-request-id"]
    assert request.export.via == "tuple"
    # Signed by the resource principal, with a session token.
    [call] = request.tries
    assert 'keyId="ST$' in call.headers["authorization"]


def test_an_export_is_announced_to_the_topic(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    response = http.export(request_over_http)

    message = platform.cloud.messages[-1]
    work_request_id = request_over_http.export.work_request_id
    assert response.headers["notification-message-id"] == message.message_id
    assert message.title == "Image export accepted: golden"
    event = json.loads(message.body)
    assert event["type"] == "imageexport.accepted"
    assert event["id"] == f"{work_request_id}/accepted"
    assert event["source"] == platform.cloud.function_id
    assert event["subject"] == request_over_http.image_id
    trigger = event["data"].pop("trigger")
    assert trigger["kind"] == "gateway"
    assert event["data"] == {
        "workRequestId": work_request_id,
        "imageId": request_over_http.image_id,
        "imageName": "golden",
        "compartmentId": platform.cloud.compartment_id,
        "destination": {
            key: value for key, value in request_over_http.details.items() if key.endswith("Name")
        },
        "exportFormat": "OCI",
        "etag": response.headers["etag"],
        "opcRequestId": response.headers["opc-request-id"],
    }


def test_the_format_the_retry_token_and_if_match_reach_compute(platform: LocalPlatform, http: Http) -> None:
    request = Request(platform, "gateway", export_format="QCOW2")
    etag = platform.cloud.images.etag(request.image_id)

    assert error(http.export(request, headers={"if-match": "another"})) == (412, "NoEtagMatch")
    headers = {"if-match": etag, "opc-retry-token": "mine"}
    first, again = http.export(request, headers=headers), http.export(request, headers=headers)

    assert request.export.format == "QCOW2"
    assert request.tokens[-1] == "mine"
    assert first.headers["opc-work-request-id"] == again.headers["opc-work-request-id"]


def test_a_url_reaches_compute_as_a_url(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    cloud = platform.cloud
    url = f"{cloud.endpoint}/n/{cloud.namespace}/b/{cloud.bucket}/o/on-demand/a%20b.oci"

    response = http.export(request_over_http, {"destinationType": "objectStorageUri", "destinationUri": url})

    assert response.status_code == 200
    export = request_over_http.export
    assert (export.via, export.destination.object) == ("uri", "on-demand/a b.oci")


def test_a_dry_run_fetches_the_image_and_does_nothing_else(http: Http, request_over_http: Request) -> None:
    response = http.export(request_over_http, headers={"opc-dry-run": "true"})

    assert (response.status_code, response.json()["lifecycleState"]) == (200, "AVAILABLE")
    assert "opc-work-request-id" not in response.headers
    assert [call.operation for call in request_over_http.calls] == ["GetImage"]
    assert not request_over_http.accepted


def test_an_image_is_read_as_compute_answers_it(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    image_id = request_over_http.image_id
    path = f"/20160918/images/{image_id}"

    assert http.get(path).json()["lifecycleState"] == "AVAILABLE"
    http.export(request_over_http)
    response = http.get(path)

    assert response.json() == platform.cloud.images[image_id]
    assert response.json()["lifecycleState"] == "EXPORTING"
    assert response.headers["etag"] == platform.cloud.images.etag(image_id)
    assert error(http.get(f"/20160918/images/{NO_IMAGE}")) == (404, "NotAuthorizedOrNotFound")
    assert error(http.get(f"/20160918/images/{request_over_http.image_id.replace('image', 'bucket')}")) == (
        400,
        "InvalidParameter",
    )


def test_an_export_is_followed_by_its_work_request(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    work_requests = platform.cloud.work_requests
    work_request_id = http.export(request_over_http).headers["opc-work-request-id"]
    path = f"/20160918/workRequests/{work_request_id}"

    work_requests.advance(work_request_id, 40.0)
    response = http.get(path)
    assert response.json() == work_requests[work_request_id]
    assert response.json()["percentComplete"] == 40.0
    assert response.headers["retry-after"] == "1"

    work_requests.fail(work_request_id, "InternalError", "The disk is broken.")
    assert http.get(path).json()["status"] == "FAILED"
    [failure] = http.get(path + "/errors").json()
    assert (failure["code"], failure["message"]) == ("InternalError", "The disk is broken.")


def test_lists_have_pages_as_compute_s_have(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    work_request_id = http.export(request_over_http).headers["opc-work-request-id"]
    request_over_http.end()
    path = f"/20160918/workRequests/{work_request_id}/logs"

    page = {"limit": "2", "sortOrder": "DESC"}
    first = http.get(path, params=page)
    page["page"] = first.headers["opc-next-page"]
    second = http.get(path, params=page)

    assert (len(first.json()), len(second.json())) == (2, 1)
    assert "opc-next-page" not in second.headers
    assert (first.json() + second.json())[::-1] == platform.cloud.work_requests.logs(work_request_id)
    assert platform.cloud.calls.named("ListWorkRequestLogs")[-1].query == page


def test_any_other_work_request_is_as_good_as_none(platform: LocalPlatform, http: Http) -> None:
    other = platform.cloud.work_requests.add("LaunchInstance")
    replies = [
        http.get(f"/20160918/workRequests/{work_request_id}{part}")
        for work_request_id in (other, other[:-5] + "xxxxx")
        for part in ("", "/errors", "/logs")
    ]
    assert {error(reply) for reply in replies} == {(404, "NotAuthorizedOrNotFound")}
    assert len({reply.content for reply in replies}) == 1


def test_the_interface_describes_itself(http: Http) -> None:
    response = http.get("/openapi.json")

    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["openapi"].startswith("3.0.")


@pytest.mark.parametrize(
    ("method", "path", "refusal", "allow"),
    [
        ("GET", f"/20160918/images/{NO_IMAGE}/actions/export", (405, "MethodNotAllowed"), "POST"),
        ("POST", f"/20160918/images/{NO_IMAGE}", (405, "MethodNotAllowed"), "GET"),
        ("DELETE", f"/20160918/images/{NO_IMAGE}", (405, "MethodNotAllowed"), "GET"),
        ("POST", "/openapi.json", (405, "MethodNotAllowed"), "GET"),
        ("GET", "/20160918/images", (404, "NotFound"), None),
        ("PATCH", "/", (404, "NotFound"), None),
    ],
)
def test_another_path_or_method_is_refused_in_the_api_s_own_form(
    http: Http, method: str, path: str, refusal: tuple[int, str], allow: str | None
) -> None:
    response = http.send(method, path, json={})

    assert error(response) == refusal
    assert response.headers.get("allow") == allow


def test_every_problem_is_named_by_its_field_and_never_by_its_value(http: Http) -> None:
    details = {"destinationType": "objectStorageTuple", "bucketName": "a planted value", "colour": "planted"}

    response = http.export("planted", details, {"opc-retry-token": "planted" * 10})

    assert error(response) == (400, "InvalidParameter")
    message = response.json()["message"]
    for field in ("imageId", "namespaceName", "bucketName", "objectName", "colour", "opc-retry-token"):
        assert field in message
    assert "planted" not in message


@pytest.mark.parametrize(
    ("content_type", "body", "refusal"),
    [
        ("application/json; charset=utf-8", b'{"a": "\xff"}', (400, "CannotParseRequest")),
        ("application/json", b"", (400, "CannotParseRequest")),
        ("application/json", b"{}", (400, "MissingParameter")),
        ("application/json", json.dumps({"a": "x" * 64 * 1024}).encode(), (413, "RequestEntityTooLarge")),
        ("text/xml", b"{}", (415, "UnsupportedMediaType")),
        # What the real gateway is known to send where a client sends none.
        (None, b"{}", (415, "UnsupportedMediaType")),
    ],
)
def test_a_body_that_is_no_request_has_its_own_status(
    http: Http, content_type: str | None, body: bytes, refusal: tuple[int, str]
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    path = f"/20160918/images/{NO_IMAGE}/actions/export"

    assert error(http.send("POST", path, content=body, headers=headers)) == refusal


def test_a_destination_that_is_not_listed_is_refused_and_nothing_called(
    http: Http, request_over_http: Request
) -> None:
    elsewhere = request_over_http.details | {"bucketName": "another"}

    assert error(http.export(request_over_http, elsewhere)) == (403, "NotAllowed")
    assert not request_over_http.calls


def test_computes_refusal_passes_through_with_its_request_id_and_retry_after(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    fault: dict[str, Any] = {
        "status": 429,
        "code": "TooManyRequests",
        "message": "Come back later.",
        "headers": {"opc-request-id": "computes-own", "retry-after": "3600"},
    }
    platform.cloud.faults.add(Fault("ExportImage", **fault))

    response = http.export(request_over_http)

    assert error(response) == (429, "TooManyRequests")
    assert response.json()["message"] == "Come back later."
    assert response.headers["opc-request-id"].startswith("computes-own")
    assert response.headers["retry-after"] == "3600"


def test_an_image_that_is_not_there_is_404_and_nothing_is_published(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    messages = len(published(platform))

    assert error(http.export(NO_IMAGE, request_over_http.details)) == (404, "NotAuthorizedOrNotFound")
    assert len(published(platform)) == messages


def test_a_callers_request_id_becomes_computes_own(http: Http, request_over_http: Request) -> None:
    response = http.export(request_over_http, headers={"opc-request-id": "A-request_of-mine"})

    [call] = request_over_http.tries
    assert call.headers["opc-request-id"] == "A-request_of-mine"
    assert response.headers["opc-request-id"].startswith("A-request_of-mine/")


def test_any_other_request_id_is_logged_and_not_sent_on(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    http.export(request_over_http, headers={"opc-request-id": "mine/and more"})

    [call] = request_over_http.tries
    assert "mine" not in call.headers.get("opc-request-id", "")
    [announcement] = request_over_http.accepted
    line = line_of(platform, announcement["data"]["trigger"]["id"])
    assert line["clientRequestId"].startswith("mine/and more")


def test_a_refusal_of_the_functions_own_has_the_callers_request_id(http: Http) -> None:
    response = http.export("x", {}, {"opc-request-id": "mine/and-more"})

    assert error(response) == (400, "InvalidParameter")
    assert response.headers["opc-request-id"].startswith("mine/and-more")


def test_an_export_that_cannot_be_announced_says_so(
    platform: LocalPlatform, http: Http, request_over_http: Request
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound"))

    response = http.export(request_over_http)

    assert response.status_code == 200
    assert response.headers["notification-error"] == "NotAuthorizedOrNotFound"
    assert "notification-message-id" not in response.headers
    assert response.headers["opc-work-request-id"] == request_over_http.export.work_request_id
