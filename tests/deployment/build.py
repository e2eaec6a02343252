"""Builds what `fn deploy` builds, without Docker, by the command line's own recipe.

Source: the Dockerfile that github.com/fnproject/cli 0.6.63 writes for Python (`langs/python.go`,
`common/common.go`): the packages by `pip install --target /python/`, the folder by `ADD . /function/`, both
made readable to others, PYTHONPATH and the entry point. Docker reads `.dockerignore` before the folder is
added.
"""

import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from docker.utils.build import exclude_paths

from tests.clients.cli_environment import kept

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
_READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True)
class Image:
    """The two folders of the image, `/function` and `/python`."""

    function: Path
    python: Path

    @property
    def sizes(self) -> tuple[int, int]:
        """Bytes of the code, and of the packages."""
        return _size(self.function), _size(self.python)


def build(folder: Path) -> Image:
    """The image of this checkout; the code in `folder`, the packages where they are kept for the next time.

    Raises RuntimeError, with the end of pip's output, if the packages can't be installed.
    """
    packages = kept(
        "image-python",
        CHECKOUT / "requirements.txt",
        lambda into: ["install", "--target", str(into / "python")],
    )
    return Image(add(CHECKOUT, folder / "function"), packages / "python")


def added(context: Path) -> set[str]:
    """The files that `ADD .` finds in a build's context: all that `.dockerignore` leaves of it."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    # The SDK keeps two files that the daemon wants to see and that ADD leaves out; the Dockerfile has a name
    # of its own here.
    kept = exclude_paths(str(context), patterns, ".dockerignore") - {".dockerignore"}
    return {path for path in kept if (context / path).is_file()}


def add(context: Path, into: Path) -> Path:
    """`ADD . /function/` and `chmod -R o+r`, and no writing: the platform's file system is read-only."""
    for path in sorted(added(context)):
        copy = into / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(context / path, copy)
        copy.chmod(_READABLE)
    for folder in [into, *(path for path in into.rglob("*") if path.is_dir())]:
        folder.chmod(_READABLE | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return into


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def wheels(requirements: Path, machine: str, python: str) -> subprocess.CompletedProcess[str]:
    """Asks the index for wheels of all pins for Linux on that machine and for that version of Python."""
    platforms = [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"]
    return subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"),
            *("--only-binary=:all:", "--python-version", python, "--implementation", "cp"),
            *(word for name in platforms for word in ("--platform", name)),
            *("--target", str(CACHE / "never-made"), "-r", str(requirements)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
