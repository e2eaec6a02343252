"""The main job, done by the image that `fn deploy` builds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import httpx
import pytest

from tests.deployment.build import CHECKOUT, Image, added, build
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform

pytestmark = pytest.mark.slow

EntryPoint = Literal["fdk", "standby"]
# The platform's images have a user of their own; which one is nobody's business.
NOBODY = 65534


@dataclass(frozen=True)
class Runner:
    """What runs the image: a Python with none of the tests' packages, and another user (None: this one)."""

    python: str
    user: int | None


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    # Another user has to reach it.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    built = build(folder)
    yield built
    for path in [built.function, *built.function.rglob("*")]:
        path.chmod(0o755)


@pytest.fixture(scope="module")
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
    version = sys.version_info[:2]
    program = (
        f"import sys; open({str(image.python / 'bin' / 'fdk')!r}); assert sys.version_info[:2] == {version}"
    )
    check = [python, "-c", program]
    try:
        subprocess.run(check, check=True, capture_output=True, user=user, group=user, extra_groups=[])
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return (CHECKOUT / "func.py").is_file()


@pytest.fixture(scope="module", params=["fdk", "standby"])
def platform(
    request: pytest.FixtureRequest, image: Image, runner: Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalPlatform]:
    entry_point: EntryPoint = request.param
    with LocalPlatform(
        tmp_path_factory.mktemp("buckets"),
        code=image.function,
        packages=image.python,
        python=runner.python,
        user=runner.user,
        entry_point=entry_point,
        advance="at once",
        seed=1,
    ) as platform:
        yield platform


def details(platform: LocalPlatform, name: str) -> dict[str, str]:
    return {
        "destinationType": "objectStorageTuple",
        "namespaceName": platform.cloud.namespace,
        "bucketName": ALLOWED_BUCKET,
        "objectName": f"{ALLOWED_PREFIX}/{name}",
    }


def announced(platform: LocalPlatform, image_id: str) -> list[str]:
    messages = [json.loads(message.body) for message in platform.cloud.messages]
    return [message["type"] for message in messages if message["data"]["imageId"] == image_id]


def test_an_event_exports_and_both_ends_are_announced(platform: LocalPlatform) -> None:
    image = platform.cloud.images.add(display_name="by-event", announce=True)
    assert platform.cloud.settle()
    assert announced(platform, image["id"]) == ["imageexport.accepted", "imageexport.succeeded"]
    assert list(platform.folder.rglob("by-event-*.oci"))


def test_a_request_through_the_gateway_exports(platform: LocalPlatform) -> None:
    image = platform.cloud.images.add(display_name="by-gateway")
    url = f"{platform.gateway.url}/20160918/images/{image['id']}/actions/export"
    answer = httpx.post(url, json=details(platform, "by-gateway.oci"), timeout=60)
    assert answer.status_code == 200, answer.text
    assert platform.cloud.settle()
    assert announced(platform, image["id"]) == ["imageexport.accepted", "imageexport.succeeded"]
    work_request = f"{platform.gateway.url}/20160918/workRequests/{answer.headers['opc-work-request-id']}"
    assert httpx.get(work_request, timeout=60).json()["status"] == "SUCCEEDED"
    assert httpx.get(f"{platform.gateway.url}/openapi.json", timeout=60).json()["openapi"].startswith("3.0")


def test_a_direct_call_exports(platform: LocalPlatform) -> None:
    image = platform.cloud.images.add(display_name="direct")
    called = platform.invoke({"imageId": image["id"], "exportImageDetails": details(platform, "direct.oci")})
    assert json.loads(called.body)["notification"]["messageId"]
    assert platform.cloud.settle()
    assert announced(platform, image["id"]) == ["imageexport.accepted", "imageexport.succeeded"]


def test_the_image_holds_the_code_and_nothing_else_also_when_it_has_run(
    platform: LocalPlatform, image: Image, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.invoke({})
    files = {path.relative_to(image.function) for path in image.function.rglob("*") if path.is_file()}
    assert set(map(str, files)) == added(CHECKOUT)
    assert {path.parts[0] for path in files} == {"func.py", "handlers", "requirements.txt"}
    assert {path.suffix for path in files} == {".py", ".txt", ".json"}
    code, packages = image.sizes
    with capsys.disabled():
        print(f"\nThe image: {code / 2**10:.0f} KiB of code, {packages / 2**20:.0f} MiB of packages")
    # The code is compiled in each new container: it has to stay small.
    assert 0 < code < 512 * 2**10
    assert packages < 2**30
    assert os.access(image.python / "bin" / "fdk", os.X_OK)
