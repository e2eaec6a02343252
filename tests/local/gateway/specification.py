"""What the README deploys: the gateway's deployment specification and the Events rule's condition.

Both stand in the README as fenced blocks with the file's name after the language; a README without such a
block gets the same thing from here.
"""

import json
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

README = Path(__file__).resolve().parents[3] / "README.md"
PATH_PREFIX = "/image-export"

_FUNCTION = {"type": "ORACLE_FUNCTIONS_BACKEND", "functionId": "ocid1.fnfunc.oc1.phx.localfunction"}
_ROUTES = {
    "/20160918/images/{imageId}/actions/export": "POST",
    "/20160918/workRequests/{workRequestId}": "GET",
    "/20160918/workRequests/{workRequestId}/errors": "GET",
    "/20160918/workRequests/{workRequestId}/logs": "GET",
    "/openapi.json": "GET",
}
_SPECIFICATION = {
    "routes": [{"path": path, "methods": [method], "backend": _FUNCTION} for path, method in _ROUTES.items()]
}
_CONDITION = {
    "eventType": [
        "com.oraclecloud.computeapi.createimage.end",
        "com.oraclecloud.computeapi.exportimage.end",
    ]
}


def specification(readme: Path = README) -> dict[str, Any]:
    """The deployment specification, as `oci api-gateway deployment create --specification` takes it."""
    return _block(readme, "json gateway-specification.json") or _SPECIFICATION


def events_rule_condition(readme: Path = README) -> dict[str, Any]:
    """The rule's condition, as `oci events rule create --condition` takes it."""
    return _block(readme, "json events-rule-condition.json") or _CONDITION


def _block(readme: Path, info: str) -> dict[str, Any] | None:
    """The JSON object in the fenced block with that info string. Raises ValueError if it is none."""
    if not readme.exists():
        return None
    for token in MarkdownIt().parse(readme.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info.strip() == info:
            value = json.loads(token.content)
            if not isinstance(value, dict):
                raise ValueError(f"{info} is no JSON object")
            return value
    return None
