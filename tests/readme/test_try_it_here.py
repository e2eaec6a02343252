"""The two commands of the README are complete, and print what the page says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme.document import CHECKOUT, readme

README = readme()
TITLES = ("Run the function on a local cloud", "Run the tests")


def command(title: str) -> str:
    """The one line under a heading."""
    (line,) = README.shell(title).splitlines()
    return line


def steps(title: str) -> list[list[str]]:
    return [shlex.split(step) for step in command(title).split("&&")]


@pytest.mark.parametrize("title", TITLES)
def test_a_command_makes_an_environment_installs_and_runs(title: str) -> None:
    make, install, run = steps(title)
    assert make == ["python3.11", "-m", "venv", ".venv"]
    assert install[:2] == [".venv/bin/pip", "install"]
    assert (CHECKOUT / install[-1]).is_file()
    assert run[:2] == [".venv/bin/python", "-m"]


def test_the_first_command_ends_with_what_the_page_shows(tmp_path: Path) -> None:
    _, _, (_, *run) = steps("Run the function on a local cloud")
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
    assert re.search(r"exported objects are files in\n  \S+\n$", done.stdout)


@pytest.mark.parametrize("option", ["--serve", "--help"])
def test_the_options_that_the_page_names_are_there(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.local", "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert option in done.stdout


def test_the_second_command_runs_the_tests() -> None:
    _, _, run = steps("Run the tests")
    assert run[2:] == ["pytest"]
