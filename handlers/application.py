"""What a container keeps: settings, signer and clients, built once."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import settings as configuration
from handlers.exports.policy import Policy
from handlers.exports.services import Services
from handlers.loading import without_collector
from handlers.settings import Settings


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that outlives an invocation. Tests build their own."""

    policy: Policy
    services: Services


def build(environment: Mapping[str, str]) -> Application:
    """Reads the settings first, so that a wrong configuration is named before anything is called.

    Raises Misconfigured.
    """
    settings = configuration.read(environment)
    with without_collector():
        return _build(settings)


def _build(settings: Settings) -> Application:
    # Imported here: the SDK is most of what a first call waits for, and a wrong configuration needs none of
    # it.
    from handlers.cloud.compute import Compute
    from handlers.cloud.notifications import Notifications
    from handlers.cloud.object_storage import ObjectStorage
    from handlers.cloud.session import resource_principal
    from handlers.cloud.work_requests import WorkRequests

    signer = resource_principal()
    object_storage = ObjectStorage(signer, settings.object_storage_endpoint)
    services = Services(
        compute=Compute(signer, settings.compute_endpoint),
        work_requests=WorkRequests(signer, settings.compute_endpoint),
        notifications=Notifications(signer, settings.notification_endpoint, settings.topic_id),
        object_storage=object_storage,
    )
    return Application(Policy(settings, object_storage.hosts), services)
