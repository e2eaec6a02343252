"""The README in parts: titles, fenced blocks, tables, links."""

import logging
import re
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

CHECKOUT = Path(__file__).resolve().parents[2]

# Importing the FDK sets the root logger to DEBUG, where the parser tells each of its steps.
logging.getLogger("markdown_it").setLevel(logging.WARNING)


class Block(NamedTuple):
    """A fenced block: the language and the name after it, and the titles of the sections around it."""

    language: str
    name: str
    content: str
    sections: tuple[str, ...]


class Document:
    """A Markdown file as GitHub reads it: its `titles` with their levels, its fenced `blocks`, and more."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.titles: list[tuple[int, str]] = []
        self.blocks: list[Block] = []
        # Each with the titles of the sections around it.
        self._links: list[tuple[str, tuple[str, ...]]] = []
        self._tables: list[tuple[list[list[str]], tuple[str, ...]]] = []
        sections: tuple[str, ...] = ()
        for node in SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text)).walk():
            if node.type == "heading":
                level, title = int(node.tag[1]), node.children[0].content
                self.titles.append((level, title))
                sections = (*sections[: level - 1], title)
            elif node.type == "fence":
                language, _, name = node.info.strip().partition(" ")
                self.blocks.append(Block(language, name, node.content, sections))
            elif node.type == "table":
                rows = [row for part in node.children for row in part.children]
                cells = [[cell.children[0].content for cell in row.children] for row in rows]
                self._tables.append((cells, sections))
            elif node.type == "link":
                self._links.append((str(node.attrs["href"]), sections))

    @property
    def anchors(self) -> list[str]:
        """What a link's fragment may name: each heading, in GitHub's spelling."""
        return [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for _, text in self.titles]

    def links(self, section: str | None = None) -> list[str]:
        """The targets of all links, or of a section's."""
        return [target for target, sections in self._links if section is None or section in sections]

    def named(self, name: str) -> Block:
        """The block of that name."""
        (found,) = [block for block in self.blocks if block.name == name]
        return found

    def shell(self, section: str) -> str:
        """All shell blocks of a section, one after the other."""
        return "".join(
            block.content for block in self.blocks if block.language == "sh" and section in block.sections
        )

    def table(self, section: str, first_column: str) -> list[dict[str, str]]:
        """The rows of the section's table whose first column has that title, by the columns' titles."""
        ((columns, *rows),) = [
            cells for cells, sections in self._tables if section in sections and cells[0][0] == first_column
        ]
        return [dict(zip(columns, row, strict=True)) for row in rows]


def page(name: str) -> Document:
    """A page of this project, by its path."""
    return Document((CHECKOUT / name).read_text(encoding="utf-8"))


def code(text: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]*)`", text)


# The operators' page.
README = page("README.md")
