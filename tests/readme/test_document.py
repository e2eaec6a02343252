"""What the README shows can be read, and what it points to is there."""

import json
import re
from pathlib import Path

import pytest

from tests.readme.document import CHECKOUT, Block, Document, code, readme

README = readme()
JSON_BLOCKS = [block for block in README.blocks if block.language == "json"]


def test_the_table_of_contents_lists_the_sections_in_their_order() -> None:
    sections = [text for level, text in README.titles if level == 2 and text != "Contents"]
    inner = [link.removeprefix("#") for link in README.links if link.startswith("#")]
    contents = inner[: len(sections)]
    assert contents == [anchor for anchor in README.anchors if anchor in contents]
    assert len(contents) == len(sections)


def test_every_link_within_the_page_leads_somewhere() -> None:
    assert {link.removeprefix("#") for link in README.links if link.startswith("#")} <= set(README.anchors)


def test_no_two_headings_have_the_same_anchor() -> None:
    assert len(set(README.anchors)) == len(README.anchors)


def test_every_other_link_is_a_web_page() -> None:
    assert {link.partition("//")[0] for link in README.links if not link.startswith("#")} == {"https:"}


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: block.name)
def test_every_json_block_is_json_and_has_a_name_of_its_own(block: Block) -> None:
    assert json.loads(block.content)
    assert README.named(block.name) is block


def test_every_json_block_that_a_command_prints_is_there_and_every_other_is_an_example() -> None:
    printed = set(re.findall(r"\bblock ([\w-]+\.json)", "".join(block.content for block in README.blocks)))
    examples = {"imageexport.accepted", "direct-reply.json", "log-line.json"}
    assert {block.name for block in JSON_BLOCKS} == printed | examples


def test_every_block_has_a_language_that_is_checked() -> None:
    assert {block.language for block in README.blocks} == {"json", "mermaid", "python", "sh", "text"}


def layout() -> list[Path]:
    """The paths that the layout names; a line further in is of the folder above it."""
    (tree,) = [block for block in README.blocks if block.language == "text" and "Layout" in block.sections]
    paths, folder = [], CHECKOUT
    for line in tree.content.splitlines():
        if not line.startswith(" "):
            folder = CHECKOUT
        paths.append(folder / line.split()[0])
        if not line.startswith(" "):
            folder = paths[-1]
    return paths


def test_the_layout_names_what_is_there() -> None:
    assert [str(path.relative_to(CHECKOUT)) for path in layout() if not path.exists()] == []


def test_the_layout_leaves_nothing_visible_out() -> None:
    tops = [path for path in CHECKOUT.iterdir() if not path.name.startswith(".")]
    rooms = [path for top in ("handlers", "tests") for path in (CHECKOUT / top).iterdir() if path.is_dir()]
    wanted = {path for path in (*tops, *rooms) if path.name != "__pycache__"}
    assert wanted <= set(layout())


def test_the_sections_stand_in_the_order_in_which_a_newcomer_needs_them() -> None:
    wanted = ["The picture", "Try it here", "Deploy", "Configure", "Call it", "What is published"]
    wanted += ["Errors and what to do about them", "Security", "Limits", "Figures", "Layout"]
    sections = [text for level, text in README.titles if level == 2]
    assert [section for section in sections if section in wanted] == wanted


def test_func_yaml_is_explained_as_it_is() -> None:
    rows = README.table("Application and function", "key").rows
    told = {code(row["key"])[0]: code(row["value"])[0] for row in rows}
    lines = (CHECKOUT / "func.yaml").read_text(encoding="utf-8").splitlines()
    written = dict(line.split(": ", 1) for line in lines)
    assert list(told) == list(written)
    # `fn deploy` bumps the version, and nobody should have to change the page for that.
    assert told | {"version": ""} == written | {"version": ""}


def test_a_document_s_parts_are_found() -> None:
    table = "| x | y |\n| --- | --- |\n| `1` | 2 |"
    document = Document(
        f"# A\n\n## B, c\n\n{table}\n\n```sh n\nls\n```\n\n### D\n\n```sh\npwd\n```\n\n[l](#a)\n"
    )
    assert document.anchors == ["a", "b-c", "d"]
    assert document.table("B, c", "x").rows == ({"x": "`1`", "y": "2"},)
    assert document.shell("B, c") == "ls\npwd\n"
    assert document.named("n").sections == ("A", "B, c")
    assert document.links == ["#a"]
