"""HTTP through the gateway, end to end: ExportImage, the work requests, refusals."""

import json

import pytest

from tests.end_to_end.conftest import Running, error
from tests.local.oci import Fault

IMAGE_ID = "ocid1.image.oc1.phx.nosuchimage"
RP_TOKEN_BEGINS = "ST$"  # noqa: S105  # what the SDK's key id for a session token begins with


def test_an_export_is_answered_with_computes_image_and_its_three_headers(function: Running) -> None:
    image_id = function.image(a_field_of_tomorrow={"kept": [1.5, None]})
    response = function.export(image_id)
    (export,) = [export for export in function.cloud.exports if export.image_id == image_id]
    image = function.cloud.images[image_id]
    assert response.status_code == 200
    assert response.json() == image
    assert response.json()["aFieldOfTomorrow"] == {"kept": [1.5, None]}
    assert response.headers["opc-work-request-id"] == export.work_request_id
    call = function.cloud.calls.named("ExportImage")[-1]
    assert response.headers["etag"]
    assert response.headers["opc-request-id"]
    assert call.headers["authorization"].startswith('Signature algorithm="rsa-sha256"')
    assert RP_TOKEN_BEGINS in call.headers["authorization"]


def test_the_work_request_is_published_to_the_topic(function: Running) -> None:
    image_id = function.image("web 7")
    response = function.export(image_id)
    message = function.cloud.messages[-1]
    assert response.headers["notification-message-id"] == message.message_id
    assert message.title == "Image export accepted: web 7"
    event = json.loads(message.body)
    assert event["type"] == "imageexport.accepted"
    assert event["id"] == event["data"]["workRequestId"] == response.headers["opc-work-request-id"]
    assert event["subject"] == event["data"]["imageId"] == image_id
    assert event["source"] == function.cloud.function_id
    assert event["data"]["opcRequestId"] == response.headers["opc-request-id"]


@pytest.mark.parametrize("export_format", ["QCOW2", "VMDK", "OCI", "VHD", "VDI"])
def test_each_format_reaches_compute(export_format: str, function: Running) -> None:
    function.export(function.image(), function.details(exportFormat=export_format))
    assert function.cloud.exports[-1].format == export_format


def test_a_url_reaches_compute_as_a_url(function: Running) -> None:
    assert function.export(function.image(), function.url("on-demand/a%20b.oci")).status_code == 200
    export = function.cloud.exports[-1]
    assert (export.via, export.destination.object) == ("uri", "on-demand/a b.oci")


def test_if_match_and_the_retry_token_are_passed_on(function: Running) -> None:
    image_id = function.image()
    assert error(function.export(image_id, if_match="another")) == (412, "NoEtagMatch")
    first = function.export(image_id, opc_retry_token="mine", if_match="*")  # noqa: S106  # no secret
    again = function.export(image_id, opc_retry_token="mine", if_match="*")  # noqa: S106  # no secret
    assert first.headers["opc-work-request-id"] == again.headers["opc-work-request-id"]
    assert function.cloud.calls.named("ExportImage")[-1].headers["opc-retry-token"] == "mine"


def test_a_dry_run_exports_and_publishes_nothing(function: Running) -> None:
    image_id = function.image()
    exports, messages = len(function.cloud.exports), len(function.cloud.messages)
    response = function.export(image_id, opc_dry_run="true")
    assert (response.status_code, response.json()["lifecycleState"]) == (200, "AVAILABLE")
    assert "opc-work-request-id" not in response.headers
    assert (len(function.cloud.exports), len(function.cloud.messages)) == (exports, messages)


def test_an_export_is_followed_by_its_work_request(function: Running) -> None:
    work_request_id = function.export(function.image()).headers["opc-work-request-id"]
    path = f"/20160918/workRequests/{work_request_id}"
    function.cloud.work_requests.advance(work_request_id, 40.0)
    response = function.http.get(path)
    assert response.json() == function.cloud.work_requests[work_request_id]
    assert response.json()["percentComplete"] == 40.0
    assert response.headers["retry-after"] == "1"
    function.cloud.work_requests.fail(work_request_id, "InternalError", "The disk is broken.")
    assert function.http.get(path).json()["status"] == "FAILED"
    (failure,) = function.http.get(path + "/errors").json()
    assert (failure["code"], failure["message"]) == ("InternalError", "The disk is broken.")
    assert function.http.get(path + "/logs").json()


