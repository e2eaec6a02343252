"""What is installed tomorrow is what was tested today: every package pinned, and to one version."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deployment.document import CHECKOUT, code, page

FUNCTION = "requirements.txt"
LOCAL_CLOUD = "tests/local/requirements.txt"
TESTS = "tests/requirements.txt"
CLI = "tests/clients/requirements.txt"
# What is installed beside the tests. The command line has an environment of its own.
HERE = (FUNCTION, LOCAL_CLOUD, TESTS)
# Who imports what: a folder's modules, and the packages installed for them.
IMPORTERS = {"handlers": FUNCTION, "tests/local": LOCAL_CLOUD, "tests": TESTS}
# Not installed: the project's own, and what runs in the command line's environment.
ELSEWHERE = {"handlers", "tests", "func", "oci_cli"}

PIN = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([0-9][0-9a-z.]*)")
UNREACHABLE = re.compile(
    r"Retrying \(Retry|NewConnectionError|Temporary failure in name resolution|Max retries"
)


def lines(path: Path) -> Iterator[str]:
    """Those of the file and of the files that it includes, without comments."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            yield from lines(path.parent / text.removeprefix("-r "))
        elif text:
            yield text


def pins(name: str) -> dict[str, str]:
    """Package → version."""
    return dict(re.findall(PIN, "\n".join(lines(CHECKOUT / name))))


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


@pytest.mark.parametrize("name", [*HERE, CLI])
def test_every_line_is_an_exact_pin_and_no_package_is_pinned_twice(name: str) -> None:
    every = list(lines(CHECKOUT / name))
    assert [line for line in every if not PIN.fullmatch(line)] == []
    assert len(pins(name)) == len(every)


@pytest.mark.parametrize("name", HERE)
def test_what_a_package_brings_is_pinned_too_and_what_runs_here_is_what_is_pinned(name: str) -> None:
    pinned = pins(name)
    assert {needed for package in pinned for needed in brought(package)} - set(pinned) == set()
    assert {package: distribution(package).version for package in pinned} == pinned


@pytest.mark.parametrize(("folder", "name"), IMPORTERS.items(), ids=IMPORTERS)
def test_what_is_imported_is_pinned(folder: str, name: str) -> None:
    packages = packages_distributions()
    needed = {
        canonicalize_name(package)
        for module in imported(CHECKOUT / folder)
        for package in packages.get(module, [module])
    }
    assert needed - set(pins(name)) == set()


def test_the_command_line_is_of_the_sdk_that_the_function_runs_on() -> None:
    assert pins(CLI)["oci"] == pins(FUNCTION)["oci"]


def test_the_clients_that_are_told_of_are_those_that_the_tests_have() -> None:
    rows = page("tests/clients/README.md").table("Clients", "client")
    assert {row["tried"] for row in rows} == {"tests", "slow tests", "by hand"}
    told = {code(row["client"])[0]: row["version"] for row in rows if row["tried"] != "by hand"}
    known = pins(TESTS) | {"oci-cli": pins(CLI)["oci-cli"]}
    assert told.items() <= known.items()


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_pin_has_a_wheel_for_linux_on(machine: str, python: str, tmp_path: Path) -> None:
    platforms = [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"]
    found = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"),
            *("--only-binary=:all:", "--python-version", python, "--implementation", "cp"),
            *(word for name in platforms for word in ("--platform", name)),
            *("--target", str(tmp_path), "-r", str(CHECKOUT / FUNCTION)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode != 0 and UNREACHABLE.search(found.stdout + found.stderr):
        pytest.skip("the package index can't be reached")
    assert found.returncode == 0, found.stderr[-2000:]
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("Would install")]
    assert len(line.split()) - 2 == len(pins(FUNCTION))
