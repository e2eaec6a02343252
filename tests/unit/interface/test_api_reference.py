"""The description says of every schema, field, parameter and status what the API reference says."""

import json
from pathlib import Path
from typing import Any

import oci
import pytest

from tests.unit.interface.conftest import Described

REFERENCE = json.loads(Path(__file__).with_name("api_reference.json").read_text(encoding="utf-8"))
KEYWORDS = ("type", "format", "minLength", "maxLength", "maxItems")
# Objects of their own in the reference; here, as in it, one of them is chosen by destinationType.
ALTERNATIVES = {
    "ExportImageDetails": (
        "ExportImageViaObjectStorageTupleDetails",
        "ExportImageViaObjectStorageUriDetails",
    )
}


def in_terms_of_the_reference(described: Described, schema: dict[str, Any]) -> dict[str, Any]:
    """What a field's schema says, in the form of the reference's list."""
    said = {keyword: schema[keyword] for keyword in KEYWORDS if keyword in schema}
    if "allOf" in schema:
        (target,) = schema["allOf"]
        said |= {"type": described.follow(target)["type"], "schema": target["$ref"].rpartition("/")[2]}
    if "items" in schema:
        said["items"] = schema["items"]["$ref"].rpartition("/")[2]
    if "enum" in schema:
        said["enum"] = [value for value in schema["enum"] if value is not None]
    return said


def fields(described: Described, name: str) -> dict[str, Any]:
    schema = described.document["components"]["schemas"][name]
    return {
        field: in_terms_of_the_reference(described, entry)
        | ({"required": True} if field in schema.get("required", ()) else {})
        for field, entry in schema["properties"].items()
    }


@pytest.mark.parametrize("name", sorted(REFERENCE["schemas"].keys() - ALTERNATIVES.keys()))
def test_a_schema_has_exactly_the_fields_of_the_reference(described: Described, name: str) -> None:
    assert fields(described, name) == REFERENCE["schemas"][name]


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_a_schema_with_subtypes_has_the_fields_of_the_reference_in_each(
    described: Described, name: str
) -> None:
    schema = described.document["components"]["schemas"][name]
    assert [choice["$ref"].rpartition("/")[2] for choice in schema["oneOf"]] == list(ALTERNATIVES[name])
    discriminator = schema["discriminator"]
    for choice in ALTERNATIVES[name]:
        said = fields(described, choice)
        (tag,) = said[discriminator["propertyName"]].pop("enum")
        assert discriminator["mapping"][tag] == f"#/components/schemas/{choice}"
        for field, expected in REFERENCE["schemas"][name].items():
            assert said[field] == expected


@pytest.mark.parametrize("name", REFERENCE["parameters"])
def test_a_parameter_is_as_in_the_reference(described: Described, name: str) -> None:
    parameter = described.parameters("ExportImage")[name]
    said = {"in": parameter["in"], "required": parameter["required"], **parameter["schema"]}
    expected = {"required": False, **REFERENCE["parameters"][name]}
    assert {keyword: said.get(keyword) for keyword in expected} == expected


@pytest.mark.parametrize("status", REFERENCE["responses"])
def test_a_status_is_answered_as_in_the_reference(described: Described, status: str) -> None:
    response = described.follow(described.operation("ExportImage")["responses"][status])
    expected = REFERENCE["responses"][status]
    schema = response["content"]["application/json"]["schema"]
    assert schema["$ref"].rpartition("/")[2] == expected["schema"]
    assert set(expected["headers"]) <= set(response["headers"])


@pytest.mark.parametrize(
    "name", ["WorkRequest", "WorkRequestResource", "WorkRequestError", "WorkRequestLogEntry"]
)
def test_a_work_requests_schema_has_exactly_the_fields_of_the_vendors_sdk(
    described: Described, name: str
) -> None:
    model = getattr(oci.work_requests.models, name)()
    formats = {"str": "string", "float": "number", "datetime": "string"}
    expected = {
        wire: formats.get(model.swagger_types[field], "array") for field, wire in model.attribute_map.items()
    }
    assert {field: said["type"] for field, said in fields(described, name).items()} == expected


@pytest.mark.parametrize(
    ("name", "field", "constants"),
    [("WorkRequest", "status", "STATUS_"), ("WorkRequestResource", "actionType", "ACTION_TYPE_")],
)
def test_a_work_requests_allowed_values_are_those_of_the_vendors_sdk(
    described: Described, name: str, field: str, constants: str
) -> None:
    model = getattr(oci.work_requests.models, name)
    values = {value for key, value in vars(model).items() if key.startswith(constants)}
    assert set(fields(described, name)[field]["enum"]) == values


def test_everything_has_a_description(described: Described) -> None:
    document = described.document
    undescribed = [
        name for kind in document["components"].values() for name, part in kind.items()
        if not part["description"]
    ] + [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, entry in schema.get("properties", {}).items()
        if not entry.get("description")
    ]  # fmt: skip
    assert not undescribed
