"""What the function really answers is what the description says that it does."""

from typing import Any

import httpx
import pytest

from tests.described import Described
from tests.local.oci.faults import Fault
from tests.local.platform import LocalPlatform
from tests.unit.world import tuple_details

EXPORT = "/20160918/images/{}/actions/export"
# Of HTTP itself, and of no operation.
OF_EVERY_ANSWER = {"content-type", "content-length", "date", "server"}


def undescribed(described: Described, operation: str, response: httpx.Response) -> list[str]:
    """What is in the answer and not in the description: its status, its headers, its body."""
    answered = str(response.status_code)
    said = described.response(operation, answered)
    schema = said["content"]["application/json"]["schema"]
    headers = set(response.headers) - set(said.get("headers", ())) - OF_EVERY_ANSWER
    status = [] if answered in described.operation(operation)["responses"] else [answered]
    return [*status, *sorted(headers), *described.problems(schema, response.json())]


def test_an_export_and_all_that_follows_it(
    platform: LocalPlatform,
    http: httpx.Client,
    described: Described,
    image: dict[str, Any],
    details: dict[str, str],
) -> None:
    export = http.post(EXPORT.format(image["id"]), json=details)
    work_request = f"/20160918/workRequests/{export.headers['opc-work-request-id']}"
    started = http.get(work_request)
    platform.cloud.work_requests.fail(work_request.rpartition("/")[2], "ExportFailed", "The bucket is full.")
    answers = {
        "ExportImage": [export],
        "GetImage": [http.get(f"/20160918/images/{image['id']}")],
        "GetWorkRequest": [started, http.get(work_request)],
        "ListWorkRequestErrors": [http.get(f"{work_request}/errors")],
        "ListWorkRequestLogs": [http.get(f"{work_request}/logs", params={"limit": 1})],
        "GetOpenApi": [http.get("/openapi.json")],
    }
    assert answers.keys() == {operation["operationId"] for _, _, operation in described.operations()}
    for operation, responses in answers.items():
        for response in responses:
            assert response.status_code == 200
            assert response.json()
            assert undescribed(described, operation, response) == []
    assert set(described.response("ExportImage", 200)["headers"]) - set(export.headers) == {
        "notification-error"
    }
    assert "opc-next-page" in answers["ListWorkRequestLogs"][0].headers


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_a_refusal_of_computes(
    platform: LocalPlatform, http: httpx.Client, described: Described, details: dict[str, str], status: int
) -> None:
    fault = Fault("ExportImage", status=status, code="Conflict", headers={"retry-after": "900"}, times=None)
    platform.cloud.faults.add(fault)
    response = http.post(EXPORT.format(platform.cloud.images.add()["id"]), json=details)
    assert response.status_code == status
    assert set(undescribed(described, "ExportImage", response)) <= {"retry-after"}


def test_an_image_of_which_little_is_known(
    platform: LocalPlatform, http: httpx.Client, described: Described, details: dict[str, str]
) -> None:
    unknown = ("launch_mode", "freeform_tags", "launch_options", "agent_features")
    image_id = platform.cloud.images.add(None, **dict.fromkeys(unknown))["id"]
    read, export = http.get(f"/20160918/images/{image_id}"), http.post(EXPORT.format(image_id), json=details)
    assert (read.status_code, export.status_code) == (200, 200)
    assert undescribed(described, "GetImage", read) + undescribed(described, "ExportImage", export) == []


REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "not JSON": (400, {"content": b"{"}),
    "not allowed": (403, {"json": tuple_details("x", bucket="elsewhere")}),
    "no such image": (404, {"url": EXPORT.format("ocid1.image.oc1.phx.aaaaaaaanosuchimage")}),
    "no such route": (404, {"url": "/20160918/instances"}),
    "no such method": (405, {"method": "PUT"}),
    "another version": (412, {"headers": {"if-match": "another-version"}}),
    "too long": (413, {"content": b" " * 65_537}),
    "not declared as JSON": (415, {"headers": {"content-type": "text/plain"}}),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_refused_export(
    http: httpx.Client,
    described: Described,
    image: dict[str, Any],
    details: dict[str, str],
    case: tuple[int, dict[str, Any]],
) -> None:
    status, change = case
    json = {"content-type": "application/json"}
    good = {"method": "POST", "url": EXPORT.format(image["id"]), "headers": json, "json": details}
    response = http.request(**{**good, **change})
    assert response.status_code == status
    assert undescribed(described, "ExportImage", response) == []


def test_the_examples_of_the_description_can_be_sent(
    http: httpx.Client, described: Described, image: dict[str, Any], details: dict[str, str]
) -> None:
    body = described.operation("ExportImage")["requestBody"]["content"]["application/json"]
    example = body["examples"]["tuple"]["value"]
    own = {name: details[name] for name in ("namespaceName", "bucketName")}
    assert http.post(EXPORT.format(image["id"]), json={**example, **own}).status_code == 200
