"""The HTTP interface as one OpenAPI 3.0 document, for API Gateway to import and for clients to be made of.

Paths and methods are the gateway's own routes; schemas are made of the models.
"""

from functools import cache
from typing import Any

import orjson

from handlers.interface import operation, operations, parameters, refusals, schemas
from handlers.triggers import gateway

_INFO = {
    "title": "Image export",
    # The version of the Core Services API whose operations these are.
    "version": "20160918",
    "description": "Exports Compute images to Object Storage, announces each export to a notification topic, "
    "and follows it to its end. Requests and answers are those of Oracle's Core Services and Work Requests "
    "APIs: their own clients work with it. Who may call, and with which credentials, is up to the gateway "
    "that serves it; what it refuses itself, it answers in its own form, with a number for a code.",
}
_TAGS = (
    {"name": "Images", "description": "Exporting images."},
    {"name": "Work requests", "description": "Following exports. Other work requests are not shown."},
    {"name": "Description", "description": "This interface."},
)


@cache
def document() -> bytes:
    """The document, in JSON; made by the first call, and kept."""
    return orjson.dumps(
        {
            "openapi": "3.0.3",
            "info": _INFO,
            # Beside the document, under whatever prefix the gateway has deployed it.
            "servers": [{"url": "."}],
            "tags": _TAGS,
            "paths": paths(),
            "components": {
                "schemas": schemas.components(),
                "parameters": parameters.named(),
                "headers": operation.headers(),
                "responses": refusals.components(),
            },
        }
    )


def paths() -> dict[str, Any]:
    """The gateway's routes with what they do, by path and method."""
    described: dict[str, dict[str, Any]] = {}
    for pattern, method, wanted in gateway.ROUTES:
        done = operations.OPERATIONS[wanted]
        variable = f"{{{done.variable}}}"
        path = "".join(f"/{variable if part == gateway.VARIABLE else part}" for part in pattern)
        described.setdefault(path, {})[method.lower()] = done.document()
    return described
