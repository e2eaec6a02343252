"""What a container keeps, built out of the environment."""

from pathlib import Path
from typing import Any

import pytest

from handlers import container
from handlers.errors import Misconfigured
from tests.fakes import BUCKET, ENVIRONMENT, NAMESPACE, TOPIC_ID
from tests.unit.cloud.conftest import credentials

__all__ = ["credentials"]  # a fixture

ENDPOINTS = {
    "COMPUTE_ENDPOINT": "https://compute.cloud.example",
    "NOTIFICATION_ENDPOINT": "https://topics.cloud.example",
    "OBJECT_STORAGE_ENDPOINT": "https://objects.cloud.example",
}


def endpoints(built: container.Container) -> dict[str, str]:
    services: Any = built.services
    names = ("compute", "work_requests", "notifications", "object_storage")
    return {name: getattr(services, name)._service.endpoint for name in names}


def test_the_services_are_where_the_configuration_says(credentials: Path) -> None:
    built = container.build({**ENVIRONMENT, **ENDPOINTS})
    assert endpoints(built) == {
        "compute": "https://compute.cloud.example",
        "work_requests": "https://compute.cloud.example",
        "notifications": "https://topics.cloud.example",
        "object_storage": "https://objects.cloud.example",
    }
    assert built.hosts.endpoint == "https://objects.cloud.example"
    assert built.settings.topic_id == TOPIC_ID
    assert built.settings.event_destination == (NAMESPACE, BUCKET)


def test_without_endpoints_the_services_are_the_regions(credentials: Path) -> None:
    built = container.build(ENVIRONMENT)
    assert endpoints(built)["compute"] == "https://iaas.eu-frankfurt-1.oraclecloud.com"
    assert built.hosts.region == "eu-frankfurt-1"


def test_all_services_share_one_signer_and_one_transport(credentials: Path) -> None:
    services: Any = container.build(ENVIRONMENT).services
    clients = [services.compute, services.work_requests, services.notifications, services.object_storage]
    for shared in ("_signer", "_transport"):
        assert len({id(getattr(client._service, shared)) for client in clients}) == 1


def test_a_wrong_configuration_is_named_before_the_principal_is_looked_for() -> None:
    with pytest.raises(Misconfigured, match="TOPIC_ID is missing"):
        container.build({})


def test_a_missing_principal_is_a_misconfiguration() -> None:
    with pytest.raises(Misconfigured, match="resource principal"):
        container.build(ENVIRONMENT)
