"""Makes `provider_schema.json` anew from a checkout of github.com/oracle/terraform-provider-oci:

    .venv/bin/python -m tests.deployment.provider_schema CHECKOUT

It has the provider's version, and of each resource and data source of `.deploy` its arguments: `required`,
`optional` or `computed` and the type; a block is an object of its arguments, its own words under "".
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
# Go's comments, strings, names, and all else, one character each.
_WORD = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|[\w.]+|\S')


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
        function = re.search(rf'"{name}", (\w+\(\))', _text(register))
        if function:
            code = "".join(map(_text, register.parent.glob("*.go")))
            body = code.partition(f"func {function[1]} *schema.Resource {{")[2]
            words = (word for word in _WORD.findall(body) if not word.startswith("//"))
            assert [next(words) for _ in range(4)] == ["return", "&", "schema.Resource", "{"]
            return _schema(_literal(words)["Schema"])
    raise ValueError(f"the provider has no {name}")


def _schema(fields: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a `map[string]*schema.Schema`."""
    arguments = {}
    for name, field in fields.items():
        # The rest are calls, such as that for a data source's filters.
        if not isinstance(field, dict):
            continue
        use = "required" if "Required" in field else "optional" if "Optional" in field else "computed"
        kind = field["Type"].removeprefix("schema.Type").lower()
        described = f"{use} {kind}" + (f" of {field['MaxItems']}" if "MaxItems" in field else "")
        elements = field.get("Elem")
        nested = elements.get("Schema") if isinstance(elements, dict) else None
        arguments[name.strip('"')] = {"": described} | _schema(nested) if nested is not None else described
    return arguments


def _literal(words: Iterator[str]) -> dict[str, Any]:
    """A composite literal after its opening brace: keys with their values, a literal inside as the same."""
    fields: dict[str, Any] = {}
    key: str | None = None
    value: list[str] = []
    depth = 0
    for word in words:
        if depth == 0 and word == "{":
            fields[key or ""] = _literal(words)
            key, value = None, []
        elif depth == 0 and word == ":" and key is None:
            key, value = "".join(value), []
        elif depth == 0 and word in (",", "}"):
            if key is not None:
                fields[key] = "".join(value)
            key, value = None, []
            if word == "}":
                return fields
        else:
            depth += (word in "([") - (word in ")]")
            value.append(word)
    raise ValueError("a brace is open")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(json.dumps(provider_schema(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
