"""What the README shows can be read, and what it points to is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.document import CHECKOUT, Block, Document, code, readme

README = readme()
JSON_BLOCKS = [block for block in README.blocks if block.language == "json"]
OTHER_LINKS = [link for link in README.links if not link.startswith("#")]


def test_the_table_of_contents_lists_the_sections_in_their_order() -> None:
    sections = [text for level, text in README.titles if level == 2 and text != "Contents"]
    listed = [link.removeprefix("#") for link in README.links_in("Contents")]
    assert listed == [Document(f"# {section}").anchors[0] for section in sections]


def test_every_link_within_the_page_leads_somewhere() -> None:
    assert {link.removeprefix("#") for link in README.links if link.startswith("#")} <= set(README.anchors)


def test_no_two_headings_have_the_same_anchor() -> None:
    assert len(set(README.anchors)) == len(README.anchors)


def test_every_other_link_is_a_web_page_or_a_file() -> None:
    assert [
        link for link in OTHER_LINKS if not link.startswith("https://") and not (CHECKOUT / link).is_file()
    ] == []


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: block.name)
def test_every_json_block_is_json_and_has_a_name_of_its_own(block: Block) -> None:
    json.loads(block.content)
    assert README.named(block.name) is block


def test_every_block_is_of_a_kind_that_a_test_looks_at() -> None:
    assert {block.language for block in README.blocks} == {"hcl", "json", "mermaid", "python", "sh", "text"}
    examples = ["imageexport.succeeded", "catch-up-reply", "log-line"]
    assert [block.name.removesuffix(".json") for block in JSON_BLOCKS] == examples


def test_the_page_is_short_and_begins_with_what_nobody_has_tried() -> None:
    assert len(README.text.splitlines()) <= 600
    assert "Nobody has tried it on a real tenancy yet." in README.text.partition("## Contents")[0]
    section = README.text.partition("\n## Nothing is missed\n")[2].partition("\n## ")[0]
    assert len(section.splitlines()) <= 40


PAGES = [
    CHECKOUT / "README.md",
    *(CHECKOUT / ".github").glob("*.md"),
    *(CHECKOUT / "tests").glob("*/README.md"),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_path_that_a_page_names_is_there(path: Path) -> None:
    texts = code(path.read_text(encoding="utf-8"))
    named = {
        text for text in texts if re.fullmatch(r"(tests|handlers|\.ci|\.deploy|\.github)/[\w./-]*", text)
    }
    # Made by whoever deploys.
    named.discard(".deploy/terraform.tfvars")
    assert [name for name in sorted(named) if not (CHECKOUT / name).exists()] == []


def test_the_newest_release_is_the_version_of_func_yaml() -> None:
    func = (CHECKOUT / "func.yaml").read_text(encoding="utf-8")
    changes = (CHECKOUT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^- \*\*([\d.]+)\*\*", changes, re.MULTILINE)
    assert releases[0] == re.findall(r"^version: ([\d.]+)$", func, re.MULTILINE)[0]


(TREE,) = [
    block for block in README.blocks if block.language == "text" and "How to work on it" in block.sections
]


def named() -> Iterator[Path]:
    """The paths in the tree: a line further in is of the folder above it."""
    above = CHECKOUT
    for line in TREE.content.splitlines():
        path = (above if line.startswith(" ") else CHECKOUT) / line.split()[0]
        above = above if line.startswith(" ") else path
        yield path


def test_the_tree_names_what_is_there_and_leaves_no_room_of_the_function_out() -> None:
    paths = list(named())
    assert len(paths) <= 10
    assert [str(path) for path in paths if not path.exists()] == []
    rooms = {path.parent for path in (CHECKOUT / "handlers").glob("*/__init__.py")}
    assert rooms <= set(paths)
