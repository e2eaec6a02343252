"""The oci CLI's own virtual environment: made once for its pins, and kept in the checkout's `.cache/`."""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).resolve().parents[2] / ".cache"


def cli_command() -> Path:
    """The `oci` command, installed if these pins are not yet, for this Python.

    Raises RuntimeError, with the end of pip's output, if the installation fails.
    """
    pins = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"oci-cli-{pins}"
    complete = folder / "complete"
    CACHE.mkdir(exist_ok=True)
    # Two test runs in one checkout must not install into each other.
    with (CACHE / "oci-cli.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            _install(folder)
            complete.touch()
    return folder / "bin" / "oci"


def _install(folder: Path) -> None:
    venv.EnvBuilder(clear=True, symlinks=True).create(folder)
    # Uncompiled: the SDK has thousands of modules, of which the commands tested need a few.
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    install = ["install", "--quiet", "--no-compile", "--no-deps", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run([*pip, *install], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the oci CLI could not be installed:\n{done.stderr[-2000:]}")
