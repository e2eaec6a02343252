"""The description is valid OpenAPI; it agrees with the request models, the routes and the API reference.

That it has every error, tests/deployment shows.
"""

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import oci
import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from handlers import names, operations
from handlers.triggers import gateway, requests
from tests.described import Described, Part
from tests.local.gateway import specification

DESCRIBED = Described(json.loads(resources.files(operations).joinpath("openapi.json").read_bytes()))
REFERENCE = json.loads(Path(__file__).with_name("api_reference.json").read_text(encoding="utf-8"))
DETAILS = ("ExportImageViaObjectStorageTupleDetails", "ExportImageViaObjectStorageUriDetails")
TEXT = {"type": "string"}
URL = DESCRIBED.schema(DETAILS[1])["properties"]["destinationUri"]["pattern"]
# What the functions that check a text demand of it, as far as a schema can say it.
CHECKS = {
    "imageId": {"maxLength": names.LONGEST, "pattern": f"^{names.pattern('image')}$"},
    "workRequestId": {"maxLength": names.LONGEST, "pattern": f"^{names.pattern()}$"},
    "namespaceName": {"pattern": names.NAMESPACE},
    "bucketName": {"pattern": names.BUCKET},
    "objectName": {"minLength": 1, "maxLength": names.LONGEST_BYTES},
    "destinationUri": {"pattern": URL},
    "if-match": {"pattern": requests.HEADER_VALUE},
    "opc-retry-token": {
        "minLength": 1,
        "maxLength": requests.LONGEST_RETRY_TOKEN,
        "pattern": requests.HEADER_VALUE,
    },
}


class TestDocument:
    def test_a_public_validator_accepts_it(self) -> None:
        assert [error.message for error in OpenAPIV30SpecValidator(DESCRIBED.document).iter_errors()] == []

    def test_it_has_the_version_that_api_gateway_imports_and_paths_whatever_prefix_is_deployed(self) -> None:
        assert DESCRIBED.document["openapi"] == "3.0.3"
        assert [server["url"] for server in DESCRIBED.document["servers"]] == ["."]

    def test_a_reference_stands_alone_and_nothing_is_an_extension(self) -> None:
        for part in DESCRIBED.parts():
            assert "$ref" not in part or set(part) == {"$ref"}
            assert not [key for key in part if key.startswith("x-")]

    def test_every_component_and_every_field_is_described(self) -> None:
        components = DESCRIBED.document["components"]
        parts = [part for kind in components.keys() - {"examples"} for part in components[kind].values()]
        fields = [field for part in parts for field in part.get("properties", {}).values()]
        assert all(DESCRIBED.follow(part)["description"] for part in (*parts, *fields))

    def test_every_example_is_what_its_schema_says(self) -> None:
        checked = list(examples())
        assert len(checked) > 30
        assert [problem for example in checked for problem in DESCRIBED.problems(*example)] == []

    def test_every_operation_has_examples_of_its_body_and_its_answer(self) -> None:
        for _, _, operation in DESCRIBED.operations():
            bodies = [operation["responses"]["200"], *filter(None, [operation.get("requestBody")])]
            contents = [body["content"]["application/json"] for body in bodies]
            assert all("example" in content or content.get("examples") for content in contents)


