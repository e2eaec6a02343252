"""What the README shows can be read, and what it points to is there."""

import json
import re

import pytest

from tests.deployment.document import CHECKOUT, Block, Document, code, readme
from tests.live.points import POINTS

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


def test_every_path_that_is_named_is_there() -> None:
    named = {
        path for path in code(README.text) if re.fullmatch(r"(tests|handlers|\.ci|\.github)/[\w./-]*", path)
    }
    assert {"handlers/", "tests/clients/"} <= named
    assert [text for text in sorted(named) if not (CHECKOUT / text).exists()] == []


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: block.name)
def test_every_json_block_is_json_and_has_a_name_of_its_own(block: Block) -> None:
    json.loads(block.content)
    assert README.named(block.name) is block


def test_every_json_block_that_a_command_prints_is_there_and_every_other_is_an_example() -> None:
    shell = "".join(block.content for block in README.blocks if block.language == "sh")
    printed = set(re.findall(r"\b(?:block|policy [\w-]+ \"[^\"]*\") ([\w-]+\.json)", shell))
    examples = {"imageexport.succeeded", "record.json", "direct-reply.json", "log-line.json"}
    assert {block.name for block in JSON_BLOCKS} == printed | examples


def test_every_block_has_a_language_that_is_checked() -> None:
    assert {block.language for block in README.blocks} == {"json", "mermaid", "python", "sh", "text"}


def test_the_sections_stand_in_the_order_in_which_a_newcomer_needs_them() -> None:
    wanted = ["The picture", "Try it here", "Deploy", "Configure", "Call it", "What is published", "Records"]
    wanted += ["Errors and what to do about them", "Security", "Limits", "Figures", "Layout"]
    sections = [text for level, text in README.titles if level == 2]
    assert [section for section in sections if section in wanted] == wanted


def test_the_newest_release_is_the_version_of_func_yaml() -> None:
    (version,) = re.findall(
        r"^version: ([\d.]+)$", (CHECKOUT / "func.yaml").read_text(encoding="utf-8"), re.MULTILINE
    )
    releases = re.findall(r"^- \*\*([\d.]+)\*\*", README.text.partition("\n## Releases\n")[2], re.MULTILINE)
    # Each deployment counts the last part up, of which the releases say nothing.
    assert releases[0].split(".")[:2] == version.split(".")[:2]


def test_a_document_s_parts_are_found() -> None:
    table = "| x | y |\n| --- | --- |\n| `1` | 2 |"
    document = Document(
        f"# A\n\n## B, c\n\n{table}\n\n```sh n\nls\n```\n\n### D\n\n```sh\npwd\n```\n\n[l](#a)\n"
    )
    assert document.anchors == ["a", "b-c", "d"]
    assert document.table("B, c", "x").rows == ({"x": "`1`", "y": "2"},)
    assert document.shell("B, c") == "ls\npwd\n"
    assert document.named("n").sections == ("A", "B, c")
    assert document.links == document.links_in("D") == ["#a"]
    assert code("`a` and `b`") == ["a", "b"]


def test_the_open_points_are_those_that_the_acceptance_run_looks_at() -> None:
    rows = README.table("Limits", "open point").rows
    assert [(row["open point"], row["assumed"]) for row in rows] == [tuple(point) for point in POINTS]
