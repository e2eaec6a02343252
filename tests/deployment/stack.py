"""The Terraform stack in `.deploy`, parsed."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import hcl2

from tests.deployment.document import CHECKOUT

FOLDER = CHECKOUT / ".deploy"
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "dynamic"}


class Stack:
    """All `.tf` files of a folder, as one."""

    def __init__(self, folder: Path) -> None:
        self.files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf"))}

    @cached_property
    def _parsed(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for text in self.files.values():
            for kind, blocks in hcl2.loads(text).items():
                found.setdefault(kind, []).extend(blocks)
        return found

    @property
    def text(self) -> str:
        """All code, without comments."""
        lines = "\n".join(self.files.values()).splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("#"))

    def blocks(self, kind: Literal["resource", "data"]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Type, name and body of each."""
        for block in self._parsed[kind]:
            for of_type, named in block.items():
                for name, body in named.items():
                    yield unquoted(of_type), unquoted(name), body

    def used(self, kind: Literal["resource", "data"]) -> set[str]:
        """The types of resources or data sources."""
        return {of_type for of_type, _, _ in self.blocks(kind)}

    def named(self, kind: Literal["variable", "output"]) -> dict[str, dict[str, Any]]:
        """The variables or outputs."""
        return {unquoted(name): body for block in self._parsed[kind] for name, body in block.items()}

    @property
    def locals(self) -> set[str]:
        """Their names."""
        return {name for block in self._parsed["locals"] for name in block if not name.startswith("__")}

    @property
    def templates(self) -> dict[str, set[str]]:
        """The documents that are filled in, each with the variables that it gets."""
        calls = re.findall(r'templatefile\("\$\{path\.module\}/([\w.-]+)", \{(.*?)\}\)', self.text, re.DOTALL)
        return {name: set(re.findall(r"(\w+) += ", given)) for name, given in calls}


def unquoted(text: str) -> str:
    """A name or a string as HCL's parser hands it over."""
    return text.strip('"')


STACK = Stack(FOLDER)