class TestRoutes:
    def test_every_route_of_the_gateway_is_described_and_no_other(self) -> None:
        described = {
            (method.upper(), re.sub(r"\{\w+\}", gateway.VARIABLE, path))
            for path, method, _ in DESCRIBED.operations()
        }
        assert described == {(route.method, "/" + "/".join(route.pattern)) for route in gateway.ROUTES}

    def test_the_token_goes_in_the_header_in_which_the_deployment_looks_for_it(self) -> None:
        ((name, scheme),) = DESCRIBED.document["components"]["securitySchemes"].items()
        authentication = specification()["requestPolicies"]["authentication"]
        assert (scheme["type"], scheme["in"]) == ("apiKey", "header")
        assert scheme["name"] == authentication["tokenHeader"]
        assert DESCRIBED.document["security"] == [{name: []}]

    @pytest.mark.parametrize("operation", ["ListWorkRequestErrors", "ListWorkRequestLogs"])
    def test_a_list_has_the_parameters_of_the_vendors_sdk(self, operation: str) -> None:
        parameters = DESCRIBED.parameters(operation)
        in_query = {name: each["schema"] for name, each in parameters.items() if each["in"] == "query"}
        assert in_query == {
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
            "page": TEXT,
            "sortOrder": TEXT | {"enum": ["ASC", "DESC"]},
        }
        assert "opc-next-page" in DESCRIBED.response(operation, 200)["headers"]

    @pytest.mark.parametrize("status", [429, 503])
    def test_an_answer_that_asks_to_wait_says_how_long(self, status: int) -> None:
        assert "retry-after" in DESCRIBED.response("ExportImage", status)["headers"]


class TestRequests:
    """Each constraint of a request is in the document, and the document has no other."""

    @pytest.mark.parametrize("name", DETAILS)
    def test_the_details_have_the_constraints_of_their_model(self, name: str) -> None:
        described = DESCRIBED.schema(name)
        model = getattr(requests, name).model_json_schema()
        assert constraints(described["properties"]) == {
            field: schema | CHECKS.get(field, {})
            for field, schema in constraints(model["properties"]).items()
        }
        assert set(described["required"]) == set(model["required"])
        assert described["type"] == model["type"]
        assert described["additionalProperties"] is model["additionalProperties"] is False

    def test_the_destination_type_chooses_between_the_details(self) -> None:
        call = requests.ExportCall.model_json_schema(ref_template="#/components/schemas/{model}")
        described, model = DESCRIBED.schema("ExportImageDetails"), call["properties"]["exportImageDetails"]
        assert described["oneOf"] == model["oneOf"]
        assert described["discriminator"] == model["discriminator"]

    def test_every_field_of_a_call_is_the_body_or_a_parameter(self) -> None:
        fields = requests.ExportCall.model_json_schema()["properties"].keys()
        assert fields == {"imageId", "ifMatch", "opcRetryToken", "dryRun", "exportImageDetails"}
        parameters = DESCRIBED.parameters("ExportImage")
        assert set(parameters) == {"imageId", "if-match", "opc-retry-token", "opc-dry-run", "opc-request-id"}
        assert parameters["opc-dry-run"]["schema"] == {"type": "boolean", "default": False}
        assert DESCRIBED.operation("ExportImage")["requestBody"]["required"]

    def test_a_parameter_has_the_constraints_that_it_is_checked_for(self) -> None:
        checked = [
            (name, parameter["schema"])
            for _, _, operation in DESCRIBED.operations()
            for name, parameter in DESCRIBED.parameters(operation["operationId"]).items()
            if name in CHECKS
        ]
        assert {name for name, _ in checked} == {"imageId", "workRequestId", "if-match", "opc-retry-token"}
        assert [name for name, schema in checked if schema != TEXT | CHECKS[name]] == []

    @pytest.mark.parametrize(
        ("text", "fits"),
        [
            ("https://h/n/acme/b/my.bucket/o/a//%20b/", True),
            ("http://127.0.0.1:8080/p/" + "t" * 64 + "/n/acme/b/e/o/x", True),
            ("https://h/p/" + "t" * 31 + "/n/acme/b/e/o/x", False),
            ("https://h/n/acme/b/e/o/", False),
            ("https://h/n/acme/b/e/o/x?y", False),
            ("https://u@h/n/acme/b/e/o/x", False),
            ("/n/acme/b/e/o/x", False),
        ],
    )
    def test_a_url_that_fits_its_pattern_can_be_one(self, text: str, fits: bool) -> None:
        assert (DESCRIBED.problems(TEXT | {"pattern": URL}, text) == []) is fits

    def test_gos_regular_expressions_take_every_pattern(self) -> None:
        """They refuse a repetition of more than 1,000."""
        patterns = " ".join(str(check.get("pattern")) for check in CHECKS.values())
        assert max(map(int, re.findall(r"[{,]([0-9]+)[,}]", patterns))) <= 1000


