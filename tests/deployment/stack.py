"""The Terraform stack in `.deploy`, parsed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import hcl2

from tests.deployment.document import CHECKOUT

FOLDER = CHECKOUT / ".deploy"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.tf"))}
# All code, without comments.
TEXT = "\n".join(
    line for text in FILES.values() for line in text.splitlines() if not line.lstrip().startswith("#")
)
_PARSED = [hcl2.loads(text) for text in FILES.values()]

KINDS = ("resource", "data")


class Block(NamedTuple):
    """A resource or a data source."""

    kind: str
    of_type: str
    name: str
    body: dict[str, Any]


def unquoted(text: str) -> str:
    """A name or a string as HCL's parser hands it over."""
    return text.strip('"')


def _contents(kind: str) -> Iterator[tuple[str, Any]]:
    """Name and content of each block of that kind."""
    for parsed in _PARSED:
        for block in parsed.get(kind, ()):
            for name, content in block.items():
                yield unquoted(name), content


VARIABLES, OUTPUTS = dict(_contents("variable")), dict(_contents("output"))
LOCALS = {name for name, _ in _contents("locals") if not name.startswith("__")}
BLOCKS = [
    Block(kind, of_type, unquoted(name), body)
    for kind in KINDS
    for of_type, named in _contents(kind)
    for name, body in named.items()
]


def used(kind: str) -> set[str]:
    """The types of resources or data sources."""
    return {block.of_type for block in BLOCKS if block.kind == kind}
