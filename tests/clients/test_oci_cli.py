"""The real `oci` command, unmodified, exports images through the gateway and follows them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.cli_environment import cli_command
from tests.clients.oci_cli import OciCli
from tests.local.platform import LocalPlatform

pytestmark = pytest.mark.slow

EXPORT = ("compute", "image", "export")


@pytest.fixture(scope="session")
def cli_installed() -> Path:
    return cli_command()


@pytest.fixture(scope="module")
def cli(
    cli_installed: Path,
    platform: LocalPlatform,
    user: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> OciCli:
    """The real `oci`, pointed at the gateway."""
    return OciCli(cli_installed, user, platform.gateway.url, tmp_path_factory.mktemp("home"))


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


REFUSED = {
    "unlisted bucket": ({"--bucket-name": "elsewhere"}, 403, "NotAllowed", "destination"),
    "no image's id": ({"--image-id": "ocid1.vcn.oc1.phx.a"}, 400, "InvalidParameter", "imageId"),
    "version mismatch": ({"--if-match": "another-version"}, 412, "NoEtagMatch", "entity tag"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_the_command_tells_why_an_export_was_refused(
    cli: OciCli, to_object: dict[str, str], case: tuple[dict[str, str], int, str, str]
) -> None:
    change, status, code, told = case
    error = cli(*EXPORT, "to-object", *line(to_object | change)).service_error
    assert (error["status"], error["code"]) == (status, code)
    assert told in error["message"]
    assert error["opc-request-id"]
