"""A cloud for each test, and the vendor's own SDK as its client, with the function's resource principal."""

from collections.abc import Callable, Iterator
from datetime import timedelta
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
    """The generated clients, unmodified, without retries; each is built when a test first asks for it."""

    def __init__(self, cloud: Cloud, signer: Any = None, config: dict[str, str] | None = None) -> None:
        self._config = config or {}
        self._settings = {
            "service_endpoint": cloud.endpoint,
            "retry_strategy": oci.retry.NoneRetryStrategy(),
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
            **({"signer": signer} if signer else {}),
        }

    def __getattr__(self, service: str) -> Any:
        client = _CLIENTS[service](self._config, **self._settings)
        setattr(self, service, client)
        return client


_CLIENTS = {
    "compute": oci.core.ComputeClient,
    "work": oci.work_requests.WorkRequestClient,
    "topic": oci.ons.NotificationDataPlaneClient,
    "storage": oci.object_storage.ObjectStorageClient,
}


@pytest.fixture
def clients(cloud: Cloud, tmp_path: Path) -> Clients:
    return Clients(cloud, resource_principal_signer(cloud, tmp_path / "credentials"))


def failure(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The SDK's error, with which a call ends that the service refuses."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def refused(call: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[int, str | None]:
    error = failure(call, *arguments, **options)
    return error.status, error.code


@pytest.fixture
def export(cloud: Cloud, clients: Any) -> Callable[..., Any]:
    """Calls ExportImage to the usual bucket; keyword arguments go to the SDK's operation."""

    def call(image_id: str, object_name: str = "golden.oci", **options: Any) -> Any:
        return clients.compute.export_image(image_id, tuple_details(cloud, object_name), **options)

    return call


def create_par(cloud: Cloud, clients: Any, **fields: Any) -> Any:
    """Creates a pre-authenticated request that lives a day; what is told of it."""
    given: dict[str, Any] = {
        "name": "export",
        "access_type": "ObjectWrite",
        "object_name": "a b/golden.oci",
        "time_expires": cloud.clock.datetime() + timedelta(hours=24),
    }
    details = oci.object_storage.models.CreatePreauthenticatedRequestDetails(**given | fields)
    create = clients.storage.create_preauthenticated_request
    return create(cloud.namespace, cloud.bucket, details).data


def tuple_details(cloud: Cloud, object_name: str, **fields: str) -> Any:
    names = {"namespace_name": cloud.namespace, "bucket_name": cloud.bucket, "object_name": object_name}
    return oci.core.models.ExportImageViaObjectStorageTupleDetails(**names | fields)
