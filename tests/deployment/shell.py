"""Runs shell blocks of the README: with stand-ins that write down what would be called, or for real."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

STUB = Path(__file__).with_name("stub_command.py")
PROGRAMS = ("curl", "docker", "fn", "oci", "terraform", "zip")
LIMIT_S = 120


class Command(NamedTuple):
    """One call of a program by a shell block."""

    program: str
    arguments: list[str]

    def option(self, name: str) -> str:
        """The value after it."""
        return self.arguments[self.arguments.index(name) + 1]


def printed(script: str, home: Path, variables: Mapping[str, str], programs: str = "") -> str:
    """What a script printed that ran in a user's home, with the variables and nothing else in its
    environment. `programs`: a folder of commands that it finds before all others.

    Raises AssertionError if any of it failed, or used an unset variable.
    """
    path = [programs, str(Path(sys.executable).parent), os.defpath]
    own = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": ":".join(filter(None, path))}
    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        cwd=home,
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def recorded(script: str, clone: Path, variables: Mapping[str, str] | None = None) -> list[Command]:
    """The calls that a script makes, with stand-ins for the programs and for the clone's own Python."""
    bin_folder = clone / "bin"
    for stub in (*(bin_folder / name for name in PROGRAMS), clone / ".venv" / "bin" / "python"):
        stub.parent.mkdir(parents=True, exist_ok=True)
        # Without site packages it starts in a fraction of the time.
        stub.write_text(f"#!{sys.executable} -SE\n{STUB.read_text(encoding='utf-8')}", encoding="utf-8")
        stub.chmod(0o755)
    record = clone / "commands"
    printed(script, clone, {**(variables or {}), "RECORDED_COMMANDS": str(record)}, str(bin_folder))
    return [Command(*json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
