"""One operation of the interface, and what its answers say beside their body."""

from dataclasses import dataclass, field
from typing import Any

from handlers.interface import refusals, schemas

JSON = "application/json"

HEADERS = {
    "etag": "The image's entity tag, to send as if-match.",
    "opc-request-id": "The id of the request at the service that answered. Oracle's support asks for it.",
    "opc-work-request-id": "The OCID of the work request that follows the export. A dry run has none.",
    "notification-message-id": "The id of the message that announced the export to the topic.",
    "notification-error": "The export runs, but could not be announced: the code of the reason.",
    "retry-after": "How many seconds to wait before asking again, if the service says so.",
    "allow": "The method that the route has.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``variable``: the name of the path's variable part. ``parameters``: in headers."""

    id: str
    tag: str
    summary: str
    description: str
    success: dict[str, Any]
    refusals: tuple[str, ...]
    variable: str = ""
    parameters: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The operation as OpenAPI has it."""
        names = [name for name in (self.variable, *self.parameters) if name]
        described: dict[str, Any] = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
        }
        if names:
            described["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        if self.body:
            described["requestBody"] = {"required": True, "content": {JSON: self.body}}
        described["responses"] = {"200": self.success, **refusals.responses(*self.refusals)}
        return described


def headers() -> dict[str, Any]:
    """All headers of answers, by name."""
    return {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in HEADERS.items()
    }


def success(description: str, schema: dict[str, Any], *headers: str, **example: object) -> dict[str, Any]:
    """The response to a success. ``headers``: by their names in HEADERS. ``example``: of the body."""
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {JSON: {"schema": schema, **example}},
    }


def list_of(name: str) -> dict[str, Any]:
    """A list of one of the components."""
    return {"type": "array", "items": schemas.reference(name)}
