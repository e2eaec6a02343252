"""The description is valid OpenAPI; it agrees with the request models, the routes and the API reference."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator
from pydantic import BaseModel

from handlers import errors, names
from handlers.triggers import gateway, requests
from tests.described import Described, Part
from tests.local.gateway import specification

DOCUMENT = Path(str(errors.__file__)).parent / "operations" / "openapi.json"
DESCRIBED = Described(json.loads(DOCUMENT.read_bytes()))
REFERENCE = json.loads(Path(__file__).with_name("api_reference.json").read_text(encoding="utf-8"))
DETAILS = ("ExportImageViaObjectStorageTupleDetails", "ExportImageViaObjectStorageUriDetails")
WORDS = ("title", "description", "example")
TEXT = {"type": "string"}
# What the functions that check a text demand of it, as far as a schema can say it.
CHECKS = {
    "imageId": {"maxLength": names.LONGEST, "pattern": f"^{names.pattern('image')}$"},
    "workRequestId": {"maxLength": names.LONGEST, "pattern": f"^{names.pattern()}$"},
    "namespaceName": {"pattern": names.NAMESPACE},
    "bucketName": {"pattern": names.BUCKET},
    "objectName": {"minLength": 1, "maxLength": names.LONGEST_BYTES},
    "destinationUri": {"pattern": DESCRIBED.schema(DETAILS[1])["properties"]["destinationUri"]["pattern"]},
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

    def test_it_has_the_version_that_api_gateway_imports(self) -> None:
        assert DESCRIBED.document["openapi"] == "3.0.3"

    def test_paths_are_relative_to_the_document_whatever_prefix_is_deployed(self) -> None:
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
        checked = 0
        for schema, example in examples():
            assert DESCRIBED.problems(schema, example) == []
            checked += 1
        assert checked > 30

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
        (scheme,) = DESCRIBED.document["components"]["securitySchemes"].items()
        authentication = specification()["requestPolicies"]["authentication"]
        assert (scheme[1]["type"], scheme[1]["in"]) == ("apiKey", "header")
        assert scheme[1]["name"] == authentication["tokenHeader"]
        assert DESCRIBED.document["security"] == [{scheme[0]: []}]

    @pytest.mark.parametrize("operation", ["ListWorkRequestErrors", "ListWorkRequestLogs"])
    def test_a_list_has_the_parameters_of_the_vendors_sdk(self, operation: str) -> None:
        in_query = {
            name: parameter["schema"]
            for name, parameter in DESCRIBED.parameters(operation).items()
            if parameter["in"] == "query"
        }
        assert in_query == {
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
            "page": {"type": "string"},
            "sortOrder": {"type": "string", "enum": ["ASC", "DESC"]},
        }
        assert "opc-next-page" in DESCRIBED.response(operation, 200)["headers"]

    def test_every_error_of_the_function_is_described_under_its_status(self) -> None:
        for error in own_errors():
            assert error.code in DESCRIBED.response("ExportImage", error.status)["description"]

    @pytest.mark.parametrize("status", [429, 503])
    def test_an_answer_that_asks_to_wait_says_how_long(self, status: int) -> None:
        assert "retry-after" in DESCRIBED.response("ExportImage", status)["headers"]


class TestRequests:
    """Each constraint of a request is in the document, and the document has no other."""

    @pytest.mark.parametrize("name", DETAILS)
    def test_the_details_have_the_constraints_of_their_model(self, name: str) -> None:
        described, model = DESCRIBED.schema(name), schema_of(getattr(requests, name))
        checked = {
            field: {**without_words(schema), **CHECKS.get(field, {})}
            for field, schema in model["properties"].items()
        }
        assert {field: without_words(schema) for field, schema in described["properties"].items()} == checked
        assert set(described["required"]) == set(model["required"])
        assert described["type"] == model["type"]
        assert described["additionalProperties"] is model["additionalProperties"] is False

    def test_the_destination_type_chooses_between_the_details(self) -> None:
        schema = DESCRIBED.schema("ExportImageDetails")
        mapping = schema["discriminator"]["mapping"]
        assert [choice["$ref"] for choice in schema["oneOf"]] == list(mapping.values())
        assert [value.rpartition("/")[2] for value in mapping.values()] == list(DETAILS)
        for tag, target in mapping.items():
            tagged = DESCRIBED.follow({"$ref": target})["properties"][schema["discriminator"]["propertyName"]]
            assert tagged["enum"] == [tag]

    def test_every_field_of_a_call_is_the_body_or_a_parameter_with_its_constraints(self) -> None:
        names = {"imageId": "imageId", "ifMatch": "if-match", "opcRetryToken": "opc-retry-token"}
        fields = schema_of(requests.ExportCall)["properties"].keys() - {"exportImageDetails", "dryRun"}
        assert fields == names.keys()
        parameters = DESCRIBED.parameters("ExportImage")
        assert {name: parameters[name]["schema"] for name in names.values()} == {
            name: {**TEXT, **CHECKS[name]} for name in names.values()
        }
        assert parameters["opc-dry-run"]["schema"] == {"type": "boolean", "default": False}
        assert DESCRIBED.operation("ExportImage")["requestBody"]["required"]

    @pytest.mark.parametrize(
        ("operation", "name"),
        [
            ("GetImage", "imageId"),
            *((name, "workRequestId") for name in ("GetWorkRequest", "ListWorkRequestLogs")),
        ],
    )
    def test_an_id_in_a_path_has_the_pattern_that_it_is_checked_for(self, operation: str, name: str) -> None:
        assert DESCRIBED.parameters(operation)[name]["schema"] == {**TEXT, **CHECKS[name]}

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
        """Also for Go's regular expressions, which refuse a repetition of more than 1,000."""
        pattern = CHECKS["destinationUri"]["pattern"]
        assert (DESCRIBED.problems({**TEXT, "pattern": pattern}, text) == []) is fits
        bounds = re.findall(
            r"[{,]([0-9]+)[,}]", " ".join(str(check.get("pattern")) for check in CHECKS.values())
        )
        assert max(map(int, bounds)) <= 1000


