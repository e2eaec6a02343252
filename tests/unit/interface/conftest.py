"""The description as its readers get it: parsed JSON."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from handlers.interface import openapi


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi.document())
    return document


class Described:
    """The description with its references followed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def follow(self, part: dict[str, Any]) -> dict[str, Any]:
        """The part itself, or what it refers to."""
        if "$ref" not in part:
            return part
        place: Any = self.document
        for step in part["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        return self.follow(place)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method and operation."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def operation(self, name: str) -> dict[str, Any]:
        (found,) = [entry for _, _, entry in self.operations() if entry["operationId"] == name]
        return found

    def parameters(self, name: str) -> dict[str, dict[str, Any]]:
        followed = map(self.follow, self.operation(name).get("parameters", ()))
        return {parameter["name"]: parameter for parameter in followed}

    def problems(self, schema: dict[str, Any], value: object) -> list[str]:
        """Why the value is not what the schema says; empty if it is."""
        root = {"allOf": [schema], "components": self.document["components"]}
        return [error.message for error in OAS30Validator(root).iter_errors(value)]


@pytest.fixture(scope="session")
def described(description: dict[str, Any]) -> Described:
    return Described(description)
