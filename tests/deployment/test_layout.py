"""The README's ten lines on what is where."""

from collections.abc import Iterator
from pathlib import Path

from tests.deployment.document import CHECKOUT, readme

(TREE,) = [
    block for block in readme().blocks if block.language == "text" and "How to work on it" in block.sections
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
