"""A cloud for each test, and the vendor's own SDK as its client, with the function's resource principal."""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud


@pytest.fixture
def clock() -> Clock:
    """Stands still, a little after now, until a test moves it."""
    return Clock(speed=0)


@pytest.fixture
def cloud(tmp_path: Path, clock: Clock) -> Iterator[Cloud]:
    with Cloud(tmp_path / "buckets", clock=clock, advance="by hand", seed=1) as cloud:
        yield cloud


def resource_principal_signer(cloud: Cloud, folder: Path, **options: Any) -> Any:
    """The signer that the SDK makes for a function, from the platform's files."""
    environment = cloud.resource_principal.write(folder)
    return oci.auth.signers.EphemeralResourcePrincipalSigner(
        session_token=environment["OCI_RESOURCE_PRINCIPAL_RPST"],
        private_key=environment["OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"],
        region=environment["OCI_RESOURCE_PRINCIPAL_REGION"],
        **options,
    )


class Clients:
    """The generated clients, each built when a test first asks for it; an Any, for the SDK has no types."""

    def __init__(self, cloud: Cloud, config: dict[str, str], **signer: Any) -> None:
        self._config = config
        self._settings = signer | {
            "service_endpoint": cloud.endpoint,
            "retry_strategy": oci.retry.NoneRetryStrategy(),
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        }

    @cached_property
    def compute(self) -> Any:
        return oci.core.ComputeClient(self._config, **self._settings)

    @cached_property
    def work(self) -> Any:
        return oci.work_requests.WorkRequestClient(self._config, **self._settings)

    @cached_property
    def topic(self) -> Any:
        return oci.ons.NotificationDataPlaneClient(self._config, **self._settings)

    @cached_property
    def storage(self) -> Any:
        return oci.object_storage.ObjectStorageClient(self._config, **self._settings)


def sdk_clients(cloud: Cloud, signer: Any = None, config: dict[str, str] | None = None) -> Clients:
    return Clients(cloud, config or {}, **({"signer": signer} if signer else {}))


@pytest.fixture
def clients(cloud: Cloud, tmp_path: Path) -> Clients:
    """Generated clients, unmodified, without retries."""
    return sdk_clients(cloud, resource_principal_signer(cloud, tmp_path / "credentials"))


@pytest.fixture
def export(cloud: Cloud, clients: Any) -> Callable[..., Any]:
    """Calls ExportImage to the usual bucket; keyword arguments go to the SDK's operation."""

    def call(image_id: str, object_name: str = "golden.oci", **options: Any) -> Any:
        return clients.compute.export_image(image_id, tuple_details(cloud, object_name), **options)

    return call


def tuple_details(cloud: Cloud, object_name: str, **fields: str) -> Any:
    names = {
        "namespace_name": cloud.namespace,
        "bucket_name": cloud.bucket,
        "object_name": object_name,
    } | fields
    return oci.core.models.ExportImageViaObjectStorageTupleDetails(**names)
