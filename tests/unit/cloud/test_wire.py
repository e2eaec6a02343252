"""What goes over the wire, and where to, is what the generated client of the same SDK sends, operation by
operation. An upgrade of the SDK that moves a host, a path, a header or a field is seen here.
"""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import parse_qsl, unquote, urlsplit

import oci
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oci.auth.signers import SecurityTokenSigner

from handlers.clock import parse_time
from handlers.cloud import api
from handlers.cloud.api import Cloud
from handlers.cloud.sdk import resource_principal
from tests.unit.cloud.examples import OPERATIONS, REGION, Scripted
from tests.unit.cloud.loopback import Loopback, Reply, Request

# Chance and time differ between any two requests, and the sizes of two spellings of the same JSON.
_BY_CHANCE = ("date", "opc-request-id", "content-length", "x-content-sha256")
# Compression would have to be unpacked against a limit, and answers are short; connections are kept anyway;
# and a body of a few KiB does not ask first whether it may come.
_LEFT_OUT = ("accept-encoding", "connection", "expect")


def generated_clients(**keywords: Any) -> SimpleNamespace:
    """The SDK's own clients, by its names of the services."""
    return SimpleNamespace(
        compute=oci.core.ComputeClient({}, **keywords),
        work_request=oci.work_requests.WorkRequestClient({}, **keywords),
        notification_data_plane=oci.ons.NotificationDataPlaneClient({}, **keywords),
        object_storage=oci.object_storage.ObjectStorageClient({}, **keywords),
    )


def meaning(request: Request) -> dict[str, Any]:
    """A request without what chance and spelling make of it."""
    target = urlsplit(request.target)
    headers = {
        name: "present" if name in _BY_CHANCE else value
        for name, value in request.headers.items()
        if name not in _LEFT_OUT
    }
    # All but the signature's value, which time changes: it also says what is signed.
    headers["authorization"] = re.sub('signature="[^"]+"', "", headers["authorization"])
    if not request.body:
        headers.pop("content-length", None)  # "0" or nothing
    body = json.loads(request.body or b"null")
    if body and "timeExpires" in body:
        body["timeExpires"] = parse_time(body["timeExpires"])
    return {
        "method": request.method,
        "path": target.path,
        "query": sorted(parse_qsl(target.query)),
        "headers": headers,
        "body": body,
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_on_the_wire_what_the_generated_client_sends(
    name: str, server: Loopback, cloud: Cloud
) -> None:
    operation = OPERATIONS[name]
    server.reply(*[Reply(operation.reply)] * 2)
    operation.ours(cloud)
    # It encodes strictly, tries once, and has no circuit breaker.
    clients = generated_clients(
        signer=resource_principal(),
        service_endpoint=server.endpoint,
        retry_strategy=oci.retry.NoneRetryStrategy(),
        circuit_breaker_strategy=oci.circuit_breaker.NoCircuitBreakerStrategy(),
        enable_strict_url_encoding=True,
    )
    operation.generated(clients)
    ours, generated = server.requests
    assert meaning(ours) == meaning(generated)
    # No answer is asked for in compressed form.
    assert ours.headers["accept-encoding"] == "identity"


def test_every_verb_of_the_services_is_compared() -> None:
    cloud = MagicMock()
    for operation in OPERATIONS.values():
        operation.ours(cloud)
    called = {name for name, _, _ in cloud.method_calls}
    assert called == {name for name in vars(Cloud) if not name.startswith("_")}


@given(
    st.text(min_size=1, max_size=40) | st.sampled_from([".", "..", "a/../b", "a%2fb", "{imageId}", "x\0\n"])
)
def test_any_text_is_one_segment_of_the_path(text: str) -> None:
    scripted = Scripted()
    scripted.cloud.get_image(text)
    segments = scripted.requests[0].path_url.split("/")
    assert segments[:3] == ["", "20160918", "images"]
    assert [unquote(segment) for segment in segments[3:]] == [text]
    # A step on a path is one also where a server decodes it first.
    assert segments[3] not in (".", "..")


# --- Endpoints


class Principal(SecurityTokenSigner):  # type: ignore[misc]  # the SDK has no types
    """A signer of a region, for clients that are never to send anything."""

    def __init__(self, region: str) -> None:
        self.region = region


def ours(region: str, endpoint: str | None = None) -> dict[str, str]:
    """The URL that paths are put behind, by the service's name."""
    kinds = (api._COMPUTE, api._WORK_REQUESTS, api._NOTIFICATIONS, api._OBJECT_STORAGE)
    services = [kind.at(endpoint, region) for kind in kinds]
    return {service.name: service.endpoint + service.base_path for service in services}


def generated(region: str, **keywords: Any) -> dict[str, str]:
    """The same of the SDK's own clients."""
    return {
        name: client.base_client.handle_service_params_in_endpoint({}, {}, [])
        for name, client in vars(generated_clients(signer=Principal(region), **keywords)).items()
    }


# One of each realm, and one that is not known, which counts as the first realm's.
@pytest.mark.parametrize("region", [REGION, "us-langley-1", "uk-gov-london-1", "eu-madrid-2", "xx-nowhere-1"])
@pytest.mark.parametrize("dual_stack", ["", "true"])
def test_the_default_endpoints_are_the_generated_clients(
    region: str, dual_stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ours(region)
    monkeypatch.setenv("OCI_DUAL_STACK_ENDPOINT_ENABLED", dual_stack)
    assert ours(region) == generated(region)
    assert (ours(region) == plain) is (not dual_stack)


def test_a_configured_endpoint_is_used_as_the_generated_client_does() -> None:
    endpoint = "https://iaas.cloud.example:8443"
    assert ours(REGION, endpoint) == generated(REGION, service_endpoint=endpoint)
    assert all(url.startswith(endpoint) for url in ours(REGION, endpoint).values())


def test_a_private_realm_is_known_from_the_platforms_metadata() -> None:
    # The SDK reads the metadata once for a process, so that this needs one of its own.
    code = (
        "from tests.unit.cloud.test_wire import *\n"
        "here = ours('moon-base-1')\n"
        "print(json.dumps([here['compute'], here == generated('moon-base-1')]))"
    )
    metadata = {
        "realmKey": "OC99",
        "realmDomainComponent": "cloud.moon.example",
        "regionKey": "MBS",
        "regionIdentifier": "moon-base-1",
    }
    environment = {**os.environ, "OCI_REGION_METADATA": json.dumps(metadata)}
    told = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert json.loads(told) == ["https://iaas.moon-base-1.cloud.moon.example/20160918", True]
