"""The Terraform stack in `.deploy`, parsed."""

from typing import Any

import hcl2

from tests.deployment.document import CHECKOUT

FOLDER = CHECKOUT / ".deploy"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.tf"))}
# All code, without comments.
TEXT = "\n".join(
    line for text in FILES.values() for line in text.splitlines() if not line.lstrip().startswith("#")
)
KINDS = ("resource", "data")


def parsed(text: str) -> dict[str, Any]:
    """HCL as plain values, an expression as `${…}`."""
    options = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
    return hcl2.loads(text, serialization_options=options)


_PARSED = parsed(TEXT)
VARIABLES, OUTPUTS, LOCALS = (
    {name: content for block in _PARSED[kind] for name, content in block.items()}
    for kind in ("variable", "output", "locals")
)
# Resources and data sources: kind, type and name, and the body.
BLOCKS: dict[tuple[str, str, str], dict[str, Any]] = {
    (kind, of_type, name): body
    for kind in KINDS
    for block in _PARSED[kind]
    for of_type, named in block.items()
    for name, body in named.items()
}


def used(kind: str) -> set[str]:
    """The types of resources or data sources."""
    return {of_type for each, of_type, _ in BLOCKS if each == kind}
