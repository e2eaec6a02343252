"""Runs the real `oci` command as a user would: a configuration file, an endpoint, a command line."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 120.0


@dataclass(frozen=True)
class CliResult:
    """What one command left: exit code and both outputs."""

    exit_code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """What the command printed. Raises AssertionError if it failed."""
        assert self.exit_code == 0, self.err
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    @property
    def service_error(self) -> dict[str, Any]:
        """The service's error, as the command tells it. Raises AssertionError if it told none."""
        assert self.exit_code == 1, self.out
        _, found, told = self.err.partition("ServiceError:\n")
        assert found, self.err
        error: dict[str, Any] = json.loads(told)
        return error


class OciCli:
    """The command with a user's key and an endpoint; `home` is where it finds no other configuration."""

    def __init__(self, command: Path, user: dict[str, str], endpoint: str, home: Path) -> None:
        config = home / "config"
        config.write_text("\n".join(["[DEFAULT]", *(f"{key}={value}" for key, value in user.items()), ""]))
        config.chmod(0o600)
        self._command = [str(command), "--config-file", str(config), "--endpoint", endpoint]
        # The label is a line that the CLI would like at the end of a key file.
        self._environment = {"HOME": str(home), "PATH": os.defpath, "SUPPRESS_LABEL_WARNING": "True"}

    def __call__(self, *arguments: str) -> CliResult:
        done = subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return CliResult(done.returncode, done.stdout, done.stderr)
