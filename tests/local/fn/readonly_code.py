"""The function's code as it is in the image: a copy that nobody may write to."""

import os
import shutil
import stat
from pathlib import Path

LEFT_OUT = shutil.ignore_patterns(".*", "tests", "__pycache__", "*.pyc", "*.md")
_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def copy_read_only(code: Path, into: Path) -> Path:
    """Copies `code` to the new folder `into`, readable by everyone and writable by no one. Returns `into`."""
    shutil.copytree(code, into, ignore=LEFT_OUT)
    for path in [into, *into.rglob("*")]:
        readable = 0o555 if path.is_dir() else 0o444
        path.chmod((path.stat().st_mode | readable) & ~_WRITE)
    return into


def without_roots_powers() -> tuple[str, ...]:
    """What to put before a command, so that file permissions hold for it even if root runs it (Linux)."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0 or setpriv is None:
        return ()
    return (setpriv, "--bounding-set=-all", "--inh-caps=-all")


def make_removable(folder: Path) -> None:
    """Gives the folders back their write permission, so that `folder` can be deleted."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
