"""The pydantic models as schemas of OpenAPI 3.0.

Its schema is an older relative of JSON Schema: no type "null", no "const", nothing beside a "$ref".
(OpenAPI Specification 3.0.3, Schema Object)
"""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from handlers.interface.error import Error
from handlers.interface.image import Image
from handlers.interface.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry
from handlers.triggers.export_request import ExportImageDetails, ExportRequest

_TEMPLATE = "#/components/schemas/{model}"
_DETAILS = "ExportImageDetails"
_DETAILS_DESCRIPTION = "Where the image is exported to, and in which format. The destinationType tells how "
"the destination is given."


class OpenApiSchema(GenerateJsonSchema):
    """Writes models in OpenAPI's dialect."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if "enum" in inner:
            return {**inner, "enum": [*inner["enum"], None], "nullable": True}
        return {**({"allOf": [inner]} if "$ref" in inner else inner), "nullable": True}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return {"type": "string", "enum": schema["expected"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        # That an optional field is absent by default goes without saying.
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, _: object) -> bool:
        """Whether a field gets its name as its title: not again."""
        return False


def components() -> dict[str, Any]:
    """The schemas of all requests and answers, by name."""
    answers = (Image, Error, WorkRequest, WorkRequestError, WorkRequestLogEntry)
    roots, definitions = TypeAdapter.json_schemas(
        [
            (_DETAILS, "validation", TypeAdapter(ExportImageDetails)),
            *((model.__name__, "validation", TypeAdapter(model)) for model in answers),
        ],
        ref_template=_TEMPLATE,
        schema_generator=OpenApiSchema,
    )
    details = roots[_DETAILS, "validation"]
    return {_DETAILS: {**details, "description": _DETAILS_DESCRIPTION}, **definitions["$defs"]}


def reference(name: str) -> dict[str, str]:
    """A pointer to one of the components."""
    return {"$ref": _TEMPLATE.format(model=name)}


def of_parameters() -> dict[str, dict[str, Any]]:
    """The schemas of the request's fields that are no part of its body, by the field's name."""
    fields = ExportRequest.model_json_schema(schema_generator=OpenApiSchema)["properties"]
    # A parameter is there or not, never null.
    return {
        name: {keyword: value for keyword, value in schema.items() if keyword != "nullable"}
        for name, schema in fields.items()
    }
