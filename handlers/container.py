"""What a container keeps: settings, the services' clients, and the hosts of Object Storage; built once."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import settings as configuration
from handlers.destinations.url import ObjectStorageHosts
from handlers.services import Services
from handlers.settings import Settings
from handlers.startup import without_collector


@dataclass(frozen=True, slots=True)
class Container:
    """Everything that outlives an invocation. Tests build their own."""

    settings: Settings
    services: Services
    hosts: ObjectStorageHosts


def build(environment: Mapping[str, str]) -> Container:
    """Reads the settings first, so that a wrong configuration is named before anything is called.

    Raises Misconfigured.
    """
    settings = configuration.read(environment)
    with without_collector():
        # The SDK is most of what a first call waits for, and a wrong configuration needs none of it.
        from handlers import cloud

        return Container(settings, *cloud.connect(settings))
