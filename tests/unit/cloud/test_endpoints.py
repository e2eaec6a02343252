"""Without a configured endpoint, each service is where the generated client would look for it."""

import json
import os
import subprocess
import sys
from typing import Any

import oci
import pytest
from oci.auth.signers import SecurityTokenSigner

from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.object_storage import ObjectStorage
from handlers.cloud.work_requests import WorkRequests
from tests.fakes import TOPIC_ID

REGIONS = {
    "us-phoenix-1": "oraclecloud.com",
    "eu-frankfurt-1": "oraclecloud.com",
    "us-langley-1": "oraclegovcloud.com",
    "us-gov-ashburn-1": "oraclegovcloud.com",
    "uk-gov-london-1": "oraclegovcloud.uk",
    "eu-madrid-2": "oraclecloud.eu",
    "xx-nowhere-1": "oraclecloud.com",  # unknown regions count as the first realm's
}


class Principal(SecurityTokenSigner):
    """A signer of a region, for clients that are never to send anything."""

    def __init__(self, region: str) -> None:
        self.region = region


def ours(region: str, endpoint: str | None = None) -> dict[str, Any]:
    signer = Principal(region)
    return {
        "compute": Compute(signer, endpoint).client,
        "work requests": WorkRequests(signer, endpoint).client,
        "notifications": Notifications(signer, endpoint, TOPIC_ID).client,
        "object storage": ObjectStorage(signer, endpoint).client,
    }


def generated(region: str, **keywords: Any) -> dict[str, Any]:
    keywords["signer"] = Principal(region)
    return {
        "compute": oci.core.ComputeClient({}, **keywords).base_client,
        "work requests": oci.work_requests.WorkRequestClient({}, **keywords).base_client,
        "notifications": oci.ons.NotificationDataPlaneClient({}, **keywords).base_client,
        "object storage": oci.object_storage.ObjectStorageClient({}, **keywords).base_client,
    }


def endpoints(clients: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The host, and the URL that paths are put behind with what the template makes of it."""
    return {
        name: (client.get_endpoint(), client.handle_service_params_in_endpoint({}, {}, []))
        for name, client in clients.items()
    }


@pytest.mark.parametrize("region", REGIONS)
def test_the_default_endpoints_are_the_generated_clients(region: str) -> None:
    assert endpoints(ours(region)) == endpoints(generated(region))


@pytest.mark.parametrize(("region", "domain"), REGIONS.items())
def test_every_realm_has_its_domain(region: str, domain: str) -> None:
    hosts = {name: host for name, (host, _) in endpoints(ours(region)).items()}
    assert hosts == {
        "compute": f"https://iaas.{region}.{domain}",
        "work requests": f"https://iaas.{region}.{domain}",
        "notifications": f"https://notification.{region}.{domain}",
        "object storage": f"https://objectstorage.{region}.{domain}",
    }


def test_a_configured_endpoint_is_used_as_the_generated_client_does() -> None:
    endpoint = "https://iaas.cloud.example:8443"
    configured = endpoints(ours("us-phoenix-1", endpoint))
    assert configured == endpoints(generated("us-phoenix-1", service_endpoint=endpoint))
    assert {host for host, _ in configured.values()} == {endpoint}


def test_dual_stack_endpoints_are_the_generated_clients_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = endpoints(ours("us-phoenix-1"))
    monkeypatch.setenv("OCI_DUAL_STACK_ENDPOINT_ENABLED", "true")
    assert endpoints(ours("us-phoenix-1")) == endpoints(generated("us-phoenix-1"))
    assert endpoints(ours("us-phoenix-1")) != plain


def test_a_private_realm_is_known_from_the_platforms_metadata() -> None:
    # The SDK reads the metadata once for a process, so that this needs one of its own.
    code = (
        "from tests.unit.cloud.test_endpoints import *\n"
        "here = endpoints(ours('moon-base-1'))\n"
        "print(json.dumps([here['compute'][0], here == endpoints(generated('moon-base-1'))]))"
    )
    metadata = {
        "realmKey": "OC99",
        "realmDomainComponent": "cloud.moon.example",
        "regionKey": "MBS",
        "regionIdentifier": "moon-base-1",
    }
    answered = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OCI_REGION_METADATA": json.dumps(metadata)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answered.stdout) == ["https://iaas.moon-base-1.cloud.moon.example", True]
