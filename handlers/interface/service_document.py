"""What all documents of a service have in common: they may say more than anyone here knows."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic.alias_generators import to_camel


class ServiceDocument(BaseModel):
    """A document that a service answers.

    Fields and allowed values that a later version of the service adds are accepted and kept:
    ``model_dump(by_alias=True, exclude_unset=True)`` gives the very document that was validated.
    """

    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel)


# Times stay text: read and written again, they would be spelt otherwise.
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Int64 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int64"})]
# A whole number stays one.
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]


def known(*values: str) -> WithJsonSchema:
    """Text of which these values are documented; any other passes."""
    return WithJsonSchema({"type": "string", "enum": list(values)})


def example(value: object) -> dict[str, Any]:
    """An example of a field, as OpenAPI 3.0 has it."""
    return {"example": value}
