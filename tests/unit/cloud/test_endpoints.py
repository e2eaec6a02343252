"""Without a configured endpoint, each service is where the generated client would look for it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from oci.auth.signers import SecurityTokenSigner

from handlers.cloud import api
from tests.unit.cloud.generated_clients import generated_clients

# One of each realm, and one that is not known, which counts as the first realm's.
REGIONS = ("us-phoenix-1", "us-langley-1", "uk-gov-london-1", "eu-madrid-2", "xx-nowhere-1")
KINDS = {
    "compute": api._COMPUTE,
    "work requests": api._WORK_REQUESTS,
    "notifications": api._NOTIFICATIONS,
    "object storage": api._OBJECT_STORAGE,
}


class Principal(SecurityTokenSigner):  # type: ignore[misc]  # the SDK has no types
    """A signer of a region, for clients that are never to send anything."""

    def __init__(self, region: str) -> None:
        self.region = region


def ours(region: str, endpoint: str | None = None) -> dict[str, str]:
    """The URL that paths are put behind."""
    services = {name: kind.at(endpoint, region) for name, kind in KINDS.items()}
    return {name: service.endpoint + service.base_path for name, service in services.items()}


def generated(region: str, **keywords: Any) -> dict[str, str]:
    """The same of the SDK's own clients."""
    return {
        name: client.base_client.handle_service_params_in_endpoint({}, {}, [])
        for name, client in generated_clients(signer=Principal(region), **keywords).items()
    }


@pytest.mark.parametrize("region", REGIONS)
def test_the_default_endpoints_are_the_generated_clients(region: str) -> None:
    assert ours(region) == generated(region)


def test_a_configured_endpoint_is_used_as_the_generated_client_does() -> None:
    endpoint = "https://iaas.cloud.example:8443"
    configured = ours("us-phoenix-1", endpoint)
    assert configured == generated("us-phoenix-1", service_endpoint=endpoint)
    assert all(url.startswith(endpoint) for url in configured.values())


def test_dual_stack_endpoints_are_the_generated_clients_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ours("us-phoenix-1")
    monkeypatch.setenv("OCI_DUAL_STACK_ENDPOINT_ENABLED", "true")
    assert ours("us-phoenix-1") == generated("us-phoenix-1") != plain


def test_a_private_realm_is_known_from_the_platforms_metadata() -> None:
    # The SDK reads the metadata once for a process, so that this needs one of its own.
    code = (
        "from tests.unit.cloud.test_endpoints import *\n"
        "here = ours('moon-base-1')\n"
        "print(json.dumps([here['compute'], here == generated('moon-base-1')]))"
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
    assert json.loads(answered.stdout) == ["https://iaas.moon-base-1.cloud.moon.example/20160918", True]
