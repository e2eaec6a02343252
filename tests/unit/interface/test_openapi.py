"""The description is a document that readers of OpenAPI 3.0 take, and it says what the function does."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator

from handlers import errors
from handlers.exports import identifiers
from handlers.interface import openapi
from handlers.triggers import gateway
from tests.local.gateway import specification
from tests.unit.interface.conftest import Described

OPERATIONS = {
    "ExportImage": ("post", "/20160918/images/{imageId}/actions/export"),
    "GetWorkRequest": ("get", "/20160918/workRequests/{workRequestId}"),
    "ListWorkRequestErrors": ("get", "/20160918/workRequests/{workRequestId}/errors"),
    "ListWorkRequestLogs": ("get", "/20160918/workRequests/{workRequestId}/logs"),
    "GetOpenApi": ("get", "/openapi.json"),
}
STATUSES = {"200", "400", "401", "403", "404", "405", "409", "412", "413", "415", "429", "500", "503"}


def test_a_public_validator_accepts_it(description: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV30SpecValidator(description).iter_errors()] == []


def test_it_is_of_the_version_that_api_gateway_imports(description: dict[str, Any]) -> None:
    assert description["openapi"] == "3.0.3"


def test_nothing_stands_beside_a_reference_and_nothing_is_an_extension(description: dict[str, Any]) -> None:
    for part in parts(description):
        assert "$ref" not in part or set(part) == {"$ref"}
        assert not [key for key in part if key.startswith("x-")]


def test_it_is_made_once() -> None:
    assert openapi.document() is openapi.document()


def test_operations_have_the_names_of_the_vendors_api(described: Described) -> None:
    assert {
        entry["operationId"]: (method, path) for path, method, entry in described.operations()
    } == OPERATIONS


def test_every_route_of_the_gateway_is_described_and_no_other(described: Described) -> None:
    routes = {(method.lower(), "/" + "/".join(pattern)) for pattern, method, _ in gateway.ROUTES}
    assert {
        (method, re.sub(r"\{\w+\}", gateway.VARIABLE, path)) for path, method, _ in described.operations()
    } == routes
    assert len(routes) == len(gateway.ROUTES) == len(get_args(gateway.Wanted))


def test_every_route_that_is_deployed_is_described_under_the_same_path(described: Described) -> None:
    deployed = {
        (method.lower(), route["path"]) for route in specification()["routes"] for method in route["methods"]
    }
    assert {(method, path) for path, method, _ in described.operations()} == deployed


def test_paths_are_relative_to_the_document_whatever_prefix_is_deployed(description: dict[str, Any]) -> None:
    assert description["servers"] == [{"url": "."}]


def test_a_paths_variable_is_a_required_parameter(described: Described) -> None:
    for path, _, operation in described.operations():
        in_path = [
            parameter
            for parameter in described.parameters(operation["operationId"]).values()
            if parameter["in"] == "path"
        ]
        assert [parameter["name"] for parameter in in_path] == re.findall(r"\{(\w+)\}", path)
        assert all(parameter["required"] for parameter in in_path)


def test_every_field_of_a_request_is_a_parameter_or_its_body(described: Described) -> None:
    names = set(gateway._NAMES.values()) - {""}
    in_headers = {
        name for name, parameter in described.parameters("ExportImage").items() if parameter["in"] == "header"
    }
    assert in_headers == names | {"opc-request-id"}
    assert described.operation("ExportImage")["requestBody"]["required"]


def test_a_parameter_has_the_form_that_the_request_is_checked_for(described: Described) -> None:
    parameters = described.parameters("ExportImage")
    assert parameters["opc-dry-run"]["schema"] == {"type": "boolean", "default": False}
    assert parameters["opc-retry-token"]["schema"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": r"^[!-~]([ -~]*[!-~])?$",
    }


def test_every_status_of_an_export_is_described(described: Described) -> None:
    assert set(described.operation("ExportImage")["responses"]) == {*STATUSES, "default"}


def test_every_error_of_the_function_is_described_under_its_status(described: Described) -> None:
    responses = described.operation("ExportImage")["responses"]
    for error in own_errors():
        assert error.code in described.follow(responses[str(error.status)])["description"]


def test_every_header_that_the_gateway_passes_on_is_described(described: Described) -> None:
    told = {
        name
        for _, _, operation in described.operations()
        for response in operation["responses"].values()
        for name in described.follow(response).get("headers", ())
    }
    of_our_own = {"notification-message-id", "notification-error", "allow"}
    assert told == {*gateway._PASSED_ON, *of_our_own} == set(described.document["components"]["headers"])


def test_every_example_is_what_its_schema_says(described: Described) -> None:
    checked = 0
    for schema, example in examples(described):
        assert described.problems(schema, example) == []
        checked += 1
    assert checked > 30


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"destinationType": "objectStorageTuple"},
        {"destinationType": "objectStorageUri", "destinationUri": "https://…", "exportFromat": "VHD"},
        {"destinationType": "elsewhere", "destinationUri": "https://…"},
        {"destinationType": "objectStorageUri", "destinationUri": "https://…", "exportFormat": "ISO"},
        {
            "destinationType": "objectStorageTuple",
            "namespaceName": "n",
            "bucketName": "no/bucket",
            "objectName": "o",
        },
    ],
)
def test_a_request_that_is_refused_is_not_what_the_schema_says(
    described: Described, details: dict[str, str]
) -> None:
    assert described.problems({"$ref": "#/components/schemas/ExportImageDetails"}, details)


@pytest.mark.parametrize(
    ("operation", "name", "kind"),
    [("ExportImage", "imageId", ["image"]), ("GetWorkRequest", "workRequestId", [])],
)
@given(data=st.data())
def test_whatever_a_paths_pattern_describes_is_taken_for_an_ocid(
    described: Described, operation: str, name: str, kind: list[str], data: st.DataObject
) -> None:
    schema = described.parameters(operation)[name]["schema"]
    text = data.draw(st.from_regex(schema["pattern"].replace("$", r"\Z")))
    assert len(text) > schema["maxLength"] or identifiers.is_ocid(text, *kind)


def parts(place: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(place, dict):
        yield place
        for entry in place.values():
            yield from parts(entry)
    elif isinstance(place, list):
        for entry in place:
            yield from parts(entry)


def own_errors() -> Iterator[type[errors.ExportError]]:
    """Every kind of error that is raised: the leaves of the tree."""
    waiting = [errors.ExportError]
    while waiting:
        error = waiting.pop()
        kinds = error.__subclasses__()
        waiting += kinds
        if not kinds:
            yield error


def examples(described: Described) -> Iterator[tuple[dict[str, Any], object]]:
    """Every example, with the schema that it is one of."""
    for part in parts(described.document):
        if "schema" in part:
            if "example" in part:
                yield part["schema"], part["example"]
            for example in part.get("examples", {}).values():
                yield part["schema"], example["value"]
        elif "example" in part:
            yield {key: value for key, value in part.items() if key != "example"}, part["example"]
