"""Data goes one way: no room reaches back, and the FDK and the SDK are each known in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([ROOT / "func.py", *(ROOT / "handlers").rglob("*.py")])
MOST_LINES = 180

# Where a package may be imported, by the beginning of the importing module's name.
ONLY_FROM = {
    "fdk": ("handlers.triggers", "handlers.standby", "func"),
    "oci": ("handlers.cloud",),
    "jwt": ("handlers.cloud",),
    "urllib3": ("handlers.cloud",),
    "requests": (),
    "unittest": (),
    "tests": (),
    # The rooms, in the order in which data passes through them: only who puts them together knows them all.
    "handlers.entry": ("func", "handlers.standby"),
    "handlers.standby": ("func",),
    "handlers.application": ("handlers.entry",),
    "handlers.cloud": ("handlers.cloud", "handlers.application"),
    "handlers.triggers": ("handlers.triggers", "handlers.entry", "handlers.log_line", "handlers.interface"),
    "handlers.log_line": ("handlers.entry",),
}
# What a room may not import, besides.
NEVER_FROM = {
    "handlers.exports": ("handlers.cloud", "handlers.triggers", "fdk", "oci"),
    "handlers.cloud": ("handlers.triggers", "handlers.settings", "fdk"),
    "handlers.triggers": ("handlers.cloud", "oci"),
    "handlers.errors": ("handlers",),
    "handlers.redaction": ("handlers",),
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str) -> Iterator[str]:
    """The full name of everything that is imported, wherever in the module it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def offences(module: str, source: str) -> list[str]:
    imported = list(imports_of(source))
    return [
        f"{module} imports {name}"
        for name in imported
        if any(
            is_within(name, package) and not any(is_within(module, allowed) for allowed in places)
            for package, places in ONLY_FROM.items()
        )
        or any(
            is_within(module, room) and any(is_within(name, package) for package in packages)
            for room, packages in NEVER_FROM.items()
        )
    ]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_room_may_know(path: Path) -> None:
    assert offences(name_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("handlers.exports.start", "import oci"),
        ("handlers.exports.start", "def f():\n    from fdk.response import Response"),
        ("handlers.exports.start", "from handlers.cloud import compute"),
        ("handlers.exports.start", "from handlers import triggers"),
        ("handlers.cloud.compute", "from handlers.triggers.reply import Reply"),
        ("handlers.cloud.compute", "import fdk"),
        ("handlers.triggers.event", "import oci.core"),
        ("handlers.triggers.event", "from handlers.cloud.session import ServiceClient"),
        ("handlers.entry", "from fdk.response import Response"),
        ("handlers.settings", "from handlers.entry import handler"),
        ("handlers.errors", "from handlers import settings"),
    ],
)
def test_an_import_against_the_direction_is_seen(module: str, source: str) -> None:
    assert len(offences(module, source)) == 1


def test_relative_imports_are_seen() -> None:
    with pytest.raises(AssertionError, match="relative"):
        list(imports_of("from . import x"))


def test_all_rooms_of_the_rules_exist() -> None:
    modules = {name_of(path) for path in MODULES}
    rooms = {*NEVER_FROM, *(place for places in ONLY_FROM.values() for place in places)}
    assert rooms <= modules


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    assert ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_named_for_what_it_does(path: Path) -> None:
    assert not {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc"} & {
        *name_of(path).split(".")
    }
