"""The image, built once, and a Python to run it that has none of the tests' packages."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.image.build import CHECKOUT, Image, build

# The platform's images have a user of their own; which one is nobody's business.
NOBODY = 65534


@dataclass(frozen=True)
class Runner:
    """What runs the image: a Python 3.11, and another user than this one (None where that can't be)."""

    python: str
    user: int | None


@pytest.fixture(scope="package")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    # Another user has to reach it.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    built = build(folder)
    yield built
    for path in [built.function, *built.function.rglob("*")]:
        path.chmod(0o755)


@pytest.fixture(scope="package")
def runner(image: Image) -> Runner:
    """Another user where this is root, and where that user can read the checkout and a Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = getattr(sys, "_base_executable", sys.executable)
    system = shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")
    for python in filter(None, (base, system)):
        if _can_run(python, image, NOBODY):
            return Runner(python, NOBODY)
    return Runner(base, None)


def _can_run(python: str, image: Image, user: int) -> bool:
    command = [python, str(image.python / "bin" / "fdk"), "--version"]
    check = [python, "-c", f"open({command[1]!r}); import sys; assert sys.version_info[:2] == (3, 11)"]
    try:
        subprocess.run(check, check=True, capture_output=True, user=user, group=user, extra_groups=[])
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return (CHECKOUT / "func.py").is_file()
