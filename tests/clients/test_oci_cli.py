"""The real `oci` command, unmodified, exports images through the gateway and follows them."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.cli_environment import cli_command
from tests.local.platform import LocalPlatform

pytestmark = pytest.mark.slow

EXPORT = ("compute", "image", "export")
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


@pytest.fixture(scope="module")
def cli(
    platform: LocalPlatform,
    user: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> OciCli:
    """The real `oci`, pointed at the gateway."""
    return OciCli(cli_command(), user, platform.gateway.url, tmp_path_factory.mktemp("home"))


@pytest.fixture
def to_object(platform: LocalPlatform, image: dict[str, Any]) -> dict[str, str]:
    """The options of `to-object`."""
    return {
        "--image-id": image["id"],
        "--namespace": platform.cloud.namespace,
        "--bucket-name": platform.cloud.bucket,
        "--name": "on-demand/by-cli.oci",
    }


def line(options: dict[str, str]) -> list[str]:
    return [word for pair in options.items() for word in pair]


def test_an_export_is_started_and_followed_by_the_commands(
    platform: LocalPlatform, cli: OciCli, to_object: dict[str, str]
) -> None:
    started = cli(*EXPORT, "to-object", *line(to_object), "--export-format", "QCOW2").answer
    assert started["data"]["id"] == to_object["--image-id"]
    assert started["data"]["lifecycle-state"] == "EXPORTING"
    export = platform.cloud.exports[-1]
    assert (export.image_id, export.format) == (to_object["--image-id"], "QCOW2")
    assert started["opc-work-request-id"] == export.work_request_id

    platform.cloud.work_requests.fail(export.work_request_id, "ExportFailed", "The bucket is full.")
    which = ("--work-request-id", started["opc-work-request-id"])
    work_request = cli("work-requests", "work-request", "get", *which).answer["data"]
    assert (work_request["operation-type"], work_request["status"]) == ("ExportImage", "FAILED")
    errors = cli("work-requests", "work-request-error", "list", *which).answer["data"]
    assert [(error["code"], error["message"]) for error in errors] == [
        ("ExportFailed", "The bucket is full.")
    ]
    logs = cli("work-requests", "work-request-log-entry", "list", *which, "--limit", "1").answer
    assert len(logs["data"]) == 1
    assert logs["opc-next-page"]
    image = cli("compute", "image", "get", "--image-id", to_object["--image-id"]).answer["data"]
    assert image["lifecycle-state"] == "AVAILABLE"


def test_an_export_to_a_url_is_started_by_the_command(
    platform: LocalPlatform, cli: OciCli, image: dict[str, Any], par: Callable[[str], str]
) -> None:
    url = par("on-demand/by-cli-through-par.oci")
    started = cli(*EXPORT, "to-object-uri", "--image-id", image["id"], "--uri", url).answer
    export = platform.cloud.exports[-1]
    assert started["opc-work-request-id"] == export.work_request_id
    assert (export.via, export.destination.object) == ("par", "on-demand/by-cli-through-par.oci")


def test_the_command_tells_why_an_export_was_refused(cli: OciCli, to_object: dict[str, str]) -> None:
    error = cli(*EXPORT, "to-object", *line(to_object | {"--if-match": "another-version"})).service_error
    assert (error["status"], error["code"]) == (412, "NoEtagMatch")
    assert "entity tag" in error["message"]
    assert error["opc-request-id"]
