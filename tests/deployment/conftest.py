"""One local cloud for the calls of the README, and a user's home to make them from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.oci import Cloud
from tests.local.platform import LocalPlatform

RECORDS_BUCKET = "image-export-records"


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """As the stack deploys it, with records in a bucket of their own."""
    with LocalPlatform(
        tmp_path_factory.mktemp("buckets"),
        config={"EXPORT_RECORDS": f"{Cloud.namespace}/{RECORDS_BUCKET}"},
        seconds_per_export=0.3,
        seed=1,
    ) as platform:
        platform.cloud.buckets.add(RECORDS_BUCKET)
        yield platform


@pytest.fixture(scope="package")
def users_home(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home, with a key in `~/.oci/config`, and a curl that shows no progress."""
    home = tmp_path_factory.mktemp("home")
    folder = home / ".oci"
    folder.mkdir()
    config = folder / "config"
    lines = [f"{key}={value}\n" for key, value in platform.cloud.api_key(folder).items()]
    config.write_text("".join(["[DEFAULT]\n", *lines]))
    config.chmod(0o600)
    (home / ".curlrc").write_text("silent\nshow-error\n")
    return home


@pytest.fixture
def variables(platform: LocalPlatform) -> dict[str, str]:
    """What "Call it" begins with, for the local cloud, with a new image."""
    cloud = platform.cloud
    image = cloud.images.add(display_name="web")
    return {
        "OCI_CLI_REGION": cloud.region,
        "NAMESPACE": cloud.namespace,
        "BUCKET": cloud.bucket,
        "FUNCTION_ID": cloud.function_id,
        "GATEWAY": platform.gateway.url,
        "COMPARTMENT_ID": image["compartmentId"],
        "IMAGE_ID": image["id"],
        "TOKEN": "example",
        "RETRY_TOKEN": image["id"][-8:],
    }
