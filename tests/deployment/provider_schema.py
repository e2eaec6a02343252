"""Makes `provider_schema.json` anew from a checkout of github.com/oracle/terraform-provider-oci:

    .venv/bin/python -m tests.deployment.provider_schema CHECKOUT

It has the provider's version, and a JSON Schema of each resource and data source of `.deploy`. What only the
provider sets is `false`. An expression fits every attribute, and no block.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.deployment import stack

FILE = Path(__file__).with_name("provider_schema.json")
# Where each kind is registered, in each service's folder.
REGISTERED = {"resource": "register_resource.go", "data": "register_datasource.go"}
# The rest are lists and sets.
TYPES = {"String": "string", "Bool": "boolean", "Int": "integer", "Float": "number", "Map": "object"}


def provider_schema(checkout: Path) -> dict[str, Any]:
    """Raises ValueError for what the provider does not have."""
    [version] = re.findall(r'const Version = "([\d.]+)"', _text(checkout / "internal/globalvar/version.go"))
    services = checkout / "internal/service"
    return {"version": version} | {
        kind: {name: _arguments(services, registered, name) for name in sorted(stack.used(kind))}
        for kind, registered in REGISTERED.items()
    }


def _arguments(services: Path, registered: str, name: str) -> dict[str, Any]:
    """The schema in the Go function that is registered under that name."""
    for register in services.glob(f"*/{registered}"):
        function = re.search(rf'"{name}", (\w+)\(\)', _text(register))
        if function:
            code = "".join(map(_text, register.parent.glob("*.go")))
            begin = f"func {function[1]}() *schema.Resource {{\n\treturn &schema.Resource{{\n"
            return _schema(_literal(iter(code.partition(begin)[2].splitlines())))
    raise ValueError(f"the provider has no {name}")


def _literal(lines: Iterator[str]) -> dict[str, Any]:
    """A composite literal, of which the first line is read: keys with values, one inside as the same."""
    fields: dict[str, Any] = {}
    for line in lines:
        code = line.partition("//")[0].strip()
        key, _, value = (part.strip(' ",') for part in code.partition(":"))
        fields[key] = _literal(lines) if code.endswith("{") else value
        if code.count("}") > code.count("{"):
            break
    return fields


def _schema(literal: dict[str, Any]) -> dict[str, Any]:
    """What JSON Schema says of a `schema.Resource`, whose "Schema" has its fields, or a `schema.Schema`."""
    if "Schema" in literal:
        # The rest are calls, such as that for a data source's filters.
        fields = {name: field for name, field in literal["Schema"].items() if isinstance(field, dict)}
        return {
            "type": "object",
            "properties": {
                name: _schema(field) if field.keys() & {"Required", "Optional"} else False
                for name, field in fields.items()
            },
            "required": [name for name, field in fields.items() if "Required" in field],
            "additionalProperties": False,
        }
    kind = TYPES.get(literal["Type"].removeprefix("schema.Type"), "array")
    schema: dict[str, Any] = {"type": kind}
    if kind == "array":
        schema["items"] = _schema(literal["Elem"])
    if kind != "string" and "properties" not in schema.get("items", ()):
        schema |= {"type": [kind, "string"], "pattern": r"^\$\{"}
    return schema | ({"maxItems": int(literal["MaxItems"])} if "MaxItems" in literal else {})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    written = json.dumps(provider_schema(Path(sys.argv[1])), indent=1)
    # An attribute's own schema stands in one line.
    short = re.sub(r'\{("[^"]*"|[^{}"])*\}', lambda found: " ".join(found[0].split()), written)
    FILE.write_text(short + "\n", encoding="utf-8")
