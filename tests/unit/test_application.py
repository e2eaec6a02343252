"""What a container keeps, built out of the environment."""

from pathlib import Path
from typing import Any

import pytest

from handlers import application
from handlers.errors import Misconfigured
from tests.fakes import BUCKET, ENVIRONMENT, NAMESPACE, TOPIC_ID
from tests.unit.cloud.conftest import credentials

__all__ = ["credentials"]  # a fixture

ENDPOINTS = {
    "COMPUTE_ENDPOINT": "https://compute.cloud.example",
    "NOTIFICATION_ENDPOINT": "https://topics.cloud.example",
    "OBJECT_STORAGE_ENDPOINT": "https://objects.cloud.example",
}


def clients(built: application.Application) -> dict[str, Any]:
    services: Any = built.services
    return {
        "compute": services.compute.client,
        "work requests": services.work_requests.client,
        "notifications": services.notifications.client,
        "object storage": services.object_storage.client,
    }


def test_the_services_are_where_the_configuration_says(credentials: Path) -> None:
    built = application.build({**ENVIRONMENT, **ENDPOINTS})
    assert {name: client.get_endpoint() for name, client in clients(built).items()} == {
        "compute": "https://compute.cloud.example",
        "work requests": "https://compute.cloud.example",
        "notifications": "https://topics.cloud.example",
        "object storage": "https://objects.cloud.example",
    }
    assert built.policy.hosts.endpoint == "https://objects.cloud.example"
    assert built.policy.settings.topic_id == TOPIC_ID
    assert built.policy.settings.event_destination == (NAMESPACE, BUCKET)


def test_without_endpoints_the_services_are_the_regions(credentials: Path) -> None:
    built = application.build(ENVIRONMENT)
    assert clients(built)["compute"].get_endpoint() == "https://iaas.eu-frankfurt-1.oraclecloud.com"
    assert built.policy.hosts.region == "eu-frankfurt-1"


def test_all_services_share_one_signer(credentials: Path) -> None:
    made = clients(application.build(ENVIRONMENT)).values()
    assert len({id(client.signer) for client in made}) == 1


def test_a_wrong_configuration_is_named_before_the_principal_is_looked_for() -> None:
    with pytest.raises(Misconfigured, match="TOPIC_ID is missing"):
        application.build({})


def test_a_missing_principal_is_a_misconfiguration() -> None:
    with pytest.raises(Misconfigured, match="resource principal"):
        application.build(ENVIRONMENT)
