"""One local cloud for the tests of this folder, and the clients that users have, unmodified."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oci
import pytest

from tests.clients.cli_environment import cli_command
from tests.clients.oci_cli import OciCli
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform


@dataclass(frozen=True)
class SdkClients:
    """The generated clients as their constructors make them; each an Any, for the SDK has no types."""

    compute: Any
    work_requests: Any

    @classmethod
    def at(cls, endpoint: str, user: dict[str, str]) -> "SdkClients":
        return cls(
            oci.core.ComputeClient(user, service_endpoint=endpoint),
            oci.work_requests.WorkRequestClient(user, service_endpoint=endpoint),
        )


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Exports move on by hand; each test exports images of its own."""
    with LocalPlatform(tmp_path_factory.mktemp("buckets"), advance="by hand", seed=1) as platform:
        yield platform


@pytest.fixture(scope="package")
def user(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SDK's configuration of a user with an API key."""
    return platform.cloud.api_key(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="package")
def sdk(platform: LocalPlatform, user: dict[str, str]) -> SdkClients:
    """Pointed at the gateway."""
    return SdkClients.at(platform.gateway.url, user)


@pytest.fixture(scope="package")
def sdk_of_compute(platform: LocalPlatform, user: dict[str, str]) -> SdkClients:
    """Pointed at Compute itself, without the function."""
    return SdkClients.at(platform.cloud.endpoint, user)


@pytest.fixture(scope="session")
def cli_installed() -> Path:
    return cli_command()


@pytest.fixture(scope="package")
def cli(
    cli_installed: Path,
    platform: LocalPlatform,
    user: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> OciCli:
    """The real `oci`, pointed at the gateway."""
    return OciCli(cli_installed, user, platform.gateway.url, tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def _settled(platform: LocalPlatform) -> Iterator[None]:
    """The event of an export's ending is delivered in its own time; its calls are not the next test's."""
    yield
    assert platform.cloud.settle()


@pytest.fixture
def image(platform: LocalPlatform) -> dict[str, Any]:
    return platform.cloud.images.add(display_name="golden-ol9")


@pytest.fixture
def to_bucket(platform: LocalPlatform) -> Callable[..., Any]:
    """Makes the SDK's details of an export to an allowed place; keyword arguments go over it."""

    def make(**fields: str | None) -> Any:
        place = {
            "namespace_name": platform.cloud.namespace,
            "bucket_name": platform.cloud.bucket,
            "object_name": f"{ALLOWED_PREFIX}/golden.oci",
        }
        return oci.core.models.ExportImageViaObjectStorageTupleDetails(**place | fields)

    return make


@pytest.fixture
def par(platform: LocalPlatform, user: dict[str, str]) -> Callable[[str], str]:
    """Makes a pre-authenticated request to write an object, as a user does, and returns its whole URL."""
    storage = oci.object_storage.ObjectStorageClient(user, service_endpoint=platform.cloud.endpoint)

    def make(object_name: str) -> str:
        details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(
            name="an export",
            object_name=object_name,
            access_type="ObjectWrite",
            time_expires="2099-01-01T00:00:00Z",
        )
        answer = storage.create_preauthenticated_request(
            platform.cloud.namespace, platform.cloud.bucket, details
        )
        return f"{platform.cloud.endpoint}{answer.data.access_uri}"

    return make