def test_any_other_work_request_is_as_good_as_none(function: Running) -> None:
    other = function.cloud.work_requests.add("LaunchInstance")
    replies = [
        function.http.get(f"/20160918/workRequests/{work_request_id}{part}")
        for work_request_id in (other, other[:-5] + "xxxxx")
        for part in ("", "/errors", "/logs")
    ]
    assert {error(reply) for reply in replies} == {(404, "NotAuthorizedOrNotFound")}
    assert len({reply.content for reply in replies}) == 1


def test_the_interface_describes_itself(function: Running) -> None:
    response = function.http.get("/openapi.json")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["openapi"].startswith("3.0.")


@pytest.mark.parametrize(
    ("details", "code"),
    [
        (b"", "CannotParseRequest"),
        (b"destinationType=objectStorageTuple", "CannotParseRequest"),
        (b'{"a": "\xff"}', "CannotParseRequest"),
        (b"[]", "CannotParseRequest"),
        (b'{"a": 1, "a": 2}', "CannotParseRequest"),
        (b"{}", "MissingParameter"),
        (b'{"destinationType": "ftp"}', "InvalidParameter"),
    ],
)
def test_a_body_that_is_no_request_is_400(details: bytes, code: str, function: Running) -> None:
    path = f"/20160918/images/{IMAGE_ID}/actions/export"
    headers = {"content-type": "application/json; charset=utf-8"}
    assert error(function.http.post(path, content=details, headers=headers)) == (400, code)


def test_every_problem_is_named_by_its_field_and_never_by_its_value(function: Running) -> None:
    details = function.details(bucketName="a planted value", colour="planted", objectName="planted\0")
    response = function.export("planted", details, if_match="x" * 10, opc_retry_token="planted" * 10)
    assert error(response) == (400, "InvalidParameter")
    message = response.json()["message"]
    for field in ("imageId", "bucketName", "colour", "objectName", "opc-retry-token"):
        assert field in message
    assert "planted" not in message
    assert "if-match" not in message


def test_what_is_wrong_with_the_request_itself_has_its_own_status(function: Running) -> None:
    path = f"/20160918/images/{IMAGE_ID}/actions/export"
    assert error(function.http.post(path, content=b"{}", headers={"content-type": "text/xml"})) == (
        415,
        "UnsupportedMediaType",
    )
    large = json.dumps({"a": "x" * 64 * 1024}).encode()
    response = function.http.post(path, content=large, headers={"content-type": "application/json"})
    assert error(response) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    "elsewhere",
    [{"bucketName": "another"}, {"namespaceName": "another"}],
    ids=["another bucket", "another namespace"],
)
def test_a_destination_that_is_not_listed_is_403(elsewhere: dict[str, str], function: Running) -> None:
    calls = len(function.cloud.calls)
    response = function.export(function.image(), function.details(**elsewhere))
    assert error(response) == (403, "NotAllowed")
    assert len(function.cloud.calls) == calls


def test_computes_refusal_passes_through_with_its_request_id(function: Running) -> None:
    headers = {"opc-request-id": "computes-own"}
    function.cloud.faults.add(
        Fault("ExportImage", status=409, code="Conflict", message="Being deleted.", headers=headers)
    )
    response = function.export(function.image(), opc_request_id="the-callers")
    assert error(response) == (409, "Conflict")
    assert response.json()["message"] == "Being deleted."
    assert response.headers["opc-request-id"].startswith("computes-own")


def test_an_image_that_is_not_there_is_404(function: Running) -> None:
    assert error(function.export(IMAGE_ID)) == (404, "NotAuthorizedOrNotFound")


def test_a_refusal_of_ours_has_the_callers_request_id(function: Running) -> None:
    response = function.export("x", opc_request_id="mine/and-more")
    assert response.headers["opc-request-id"].startswith("mine/and-more")


def test_an_export_that_cannot_be_announced_says_so(function: Running) -> None:
    function.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound"))
    response = function.export(function.image())
    assert response.status_code == 200
    assert response.headers["notification-error"] == "NotAuthorizedOrNotFound"
    assert response.headers["opc-work-request-id"]


def test_a_token_in_a_url_is_in_no_reply_no_message_and_no_log(function: Running) -> None:
    token = "pLaNtEdToKeN-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105  # opens nothing
    details = function.url("on-demand/x.oci", token)
    quoted = f"The URL {details['destinationUri']} can't be written to."
    function.cloud.faults.add(Fault("ExportImage", status=400, code="InvalidParameter", message=quoted))
    response = function.export(function.image(), details)
    assert error(response) == (400, "InvalidParameter")
    assert "/p/***/n/" in response.json()["message"]
    lines = function.platform.host.log
    lines.wait_for(lambda line: "/p/***/n/" in line)
    everything = f"{response.text} {function.cloud.messages} {lines.lines}"
    assert token not in everything
