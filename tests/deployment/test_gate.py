"""The gate runs the README's own test command, and the server runs the gate."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.deployment.document import CHECKOUT, code, page, readme

README = readme()
# What stands in for the clone's tools: writes down what it was called with.
TOOL = """#!/bin/sh
printf '%s %s\\n' "$(basename "$0")" "$*" >>"$CALLS"
case "$*" in *sys.version_info*) echo 3.11 ;; esac
"""
TOOLS = ("python", "pip", "ruff", "mypy", "lint-imports", "pip-audit")


def gate(clone: Path, failing: str = "") -> subprocess.CompletedProcess[str]:
    """The gate in a clone whose tools do nothing, or fail; `.calls` has what they were asked."""
    (clone / ".ci").mkdir()
    shutil.copy(CHECKOUT / ".ci" / "run", clone / ".ci")
    shutil.copy(CHECKOUT / "README.md", clone)
    shutil.copy(CHECKOUT / "requirements.txt", clone)
    bin_folder = clone / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    # No other version is found: whatever it is asked for, each says that it is 3.11.
    pythons = ("python3", "python3.12", "python3.13")
    for folder, name in [
        *((clone / ".bin", name) for name in pythons),
        *((bin_folder, name) for name in TOOLS),
    ]:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(TOOL + ("exit 1\n" if name == failing else ""), encoding="utf-8")
        (folder / name).chmod(0o755)
    for name in ("func.py", "func.yaml"):
        (clone / name).touch()
    for name in ("handlers", "tests"):
        (clone / name).mkdir()
    environment = {
        "PATH": f"{clone / '.bin'}:{os.defpath}",
        "HOME": str(clone),
        "CALLS": str(clone / ".calls"),
    }
    return subprocess.run(
        ["bash", ".ci/run"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def test_it_runs_the_readme_s_test_command_the_slow_tests_and_all_tools(tmp_path: Path) -> None:
    done = gate(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = (tmp_path / ".calls").read_text(encoding="utf-8").splitlines()
    (command,) = README.shell("Run the tests").splitlines()
    assert command in done.stdout
    for wanted in ("python -m pytest", "ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert wanted in [call.strip() for call in calls]
    assert [call for call in calls if call.startswith("python -m pytest -m slow")]
    assert [call for call in calls if call.startswith("pip-audit")]
    assert "not run: units on Python 3.12, which was not found" in done.stdout


def test_it_goes_on_after_a_step_that_failed_and_fails_at_the_end(tmp_path: Path) -> None:
    done = gate(tmp_path, failing="mypy")
    assert done.returncode == 1
    told = re.findall(r"^(passed|FAILED)  (.*) \(\d+ s\)$", done.stdout, re.MULTILINE)
    assert [name for result, name in told if result == "FAILED"] == ["types"]
    assert told[-1] == ("passed", "audit of the packages")


def test_the_server_runs_it_on_the_versions_that_the_platform_has() -> None:
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["gate"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    assert job["steps"][-1] == {"run": "bash .ci/run"}


def test_who_contributes_reads_of_it() -> None:
    commands = [
        code(row["command"])[0] for row in page(".github/CONTRIBUTING.md").table("Contributing", "command")
    ]
    assert commands[-1] == "bash .ci/run"
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
