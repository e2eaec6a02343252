"""Loading fast leaves the process as it was, but for what was loaded."""

import ast
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import handlers
from handlers.startup import (
    LAZY,
    loaded_at_first_use,
    with_large_stack,
    without_collector,
    without_package,
    without_plugins,
)

PACKAGE = Path(handlers.__file__).parent


class BoomError(Exception):
    """Something that loading may meet."""


def test_the_collector_stays_out_while_modules_are_loaded_and_is_back_afterwards() -> None:
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_is_back_also_if_loading_fails() -> None:
    with pytest.raises(BoomError), without_collector():
        raise BoomError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_never_gone_through_again() -> None:
    before = gc.get_freeze_count()
    with without_collector():
        kept = [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= before + len(kept)


def test_pydantic_looks_for_no_plugins_unless_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    without_plugins()
    assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "__all__"
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "one")
    without_plugins()
    assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "one"


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of the standard library that nobody has loaded."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    yield "colorsys"
    sys.modules.pop("colorsys", None)


def test_a_package_that_is_left_out_cannot_be_imported_meanwhile_but_can_afterwards(unloaded: str) -> None:
    with without_package(unloaded), pytest.raises(ModuleNotFoundError):
        importlib.import_module(unloaded)
    assert importlib.import_module(unloaded) is sys.modules[unloaded]


def test_a_module_is_loaded_at_its_first_use(unloaded: str) -> None:
    loaded_at_first_use(unloaded, __version__="1")
    placeholder = importlib.import_module(unloaded)
    assert placeholder.__version__ == "1"
    assert "hsv_to_rgb" not in vars(placeholder)
    assert placeholder.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    assert placeholder.hsv_to_rgb is sys.modules[unloaded].hsv_to_rgb  # also for who kept the placeholder


def test_what_is_loaded_already_is_left_alone() -> None:
    before = sys.modules["json"]
    loaded_at_first_use("json")
    with without_package("json"):
        assert importlib.import_module("json") is before


def test_loading_above_a_large_stack_gives_what_loading_gives() -> None:
    assert with_large_stack(lambda: "loaded") == "loaded"
    with pytest.raises(BoomError):
        with_large_stack(_fail)


def _fail() -> None:
    raise BoomError


def _imported_in_functions(path: Path) -> Iterator[str]:
    """The function's own modules that are imported elsewhere than at the top of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = (
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "handlers"
    )
    for node in inner:
        for alias in node.names:
            module = f"{node.module}.{alias.name}"
            yield module if _is_module(module) else str(node.module)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module, and no package
        return False


def test_what_is_imported_where_it_is_needed_is_listed_in_one_place() -> None:
    found = {name for path in PACKAGE.rglob("*.py") for name in _imported_in_functions(path)}
    assert set(LAZY) == found
