"""The README in parts: sections, fenced blocks, tables, links."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

CHECKOUT = Path(__file__).resolve().parents[2]

# Importing the FDK sets the root logger to DEBUG, where the parser tells each of its steps.
logging.getLogger("markdown_it").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Block:
    """A fenced block: the language and the name after it, and the titles of the sections around it."""

    language: str
    name: str
    content: str
    sections: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table's rows, each by its column's title, and the sections that it stands in."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    sections: tuple[str, ...]


class Document:
    """A Markdown file as GitHub reads it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = MarkdownIt("commonmark").enable("table").parse(text)

    @cached_property
    def titles(self) -> list[tuple[int, str]]:
        """Level and text of each heading."""
        return [(int(token.tag[1]), inline.content) for token, inline in self._headings()]

    @property
    def anchors(self) -> list[str]:
        """What a link's fragment may name: each heading, in GitHub's spelling."""
        return [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for _, text in self.titles]

    @cached_property
    def blocks(self) -> list[Block]:
        found = []
        for token, sections in self._walk():
            if token.type == "fence":
                language, _, name = token.info.strip().partition(" ")
                found.append(Block(language, name, token.content, sections))
        return found

    @cached_property
    def tables(self) -> list[Table]:
        found = []
        cells: list[list[str]] = []
        for token, sections in self._walk():
            if token.type == "table_open":
                cells = []
            elif token.type == "tr_open":
                cells.append([])
            elif token.type == "inline" and token.level and cells:
                cells[-1].append(token.content)
            elif token.type == "table_close":
                columns, *rows = map(tuple, cells)
                by_column = tuple(dict(zip(columns, row, strict=True)) for row in rows)
                found.append(Table(columns, by_column, sections))
                cells = []
        return found

    @property
    def links(self) -> list[str]:
        """All links' targets."""
        return self.links_in(None)

    def links_in(self, section: str | None) -> list[str]:
        """The targets of a section's links."""
        return [
            str(child.attrGet("href"))
            for token, sections in self._walk()
            if section is None or section in sections
            for child in token.children or []
            if child.type == "link_open"
        ]

    def named(self, name: str) -> Block:
        """The block of that name."""
        (found,) = [block for block in self.blocks if block.name == name]
        return found

    def shell(self, section: str) -> str:
        """All shell blocks of a section, one after the other."""
        return "".join(
            block.content for block in self.blocks if block.language == "sh" and section in block.sections
        )

    def table(self, section: str, first_column: str) -> Table:
        """The section's table whose first column has that title."""
        (found,) = [
            table for table in self.tables if section in table.sections and table.columns[0] == first_column
        ]
        return found

    def _headings(self) -> Iterator[tuple[Token, Token]]:
        for place, token in enumerate(self._tokens):
            if token.type == "heading_open":
                yield token, self._tokens[place + 1]

    def _walk(self) -> Iterator[tuple[Token, tuple[str, ...]]]:
        """Each token with the titles of the sections around it."""
        sections: list[str] = []
        for place, token in enumerate(self._tokens):
            if token.type == "heading_open":
                sections[int(token.tag[1]) - 1 :] = [self._tokens[place + 1].content]
            yield token, tuple(sections)


def page(name: str) -> Document:
    """A page of this project, by its path."""
    return Document((CHECKOUT / name).read_text(encoding="utf-8"))


def readme() -> Document:
    """The operators' page."""
    return page("README.md")


def code(text: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]*)`", text)
