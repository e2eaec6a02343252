"""What the README points to is there, and each page names what there is."""

import re
from pathlib import Path

import pytest

from tests.deployment.document import CHECKOUT, README, Document, code

PAGES = [
    CHECKOUT / "README.md",
    *(CHECKOUT / ".github").glob("*.md"),
    *(CHECKOUT / "tests").glob("*/README.md"),
]


def test_the_table_of_contents_lists_the_sections_in_their_order() -> None:
    sections = [text for level, text in README.titles if level == 2 and text != "Contents"]
    assert README.links("Contents") == [f"#{Document(f'# {section}').anchors[0]}" for section in sections]


def test_every_link_leads_to_a_heading_a_file_or_a_web_page() -> None:
    assert len(set(README.anchors)) == len(README.anchors)
    headings = {f"#{anchor}" for anchor in README.anchors}
    others = {link for link in README.links() if link not in headings and not link.startswith("https://")}
    assert [link for link in sorted(others) if not (CHECKOUT / link).is_file()] == []


def test_every_block_is_one_that_a_test_looks_at() -> None:
    assert {block.language for block in README.blocks} == {"hcl", "json", "mermaid", "python", "sh", "text"}
    examples = [block.name for block in README.blocks if block.language == "json"]
    assert examples == ["imageexport.succeeded", "catch-up-reply.json", "log-line.json"]


def test_the_page_is_short_and_begins_with_what_nobody_has_tried() -> None:
    assert len(README.text.splitlines()) <= 520
    assert "Nobody has tried it on a real tenancy yet." in README.text.partition("## Contents")[0]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_path_that_a_page_names_is_there(path: Path) -> None:
    texts = code(path.read_text(encoding="utf-8"))
    named = {
        text for text in texts if re.fullmatch(r"(tests|handlers|\.ci|\.deploy|\.github)/[\w./-]*", text)
    }
    # Made by whoever deploys.
    named.discard(".deploy/terraform.tfvars")
    assert [name for name in sorted(named) if not (CHECKOUT / name).exists()] == []


def test_the_tree_names_what_is_there_and_leaves_no_room_of_the_function_out() -> None:
    tree = README.blocks[-1]
    above, paths = CHECKOUT, []
    for line in tree.content.splitlines():
        # A line further in is of the folder above it.
        is_inside = line.startswith(" ")
        paths.append((above if is_inside else CHECKOUT) / line.split()[0])
        above = above if is_inside else paths[-1]
    assert [str(path) for path in paths if not path.exists()] == []
    assert {path.parent for path in (CHECKOUT / "handlers").glob("*/__init__.py")} <= set(paths)
