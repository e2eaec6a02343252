"""One local cloud for the calls of the README, and the shell that makes them."""

from collections.abc import Iterator

import pytest

from tests.deployment.shell import Workplace
from tests.local.oci import Cloud
from tests.local.platform import LocalPlatform


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """As the README deploys it, with records."""
    with LocalPlatform(
        tmp_path_factory.mktemp("buckets"),
        config={"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records"},
        seconds_per_export=0.3,
        seed=1,
    ) as platform:
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
    """What the deployment's commands leave in the shell, for the local cloud, with a new image."""
    cloud = platform.cloud
    image = cloud.images.add(display_name="web")
    return {
        "GATEWAY": platform.gateway.url,
        "TOKEN": "example",
        "IMAGE_ID": image["id"],
        "IMAGES_COMPARTMENT_ID": image["compartmentId"],
        "NAMESPACE": cloud.namespace,
        "BUCKET": cloud.bucket,
        "FUNCTION_ID": cloud.function_id,
        "COMPARTMENT_ID": cloud.function_compartment_id,
        "SUPPRESS_LABEL_WARNING": "True",
    }
