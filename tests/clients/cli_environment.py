"""Packages that are installed once for their pins, and kept in the checkout's `.cache/`: the oci CLI's own
virtual environment, and what `kept` is asked for.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).resolve().parents[2] / ".cache"


def cli_command() -> Path:
    """The `oci` command. Raises RuntimeError as `kept` does."""

    def into(folder: Path) -> list[str]:
        venv.EnvBuilder(clear=True, symlinks=True).create(folder)
        return ["--python", str(folder / "bin" / "python"), "install", "--no-deps"]

    return kept("oci-cli", REQUIREMENTS, into) / "bin" / "oci"


def kept(name: str, requirements: Path, into: Callable[[Path], list[str]]) -> Path:
    """The folder with these pins, installed if they are not yet, for this Python. `into`: pip's words for it.

    Raises RuntimeError, with the end of pip's output, if the installation fails.
    """
    pins = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{pins}"
    complete = folder / "complete"
    CACHE.mkdir(exist_ok=True)
    # Two test runs in one checkout must not install into each other.
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            # Uncompiled: the SDK has thousands of modules, of which those tested need a few.
            pip = [sys.executable, "-m", "pip", *into(folder), "--quiet", "--no-compile"]
            command = [*pip, "--requirement", str(requirements)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{name} could not be installed:\n{done.stderr[-2000:]}")
            complete.touch()
    return folder
