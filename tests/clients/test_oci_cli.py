"""The real `oci` command, unmodified, exports images through the gateway and follows them."""

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.cli_environment import cli_command
from tests.local.platform import LocalPlatform
from tests.security.callers_par import destination_uri
from tests.unit.world import TOKEN

pytestmark = pytest.mark.slow

EXPORT = ("compute", "image", "export")
Cli = Callable[..., dict[str, Any]]
Oci = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(platform: LocalPlatform, user: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Oci:
    """The real `oci` with a user's key, pointed at the gateway."""
    home = tmp_path_factory.mktemp("home")  # where it finds no other configuration
    config = home / "config"
    config.write_text("\n".join(["[DEFAULT]", *(f"{key}={value}" for key, value in user.items()), ""]))
    config.chmod(0o600)
    command = [str(cli_command()), "--config-file", str(config), "--endpoint", platform.gateway.url]
    # The label is a line that the CLI would like at the end of a key file.
    environment = {"HOME": str(home), "PATH": os.defpath, "SUPPRESS_LABEL_WARNING": "True"}
    return lambda *arguments: subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def cli(run: Oci) -> Cli:
    """What a command printed, which may not fail."""

    def printed(*arguments: str) -> dict[str, Any]:
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return printed


@pytest.fixture
def to_object(platform: LocalPlatform, image: dict[str, Any]) -> list[str]:
    """The command that exports the image to an object."""
    bucket = ["--namespace", platform.cloud.namespace, "--bucket-name", platform.cloud.bucket]
    return [*EXPORT, "to-object", "--image-id", image["id"], *bucket, "--name", "on-demand/by-cli.oci"]


def test_an_export_is_started_and_followed_by_the_commands(
    platform: LocalPlatform, cli: Cli, image: dict[str, Any], to_object: list[str]
) -> None:
    started = cli(*to_object, "--export-format", "QCOW2")
    assert started["data"]["id"] == image["id"]
    assert started["data"]["lifecycle-state"] == "EXPORTING"
    export = platform.cloud.exports[-1]
    assert (export.image_id, export.format) == (image["id"], "QCOW2")
    assert started["opc-work-request-id"] == export.work_request_id

    platform.cloud.work_requests.fail(export.work_request_id, "ExportFailed", "The bucket is full.")
    which = ("--work-request-id", started["opc-work-request-id"])
    work_request = cli("work-requests", "work-request", "get", *which)["data"]
    assert (work_request["operation-type"], work_request["status"]) == ("ExportImage", "FAILED")
    errors = cli("work-requests", "work-request-error", "list", *which)["data"]
    assert [(error["code"], error["message"]) for error in errors] == [
        ("ExportFailed", "The bucket is full.")
    ]
    logs = cli("work-requests", "work-request-log-entry", "list", *which, "--limit", "1")
    assert len(logs["data"]) == 1
    assert logs["opc-next-page"]
    ended = cli("compute", "image", "get", "--image-id", image["id"])["data"]
    assert ended["lifecycle-state"] == "AVAILABLE"


def test_an_export_to_a_url_is_started_by_the_command(
    platform: LocalPlatform, cli: Cli, image: dict[str, Any]
) -> None:
    url = destination_uri(
        platform.cloud, f"cli-{TOKEN}", "on-demand/by-cli-through-par.oci", platform.cloud.bucket
    )
    started = cli(*EXPORT, "to-object-uri", "--image-id", image["id"], "--uri", url)
    export = platform.cloud.exports[-1]
    assert started["opc-work-request-id"] == export.work_request_id
    assert (export.via, export.destination.object) == ("par", "on-demand/by-cli-through-par.oci")


def test_the_command_tells_why_an_export_was_refused(run: Oci, to_object: list[str]) -> None:
    done = run(*to_object, "--if-match", "another-version")
    assert done.returncode == 1
    error = json.loads(done.stderr.partition("ServiceError:\n")[2])
    assert (error["status"], error["code"]) == (412, "NoEtagMatch")
    assert "entity tag" in error["message"]
    assert error["opc-request-id"]
