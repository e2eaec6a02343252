"""What is installed tomorrow is what was tested today: every package pinned, and to one version."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deployment.build import CHECKOUT, wheels
from tests.deployment.document import code, page

FUNCTION = CHECKOUT / "requirements.txt"
LOCAL_CLOUD = CHECKOUT / "tests" / "local" / "requirements.txt"
TESTS = CHECKOUT / "tests" / "requirements.txt"
CLI = CHECKOUT / "tests" / "clients" / "requirements.txt"
ALL = {str(path.relative_to(CHECKOUT)): path for path in (FUNCTION, LOCAL_CLOUD, TESTS, CLI)}
# Installed together: what runs the tests. The CLI has an environment of its own.
TOGETHER = {name: path for name, path in ALL.items() if path != CLI}

# Who imports what: a folder's modules, and the packages installed for them.
IMPORTERS = {"handlers": FUNCTION, "tests/local": LOCAL_CLOUD, "tests": TESTS}
# Not installed: the project's own, and what runs in the CLI's environment.
ELSEWHERE = {"handlers", "tests", "func", "oci_cli"}

UNREACHABLE = re.compile(
    r"Retrying \(Retry|NewConnectionError|Temporary failure in name resolution|Max retries"
)
PIN = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.]*)")


def lines(path: Path) -> Iterator[str]:
    """The file's own lines, without comments."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if text := line.partition("#")[0].strip():
            yield text


def pins(path: Path) -> dict[str, str]:
    """Package → version, also of the files that this one includes."""
    found: dict[str, str] = {}
    for line in lines(path):
        if line.startswith("-r "):
            found |= pins(path.parent / line.removeprefix("-r "))
        else:
            name, _, version = line.partition("==")
            found[name] = version
    return found


def brought(package: str) -> Iterator[str]:
    """What an installed package requires on this machine."""
    for text in distribution(package).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def imported(folder: Path) -> set[str]:
    """The top-level names of the modules that a folder's files import, but for Python's own."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - ELSEWHERE


@pytest.mark.parametrize("path", ALL.values(), ids=ALL)
def test_every_line_is_an_exact_pin(path: Path) -> None:
    loose = [line for line in lines(path) if not line.startswith("-r ") and not PIN.fullmatch(line)]
    assert loose == []


@pytest.mark.parametrize("path", ALL.values(), ids=ALL)
def test_no_package_is_pinned_twice(path: Path) -> None:
    own = [line.partition("==")[0] for line in lines(path) if not line.startswith("-r ")]
    included = [
        name
        for line in lines(path)
        if line.startswith("-r ")
        for name in pins(path.parent / line.removeprefix("-r "))
    ]
    everything = sorted(own + included)
    assert everything == sorted(set(everything))


@pytest.mark.parametrize("path", TOGETHER.values(), ids=TOGETHER)
def test_what_a_package_brings_is_pinned_too(path: Path) -> None:
    pinned = pins(path)
    assert {(name, needed) for name in pinned for needed in brought(name) if needed not in pinned} == set()


@pytest.mark.parametrize(("folder", "path"), IMPORTERS.items(), ids=IMPORTERS)
def test_what_is_imported_is_pinned(folder: str, path: Path) -> None:
    packages = packages_distributions()
    needed = {
        canonicalize_name(package)
        for name in imported(CHECKOUT / folder)
        for package in packages.get(name, [name])
    }
    assert needed - set(pins(path)) == set()


@pytest.mark.parametrize("path", TOGETHER.values(), ids=TOGETHER)
def test_what_runs_here_is_what_is_pinned(path: Path) -> None:
    pinned = pins(path)
    assert {name: distribution(name).version for name in pinned} == pinned


def test_the_local_cloud_has_the_versions_that_the_tests_have() -> None:
    assert pins(LOCAL_CLOUD).items() <= pins(TESTS).items()


def test_the_command_line_is_of_the_sdk_that_the_function_runs_on() -> None:
    assert pins(CLI)["oci"] == pins(FUNCTION)["oci"]


def test_the_clients_that_are_told_of_are_those_that_the_tests_have() -> None:
    rows = page("tests/clients/README.md").table("Clients", "client")
    assert {row["tried"] for row in rows} == {"tests", "slow tests", "by hand"}
    told = {code(row["client"])[0]: row["version"] for row in rows if row["tried"] != "by hand"}
    known = pins(TESTS) | {"oci-cli": pins(CLI)["oci-cli"]}
    assert told == {name: known[name] for name in told}


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_pin_has_a_wheel_for_linux_on(machine: str, python: str) -> None:
    found = wheels(FUNCTION, machine, python)
    if found.returncode != 0 and UNREACHABLE.search(found.stdout + found.stderr):
        pytest.skip("the package index can't be reached")
    assert found.returncode == 0, found.stderr[-2000:]
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("Would install")]
    assert len(line.split()) - 2 == len(pins(FUNCTION))