class TestApiReference:
    """The schemas have exactly the fields that the API reference and the vendor's SDK list."""

    @pytest.mark.parametrize("name", sorted(REFERENCE["schemas"].keys() - {"ExportImageDetails"}))
    def test_a_schema_has_exactly_the_fields_of_the_reference(self, name: str) -> None:
        assert fields(name) == REFERENCE["schemas"][name]

    @pytest.mark.parametrize("name", DETAILS)
    def test_the_details_have_the_fields_of_the_reference(self, name: str) -> None:
        listed = fields(name)
        del listed["destinationType"]["enum"]
        for field, expected in REFERENCE["schemas"]["ExportImageDetails"].items():
            assert listed[field] == expected

    @pytest.mark.parametrize("name", REFERENCE["parameters"])
    def test_a_parameter_is_as_in_the_reference(self, name: str) -> None:
        parameter = DESCRIBED.parameters("ExportImage")[name]
        listed = {"in": parameter["in"], "required": parameter["required"], **parameter["schema"]}
        expected = {"required": False, **REFERENCE["parameters"][name]}
        assert {keyword: listed.get(keyword) for keyword in expected} == expected

    @pytest.mark.parametrize("status", REFERENCE["responses"])
    def test_a_status_is_answered_as_in_the_reference(self, status: str) -> None:
        response = DESCRIBED.response("ExportImage", status)
        expected = REFERENCE["responses"][status]
        assert target(response["content"]["application/json"]["schema"]) == expected["schema"]
        assert set(expected["headers"]) <= set(response["headers"])

    @pytest.mark.parametrize(
        "name", ["WorkRequest", "WorkRequestResource", "WorkRequestError", "WorkRequestLogEntry"]
    )
    def test_a_work_requests_schema_has_exactly_the_fields_of_the_vendors_sdk(self, name: str) -> None:
        model = getattr(oci.work_requests.models, name)()
        types = {"str": "string", "float": "number", "datetime": "string"}
        expected = {
            wire: types.get(model.swagger_types[field], "array")
            for field, wire in model.attribute_map.items()
        }
        assert {field: entry["type"] for field, entry in fields(name).items()} == expected

    @pytest.mark.parametrize(
        ("name", "field", "constants"),
        [("WorkRequest", "status", "STATUS_"), ("WorkRequestResource", "actionType", "ACTION_TYPE_")],
    )
    def test_a_work_requests_allowed_values_are_those_of_the_vendors_sdk(
        self, name: str, field: str, constants: str
    ) -> None:
        model = vars(getattr(oci.work_requests.models, name))
        assert set(fields(name)[field]["enum"]) == {
            value for key, value in model.items() if key.startswith(constants)
        }


def schema_of(model: type[BaseModel]) -> Part:
    """What pydantic itself says that a request model accepts."""
    return model.model_json_schema(by_alias=True)


def without_words(schema: Part) -> Part:
    """The schema's constraints alone, a constant as the only value of an enumeration."""
    followed = DESCRIBED.follow(schema)
    kept = {key: value for key, value in followed.items() if key not in (*WORDS, "const")}
    return kept | ({"enum": [followed["const"]]} if "const" in followed else {})


def target(schema: Part) -> str:
    """The name of the schema that is referred to."""
    return str(schema["$ref"].rpartition("/")[2])


def fields(name: str) -> dict[str, Part]:
    """A schema's fields in the form of the reference's list."""
    schema = DESCRIBED.schema(name)
    required = schema.get("required", ())
    return {
        field: in_terms_of_the_reference(entry) | ({"required": True} if field in required else {})
        for field, entry in schema["properties"].items()
    }


def in_terms_of_the_reference(schema: Part) -> Part:
    followed = DESCRIBED.follow(schema)
    listed: Part = {
        keyword: followed[keyword]
        for keyword in ("type", "format", "minLength", "maxLength", "maxItems")
        if keyword in followed
    }
    if "$ref" in schema and followed["type"] == "object":
        listed["schema"] = target(schema)
    if "items" in followed:
        listed["items"] = target(followed["items"])
    if "enum" in followed:
        listed["enum"] = [value for value in followed["enum"] if value is not None]
    return listed


def examples() -> Iterator[tuple[Part, Any]]:
    """Every example, with the schema that it is one of."""
    for part in DESCRIBED.parts():
        if "schema" in part:
            if "example" in part:
                yield part["schema"], part["example"]
            for example in part.get("examples", {}).values():
                yield part["schema"], DESCRIBED.follow(example)["value"]
        elif "example" in part:
            yield {key: value for key, value in part.items() if key != "example"}, part["example"]


def own_errors() -> Iterator[type[errors.ExportError]]:
    """Every kind of error that the function raises of its own: the leaves of the tree."""
    waiting = [errors.ExportError]
    while waiting:
        error = waiting.pop()
        kinds = error.__subclasses__()
        waiting += kinds
        if not kinds and not issubclass(error, errors.ServiceRefusal):
            yield error
