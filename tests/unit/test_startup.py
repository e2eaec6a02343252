"""Loading fast leaves the process as it was, but for what was loaded."""

import gc
import importlib
import re
import runpy
import sys
from pathlib import Path

import pytest

import handlers
from handlers import entry, startup
from handlers.startup import LAZY, loaded_at_first_use, loading

PACKAGE = Path(handlers.__file__).parent


def test_what_is_loaded_is_returned_and_the_collector_never_goes_through_it() -> None:
    before = gc.get_freeze_count()
    was_enabled, kept = loading(lambda: (gc.isenabled(), [[] for _ in range(1000)]))
    assert not was_enabled
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)


@pytest.mark.parametrize("was_enabled", [True, False])
def test_the_collector_is_as_before_also_if_loading_fails(was_enabled: bool) -> None:
    try:
        if not was_enabled:
            gc.disable()
        with pytest.raises(ZeroDivisionError):
            loading(lambda: 1 / 0)
        assert gc.isenabled() is was_enabled
    finally:
        gc.enable()


def test_the_usual_entry_point_loads_the_function_so(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(startup, "loading", lambda load: loaded.append("once") or load())
    module = runpy.run_path(str(PACKAGE.parent / "func.py"), run_name="func")
    assert module["handler"] is entry.handler
    assert loaded == ["once"]


# With the SDK's packages, it is tried in tests/unit/cloud/test_sdk.py.
@pytest.mark.parametrize("name", ["lone_package", "usual_package.lazy_package"])
def test_a_packages_module_is_loaded_alone_and_its_own_code_when_more_is_asked_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path.joinpath(*name.split("."))
    inner.mkdir(parents=True)
    (inner / "__init__.py").write_text("from .module import value\ntwice = 2 * value\n")
    (inner / "module.py").write_text("value = 21\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded_at_first_use(name)
    package = importlib.import_module(name)
    assert "." not in name or sys.modules["usual_package"].lazy_package is package
    assert package.module.value == 21
    assert "twice" not in vars(package)
    assert package.twice == 42
    with pytest.raises(AttributeError):
        _ = package.nothing_of_the_kind


def test_what_is_loaded_already_or_does_not_exist_is_left_alone() -> None:
    before = sys.modules["json"]
    loaded_at_first_use("json")
    assert sys.modules["json"] is before
    loaded_at_first_use("no_such_package")
    assert "no_such_package" not in sys.modules


def test_what_is_imported_where_it_is_needed_is_listed_in_one_place() -> None:
    indented = re.compile(r"^ +from (handlers\S*) import (\w+)", re.MULTILINE)
    found = {
        f"{package}.{name}" if Path(PACKAGE.parent, *package.split("."), f"{name}.py").is_file() else package
        for path in PACKAGE.rglob("*.py")
        for package, name in indented.findall(path.read_text(encoding="utf-8"))
    }
    assert set(LAZY) == found
