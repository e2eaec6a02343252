"""The OpenAPI document with its references followed, and what its schemas say of a value."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from openapi_schema_validator import OAS30Validator

Part = dict[str, Any]


class Described(NamedTuple):
    """An OpenAPI document, parsed."""

    document: Mapping[str, Any]

    def follow(self, part: Part) -> Part:
        """The part itself, or what it refers to."""
        if "$ref" not in part:
            return part
        place: Any = self.document
        for step in part["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        return self.follow(place)

    def operations(self) -> Iterator[tuple[str, str, Part]]:
        """Path, method and operation."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def operation(self, name: str) -> Part:
        (found,) = [operation for _, _, operation in self.operations() if operation["operationId"] == name]
        return found

    def parameters(self, name: str) -> dict[str, Part]:
        """An operation's parameters by their names."""
        followed = map(self.follow, self.operation(name).get("parameters", ()))
        return {parameter["name"]: parameter for parameter in followed}

    def response(self, name: str, status: int | str) -> Part:
        """The response of an operation to that status."""
        responses = self.operation(name)["responses"]
        return self.follow(responses.get(str(status), responses["default"]))

    def schema(self, name: str) -> Part:
        found: Part = self.document["components"]["schemas"][name]
        return found

    def problems(self, schema: Part, value: object) -> list[str]:
        """Why the value is not what the schema says; empty if it is."""
        root = {"allOf": [schema], "components": self.document["components"]}
        validator = OAS30Validator(root, format_checker=OAS30Validator.FORMAT_CHECKER)
        return [error.message for error in validator.iter_errors(value)]

    def parts(self) -> Iterator[Part]:
        """Every object in the document but examples, which are values."""
        waiting: list[Any] = [self.document]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                yield part
                waiting += [value for key, value in part.items() if key not in ("example", "value")]
            elif isinstance(part, list):
                waiting += part