class TestApiReference:
    """The schemas have exactly the fields that the API reference and the vendor's SDK list."""

    @pytest.mark.parametrize("name", REFERENCE["schemas"])
    def test_a_schema_has_exactly_the_fields_of_the_reference(self, name: str) -> None:
        described, reference = DESCRIBED.schema(name), REFERENCE["schemas"][name]
        listed = {field: in_its_terms(schema) for field, schema in described["properties"].items()}
        assert listed == reference["properties"]
        assert set(described.get("required", ())) == set(reference["required"])
        assert described["type"] == "object"

    @pytest.mark.parametrize("name", REFERENCE["parameters"])
    def test_a_parameter_is_as_in_the_reference(self, name: str) -> None:
        parameter = DESCRIBED.parameters("ExportImage")[name]
        listed = {"in": parameter["in"], "required": parameter["required"], **parameter["schema"]}
        assert listed == listed | {"required": False} | REFERENCE["parameters"][name]

    @pytest.mark.parametrize("status", REFERENCE["responses"])
    def test_a_status_is_answered_as_in_the_reference(self, status: str) -> None:
        response = DESCRIBED.response("ExportImage", status)
        expected = REFERENCE["responses"][status]
        assert response["content"]["application/json"]["schema"] == expected["schema"]
        assert set(expected["headers"]) <= set(response["headers"])

    @pytest.mark.parametrize(
        ("name", "enumerations"),
        [
            ("WorkRequest", {"status": "STATUS_"}),
            ("WorkRequestResource", {"actionType": "ACTION_TYPE_"}),
            ("WorkRequestError", {}),
            ("WorkRequestLogEntry", {}),
        ],
    )
    def test_a_work_requests_schema_has_exactly_the_fields_and_values_of_the_vendors_sdk(
        self, name: str, enumerations: dict[str, str]
    ) -> None:
        model, listed = getattr(oci.work_requests.models, name), DESCRIBED.schema(name)["properties"]
        types = {"str": "string", "float": "number", "datetime": "string"}
        assert {field: schema["type"] for field, schema in listed.items()} == {
            wire: types.get(model().swagger_types[field], "array")
            for field, wire in model().attribute_map.items()
        }
        for field, constants in enumerations.items():
            values = {value for key, value in vars(model).items() if key.startswith(constants)}
            assert set(listed[field]["enum"]) == values


def constraints(properties: Part) -> Part:
    """The fields' schemas without words, a constant as the only value of an enumeration."""
    followed = {field: DESCRIBED.follow(schema) for field, schema in properties.items()}
    for field, schema in followed.items():
        kept = {key: value for key, value in schema.items() if key not in ("title", "description", "example")}
        followed[field] = kept | ({"enum": [kept.pop("const")]} if "const" in kept else {})
    return followed


def in_its_terms(schema: Part) -> Part:
    """What the API reference tells of a field."""
    terms = ("$ref", "type", "format", "minLength", "maxLength", "maxItems", "items", "enum")
    listed = {term: schema[term] for term in terms if term in schema}
    if "enum" in listed:
        listed["enum"] = [value for value in listed["enum"] if value is not None]
    return listed


def examples() -> Iterator[tuple[Part, Any]]:
    """Every example, after the schema that it is one of."""
    for part in DESCRIBED.parts():
        if "schema" in part:
            if "example" in part:
                yield part["schema"], part["example"]
            for example in part.get("examples", {}).values():
                yield part["schema"], DESCRIBED.follow(example)["value"]
        elif "example" in part:
            yield {key: value for key, value in part.items() if key != "example"}, part["example"]
