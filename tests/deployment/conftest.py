"""One local cloud for the calls of the README, and the shell that makes them."""

from collections.abc import Iterator

import pytest

from tests.deployment.shell import Workplace
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
def users_shell(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A clone, with a user's key in `~/.oci/config`, and a curl that shows no progress."""
    home = tmp_path_factory.mktemp("home")
    folder = home / ".oci"
    folder.mkdir()
    user = platform.cloud.api_key(folder)
    config = folder / "config"
    config.write_text("\n".join(["[DEFAULT]", *(f"{key}={value}" for key, value in user.items()), ""]))
    config.chmod(0o600)
    (home / ".curlrc").write_text("silent\nshow-error\n")
    return Workplace(home)


@pytest.fixture
def variables(platform: LocalPlatform) -> dict[str, str]:
    """What "Call it" begins with, for the local cloud, with a new image."""
    cloud = platform.cloud
    image = cloud.images.add(display_name="web")
    return {
        "REGION": cloud.region,
        "NAMESPACE": cloud.namespace,
        "BUCKET": cloud.bucket,
        "FUNCTION_ID": cloud.function_id,
        "GATEWAY": platform.gateway.url,
        "COMPARTMENT_ID": image["compartmentId"],
        "IMAGE_ID": image["id"],
        "TOKEN": "example",
        "RETRY_TOKEN": image["id"][-8:],
    }
