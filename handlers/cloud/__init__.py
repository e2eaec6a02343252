"""The clients of the cloud's services, and the only package that knows the OCI SDK."""

from typing import Protocol

from handlers.cloud import compute, notifications, object_storage, work_requests
from handlers.cloud.sdk import regions
from handlers.cloud.service import Service, ServiceKind
from handlers.cloud.signer import resource_principal
from handlers.cloud.transport import Transport
from handlers.destinations.url import ObjectStorageHosts
from handlers.services import Services


class CloudSettings(Protocol):
    """The settings that ``connect`` reads. Without an endpoint, it is the region's."""

    @property
    def compute_endpoint(self) -> str | None: ...
    @property
    def notification_endpoint(self) -> str | None: ...
    @property
    def object_storage_endpoint(self) -> str | None: ...
    @property
    def topic_id(self) -> str: ...


def connect(settings: CloudSettings) -> tuple[Services, ObjectStorageHosts]:
    """The services as the function's resource principal reaches them, and the hosts of Object Storage.

    Nothing is called yet. Raises Misconfigured where there is no resource principal.
    """
    signer = resource_principal()
    transport = Transport()

    def service(kind: ServiceKind, endpoint: str | None) -> Service:
        return Service(kind, signer, transport, endpoint)

    storage = service(object_storage.SERVICE, settings.object_storage_endpoint)
    services = Services(
        compute=compute.Compute(service(compute.SERVICE, settings.compute_endpoint)),
        work_requests=work_requests.WorkRequests(service(work_requests.SERVICE, settings.compute_endpoint)),
        notifications=notifications.Notifications(
            service(notifications.SERVICE, settings.notification_endpoint), settings.topic_id
        ),
        object_storage=object_storage.ObjectStorage(storage),
    )
    hosts = ObjectStorageHosts(
        endpoint=storage.endpoint,
        # Without a template: the public host, also where dual stack is asked for.
        regional=regions.endpoint_for(
            object_storage.SERVICE.name, signer.region, endpoint_service_name="objectstorage"
        ).removeprefix("https://"),
        region=signer.region,
    )
    return services, hosts
