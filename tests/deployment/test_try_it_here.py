"""The two commands of the README are complete, and print what the page says."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.document import CHECKOUT, readme

README = readme()
TITLES = ("Run the function on a local cloud", "Run the tests")


def steps(title: str) -> list[list[str]]:
    """The one line under a heading, in its commands."""
    (line,) = README.shell(title).splitlines()
    return [shlex.split(step) for step in line.split("&&")]


@pytest.mark.parametrize("title", TITLES)
def test_a_command_checks_python_makes_an_environment_installs_and_runs(title: str) -> None:
    check, make, install, run = steps(title)
    # What this says to another version: tests/test_python_version.py
    assert check == ["python3", "-c", "import tests"]
    assert make == ["python3", "-m", "venv", ".venv"]
    # Compiling the SDK's thousands of files would take longer than all the rest; quiet, nothing would move.
    assert install[:-1] == [".venv/bin/pip", "install", "--no-compile", "--requirement"]
    assert (CHECKOUT / install[-1]).is_file()
    assert run[:2] == [".venv/bin/python", "-m"]


def test_the_first_command_ends_with_what_the_page_shows(tmp_path: Path) -> None:
    _, *run = steps(TITLES[0])[-1]
    done = subprocess.run(
        [sys.executable, *run, "--seconds", "0.5", "--folder", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    (shown,) = [
        block.content
        for block in README.blocks
        if block.sections[-1] == TITLES[0] and block.language == "text"
    ]
    assert shown in done.stdout


def test_the_options_that_the_page_names_are_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.local", "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"--serve", "--help"} <= set(
        done.stdout.replace("[", " ").replace("]", " ").replace(",", " ").split()
    )


def test_the_second_command_runs_the_tests() -> None:
    assert steps(TITLES[1])[-1] == [".venv/bin/python", "-m", "pytest"]
