"""The description through the gateway, and that what the function answers is what it says."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from handlers.interface import openapi
from tests.end_to_end.conftest import Running, error

ROUTE = "/20160918/images/{imageId}/actions/export"


@pytest.fixture(scope="module")
def description(shared: Running) -> dict[str, Any]:
    response = shared.http.get("/openapi.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def is_said(description: dict[str, Any], schema: dict[str, Any], value: object) -> bool:
    """Whether the value is what the description's schema says."""
    return OAS30Validator({"allOf": [schema], "components": description["components"]}).is_valid(value)


def test_the_gateway_serves_the_description(description: dict[str, Any]) -> None:
    assert description == json.loads(openapi.document())


def test_the_description_is_only_read(function: Running) -> None:
    response = function.http.post("/openapi.json", json={})
    # The gateway, or the function behind it, has no such route.
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_an_exports_answer_is_what_the_description_says(
    function: Running, description: dict[str, Any]
) -> None:
    response = function.export(function.image())
    said = description["paths"][ROUTE]["post"]["responses"]["200"]
    assert is_said(description, said["content"]["application/json"]["schema"], response.json())
    assert set(said["headers"]) - set(response.headers) == {"notification-error"}


def test_a_work_requests_answers_are_what_the_description_says(
    function: Running, description: dict[str, Any]
) -> None:
    work_request = function.export(function.image()).headers["opc-work-request-id"]
    function.cloud.work_requests.fail(work_request, "InternalError", "The object could not be written.")
    for part in ("", "/errors", "/logs"):
        response = function.http.get(f"/20160918/workRequests/{work_request}{part}")
        operation = description["paths"][f"/20160918/workRequests/{{workRequestId}}{part}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert response.json()
        assert is_said(description, schema, response.json())


def test_a_refusal_is_what_the_description_says(function: Running, description: dict[str, Any]) -> None:
    response = function.export("ocid1.image.oc1.phx.nosuchimage")
    assert error(response) == (404, "NotAuthorizedOrNotFound")
    assert is_said(description, {"$ref": "#/components/schemas/Error"}, response.json())


def test_the_descriptions_own_example_can_be_sent(function: Running, description: dict[str, Any]) -> None:
    body = description["paths"][ROUTE]["post"]["requestBody"]["content"]["application/json"]
    details = body["examples"]["tuple"]["value"]
    own = {"namespaceName": function.cloud.namespace, "bucketName": function.cloud.bucket}
    assert function.export(function.image(), {**details, **own}).status_code == 200
