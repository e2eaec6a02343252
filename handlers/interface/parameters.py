"""The parameters of the routes: in the path, and in headers."""

from typing import Any

from handlers.exports import identifiers
from handlers.interface import schemas


def _ocid(pattern: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": identifiers.LONGEST, "pattern": f"^{pattern}$"}


def named() -> dict[str, dict[str, Any]]:
    """Every parameter by its name. The request's model checks the headers' values, so it says their form."""
    fields = schemas.of_parameters()
    return {
        "imageId": _path("imageId", _ocid(identifiers.pattern("image")), "The OCID of the image."),
        "workRequestId": _path(
            "workRequestId", _ocid(identifiers.pattern()), "The OCID of the work request."
        ),
        "if-match": _header(
            "if-match",
            fields["ifMatch"],
            "The etag that an earlier answer gave the image: it is exported only if this is still its etag.",
        ),
        "opc-retry-token": _header(
            "opc-retry-token",
            fields["opcRetryToken"],
            "Names the request, so that it can be sent again after a time-out or a server error without a "
            "second export. Tokens expire after 24 hours, or earlier if something conflicts with the first "
            "request. Without one, every call is a request of its own.",
        ),
        "opc-dry-run": _header(
            "opc-dry-run",
            fields["dryRun"],
            "Whether only to check: the request, and whether the image could be exported now. Nothing is "
            "exported or published.",
        ),
        "opc-request-id": _header(
            "opc-request-id",
            {"type": "string"},
            "The caller's own id of the request. It is that of an error, where no service gave one, if it is "
            "1 to 98 printable ASCII characters.",
        ),
    }


def _path(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}
