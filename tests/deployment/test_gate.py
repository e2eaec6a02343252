"""The gate runs the README's own test command, and the server runs the gate."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.deployment.document import CHECKOUT, README, code, page

# What stands in for the clone's tools: writes down what it was called with. No other version of Python is
# found: whatever is asked for, each says that it is 3.11.
TOOL = """#!/bin/sh
printf '%s %s\\n' "$(basename "$0")" "$*" >>"$CALLS"
case "$*" in *sys.version_info*) echo 3.11 ;; esac
"""
TOOLS = (
    *(f".bin/{name}" for name in ("python3", "python3.12", "python3.13")),
    *(f".venv/bin/{name}" for name in ("python", "pip", "ruff", "mypy", "lint-imports", "pip-audit")),
)


def gate(clone: Path, failing: str = "") -> subprocess.CompletedProcess[str]:
    """The gate in a clone whose tools do nothing, or fail; `.calls` has what they were asked."""
    for name in (".ci/run", "README.md", "requirements.txt", "func.py", "func.yaml"):
        (clone / name).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, clone / name)
    for name in ("handlers", "tests"):
        (clone / name).mkdir()
    for name in TOOLS:
        tool = clone / name
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.write_text(TOOL + ("exit 1\n" if tool.name == failing else ""), encoding="utf-8")
        tool.chmod(0o755)
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
    (command,) = README.shell("Run the tests").splitlines()
    assert command in done.stdout
    calls = (tmp_path / ".calls").read_text(encoding="utf-8").splitlines()
    for wanted in ("python -m pytest", "ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert wanted in [call.strip() for call in calls]
    for begins in ("python -m pytest -m slow", "pip-audit"):
        assert [call for call in calls if call.startswith(begins)]
    assert "not run: units on Python 3.12, which was not found" in done.stdout


def test_it_goes_on_after_a_step_that_failed_and_fails_at_the_end(tmp_path: Path) -> None:
    done = gate(tmp_path, failing="mypy")
    assert done.returncode == 1
    told = re.findall(r"^(passed|FAILED)  (.*) \(\d+ s\)$", done.stdout, re.MULTILINE)
    assert [name for result, name in told if result == "FAILED"] == ["types"]
    assert told[-1] == ("passed", "audit of the packages")


def test_the_server_runs_it_on_the_versions_that_the_platform_has_and_who_contributes_reads_of_it() -> None:
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["gate"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    assert job["steps"][-1] == {"run": "bash .ci/run"}
    rows = page(".github/CONTRIBUTING.md").table("Contributing", "command")
    assert "bash .ci/run" in code(rows[-1]["command"])
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
