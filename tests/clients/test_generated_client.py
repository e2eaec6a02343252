"""A client that `openapi-python-client` makes of the served description exports an image and follows it."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.platform import LocalPlatform

pytestmark = pytest.mark.slow

PACKAGE = "generated_image_export_client"


@pytest.fixture(scope="module")
def generated(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Imports a module of the generated package by its name."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    place = ["--meta", "none", "--output-path", str(folder / PACKAGE), "--config", str(config)]
    source = ["--url", f"{platform.gateway.url}/openapi.json"]
    done = subprocess.run(
        [*command, *place, *source], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def client(platform: LocalPlatform, generated: Any) -> Iterator[Any]:
    """Of the gateway, with the token that a gateway may want."""
    with generated("client").AuthenticatedClient(
        platform.gateway.url, "a token", auth_header_name="gateway-token"
    ) as client:
        yield client


def test_an_export_is_started_and_followed(
    platform: LocalPlatform, generated: Any, client: Any, image: dict[str, Any], details: dict[str, str]
) -> None:
    body = generated("models").ExportImageViaObjectStorageTupleDetails.from_dict(details)
    etag = platform.cloud.images.etag(image["id"])
    started = generated("api.images.export_image").sync_detailed(
        image["id"], client=client, body=body, if_match=etag
    )
    assert started.parsed.lifecycle_state == "EXPORTING"
    work_request_id = started.headers["opc-work-request-id"]

    read = generated("api.work_requests.get_work_request").sync
    assert read(work_request_id, client=client).status == "ACCEPTED"
    platform.cloud.work_requests.fail(work_request_id, "ExportFailed", "The bucket is full.")
    assert read(work_request_id, client=client).status == "FAILED"
    errors = generated("api.work_requests.list_work_request_errors").sync(
        work_request_id, client=client, limit=1
    )
    assert [(error.code, error.message) for error in errors] == [("ExportFailed", "The bucket is full.")]
    logs = generated("api.work_requests.list_work_request_logs")
    order = generated("models").ListWorkRequestLogsSortOrder.DESC
    assert "FAILED" in logs.sync(work_request_id, client=client, sort_order=order)[0].message
    ended = generated("api.images.get_image").sync(image["id"], client=client)
    assert (ended.id, ended.lifecycle_state) == (image["id"], "AVAILABLE")


def test_a_refusal_is_the_error_of_the_description(
    generated: Any, client: Any, image: dict[str, Any], details: dict[str, str]
) -> None:
    elsewhere = {**details, "bucketName": "elsewhere"}
    body = generated("models").ExportImageViaObjectStorageTupleDetails.from_dict(elsewhere)
    error = generated("api.images.export_image").sync(image["id"], client=client, body=body)
    assert isinstance(error, generated("models").Error)
    assert error.code == "NotAllowed"
