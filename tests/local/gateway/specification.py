"""What the README deploys: the gateway's deployment specification and the Events rule's condition.

Both stand in the README as fenced blocks with the file's name after the language, and nowhere else.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

README = Path(__file__).resolve().parents[3] / "README.md"
PATH_PREFIX = "/image-export"


def specification(readme: Path = README) -> dict[str, Any]:
    """The deployment specification, as `oci api-gateway deployment create --specification` takes it."""
    return _block(readme, "json gateway-specification.json")


def without_policies(deployed: Mapping[str, Any]) -> dict[str, Any]:
    """The same routes to the same function, with nothing that protects it."""
    kept = ("path", "methods", "backend")
    return {"routes": [{name: route[name] for name in kept} for route in deployed["routes"]]}


def events_rule_condition(readme: Path = README) -> dict[str, Any]:
    """The rule's condition, as `oci events rule create --condition` takes it."""
    return _block(readme, "json events-rule-condition.json")


def _block(readme: Path, info: str) -> dict[str, Any]:
    """The JSON object in the fenced block with that info string. Raises ValueError if there is none."""
    for token in MarkdownIt().parse(readme.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info.strip() == info:
            value = json.loads(token.content)
            if not isinstance(value, dict):
                raise ValueError(f"{info} is no JSON object")
            return value
    raise ValueError(f"{readme.name} has no block {info}")
