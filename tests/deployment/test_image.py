"""The image that `fn deploy` builds, without Docker: it has the function and nothing else, and it exports.

Source: the Dockerfile that github.com/fnproject/cli 0.6.63 writes for Python (`langs/python.go`,
`common/common.go`): the packages by `pip install --target /python/`, the folder by `ADD . /function/`, both
made readable to others, PYTHONPATH and the entry point. Docker reads `.dockerignore` before the folder is
added.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from docker.utils.build import exclude_paths

from tests.clients.cli_environment import kept
from tests.deployment.document import CHECKOUT
from tests.local.platform import LocalPlatform
from tests.platform import TRIGGERS, Platforms, Request, Trigger

READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
# The platform's images have a user of their own; which one is nobody's business.
NOBODY = 65534


class Image(NamedTuple):
    """The two folders of the image, `/function` and `/python`."""

    function: Path
    python: Path


def added(context: Path) -> set[str]:
    """The files that `ADD .` finds in a build's context: all that `.dockerignore` leaves of it."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    # The SDK keeps two files that the daemon wants to see and that ADD leaves out; the Dockerfile has a name
    # of its own here.
    left = exclude_paths(str(context), patterns, ".dockerignore") - {".dockerignore"}
    return {path for path in left if (context / path).is_file()}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image of this checkout: nobody can write to its code; its packages are kept for the next time."""
    packages = kept(
        "image-python",
        CHECKOUT / "requirements.txt",
        lambda into: ["install", "--target", str(into / "python")],
    )
    function = tmp_path_factory.mktemp("image") / "function"
    for path in added(CHECKOUT):
        (function / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, function / path)
        (function / path).chmod(READABLE)
    folders = [function, *(path for path in function.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(READABLE | EXECUTABLE)
    # Another user has to reach it.
    for parent in list(function.parents)[:3]:
        parent.chmod(0o755)
    yield Image(function, packages / "python")
    for folder in folders:
        folder.chmod(0o755)


@pytest.fixture(scope="module")
def runner(image: Image) -> dict[str, Any]:
    """A Python with none of the tests' packages, and another user if this is root and that user can read it
    and the packages.
    """
    base = getattr(sys, "_base_executable", sys.executable)
    system = shutil.which(
        f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"
    )
    for python in filter(None, (base, system)):
        with suppress(PermissionError, subprocess.CalledProcessError):
            check = [python, "-c", f"open({str(image.python / 'bin' / 'fdk')!r})"]
            subprocess.run(check, check=True, capture_output=True, user=NOBODY, group=NOBODY, extra_groups=[])
            return {"python": python, "user": NOBODY}
    return {"python": base}


@pytest.fixture(params=["fdk", "standby"])
def platform(
    request: pytest.FixtureRequest, image: Image, runner: dict[str, Any], platforms: Platforms
) -> Iterator[LocalPlatform]:
    with platforms.borrow(
        code=image.function, packages=image.python, entry_point=request.param, **runner
    ) as platform:
        yield platform


@pytest.mark.slow
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_it_exports_and_both_ends_are_announced(platform: LocalPlatform, trigger: Trigger) -> None:
    request = Request(platform, trigger)
    assert request.send().status == 200
    request.end()
    assert request.send_ending().status == 200
    assert (len(request.accepted), len(request.announced("succeeded"))) == (1, 1)


@pytest.mark.slow
def test_it_holds_the_code_and_nothing_else_also_when_it_has_run(
    platform: LocalPlatform, image: Image
) -> None:
    url = f"{platform.gateway.url}/openapi.json"
    assert httpx.get(url, timeout=60).json()["openapi"].startswith("3.0")
    files = {path.relative_to(image.function) for path in files_in(image.function)}
    assert set(map(str, files)) == added(CHECKOUT)
    assert {path.parts[0] for path in files} == {"func.py", "handlers", "requirements.txt"}
    assert {path.suffix for path in files} == {".py", ".txt", ".json"}
    assert os.access(image.python / "bin" / "fdk", os.X_OK)
    # The code is compiled in each new container: it has to stay small.
    code, packages = (sum(path.lstat().st_size for path in files_in(folder)) for folder in image)
    assert 0 < code < 512 * 2**10
    assert packages < 2**30


def test_a_file_that_lies_about_stays_out_of_it(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / ".dockerignore", tmp_path)
    wanted = {"func.py", "requirements.txt", ".pip_cache/oci.whl"}
    wanted |= {"handlers/__init__.py", "handlers/ca-bundle.pem"}
    dropped = {".git/config", ".env", "key.pem", "tests/x.py", "README.md", "func.yaml", ".deploy/main.tf"}
    dropped |= {"Dockerfile-fn-tmp1", "node/handlers/x.py"}
    dropped |= {"handlers/__pycache__/x.pyc", "handlers/cloud/__pycache__/x.pyc"}
    for name in wanted | dropped:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert added(tmp_path) == wanted
