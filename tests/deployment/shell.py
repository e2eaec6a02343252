"""Runs shell blocks of the README: with stand-ins that write down what would be called, or for real."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STUB = Path(__file__).with_name("stub_command.py")
PROGRAMS = ("curl", "docker", "fn", "oci", "terraform", "zip")
LIMIT_S = 120


@dataclass(frozen=True)
class Command:
    """One call of a program by a shell block."""

    program: str
    arguments: list[str]

    def option(self, name: str) -> str:
        """The value after it."""
        return self.arguments[self.arguments.index(name) + 1]


class Workplace:
    """A folder like a fresh clone, in which shell blocks run with an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {"HOME": str(folder), "LC_ALL": "C.UTF-8"}

    def run(self, script: str, variables: Mapping[str, str] | None = None, programs: str = "") -> str:
        """What the script printed. `programs`: a folder of commands that it finds before all others.

        Raises AssertionError if any of it failed, or used an unset variable.
        """
        path = [programs, str(Path(sys.executable).parent), os.defpath]
        done = subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self._environment | {"PATH": ":".join(filter(None, path))} | dict(variables or {}),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


def recorded(script: str, folder: Path, variables: Mapping[str, str] | None = None) -> list[Command]:
    """The calls that a script makes, with stand-ins for the programs and for the clone's own Python."""
    bin_folder = folder / "bin"
    for stub in (*(bin_folder / name for name in PROGRAMS), folder / ".venv" / "bin" / "python"):
        stub.parent.mkdir(parents=True, exist_ok=True)
        # Without site packages it starts in a fraction of the time.
        stub.write_text(f"#!{sys.executable} -SE\n{STUB.read_text(encoding='utf-8')}", encoding="utf-8")
        stub.chmod(0o755)
    record = folder / "commands"
    given = {**(variables or {}), "RECORDED_COMMANDS": str(record)}
    Workplace(folder).run(script, given, str(bin_folder))
    return [Command(*json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
