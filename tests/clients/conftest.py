"""One local cloud for the tests of this folder, and the clients that users have, unmodified."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import oci
import pytest

from tests.described import Described
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.unit.world import tuple_details


class SdkClients(NamedTuple):
    """The generated clients as their constructors make them; each an Any, for the SDK has no types."""

    compute: Any
    work_requests: Any


def _at(endpoint: str, user: dict[str, str]) -> SdkClients:
    kinds = (oci.core.ComputeClient, oci.work_requests.WorkRequestClient)
    return SdkClients(*(kind(user, service_endpoint=endpoint) for kind in kinds))


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Exports move on by hand; each test exports images of its own."""
    with LocalPlatform(tmp_path_factory.mktemp("buckets"), advance="by hand", seed=1) as platform:
        platform.cloud.topic_rate = 10_000
        yield platform


@pytest.fixture(scope="package")
def user(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SDK's configuration of a user with an API key."""
    return platform.cloud.api_key(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="package")
def sdk(platform: LocalPlatform, user: dict[str, str]) -> SdkClients:
    """Pointed at the gateway."""
    return _at(platform.gateway.url, user)


@pytest.fixture(scope="package")
def sdk_of_compute(platform: LocalPlatform, user: dict[str, str]) -> SdkClients:
    """Pointed at Compute itself, without the function."""
    return _at(platform.cloud.endpoint, user)


@pytest.fixture(scope="package")
def http(platform: LocalPlatform) -> Iterator[httpx.Client]:
    """A plain client of the gateway."""
    with httpx.Client(base_url=platform.gateway.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="package")
def described(http: httpx.Client) -> Described:
    """The description that the gateway serves."""
    return Described(http.get("/openapi.json").raise_for_status().json())


@pytest.fixture(autouse=True)
def _settled(platform: LocalPlatform) -> Iterator[None]:
    """The event of an export's ending is delivered in its own time; its calls are not the next test's."""
    yield
    platform.cloud.faults.clear()
    assert platform.cloud.settle()


@pytest.fixture
def image(platform: LocalPlatform) -> dict[str, Any]:
    return platform.cloud.images.add(display_name="golden-ol9")


@pytest.fixture
def details() -> dict[str, str]:
    """ExportImageDetails with an allowed destination, as JSON."""
    return tuple_details(f"{ALLOWED_PREFIX}/golden.oci")


@pytest.fixture
def to_bucket(details: dict[str, str]) -> Callable[..., Any]:
    """Makes the SDK's model of these details; keyword arguments go over them."""

    def make(**fields: str | None) -> Any:
        place = {f"{name}_name": details[f"{name}Name"] for name in ("namespace", "bucket", "object")}
        return oci.core.models.ExportImageViaObjectStorageTupleDetails(**place | fields)

    return make
