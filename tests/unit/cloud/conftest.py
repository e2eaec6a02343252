"""A loopback server, and the function's resource principal as the platform provides it."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from handlers import settings
from handlers.clock import Budget, Clock
from handlers.cloud import api
from handlers.cloud.api import Cloud
from handlers.redaction import Redactor
from tests.unit.cloud.examples import REGION, TOPIC_ID
from tests.unit.cloud.loopback import Loopback


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def session_token(**claims: Any) -> str:
    """A token with the claims that the SDK reads; only the cloud would check who signed it."""
    given = {"exp": int(time.time()) + 3600, "res_tenant": "tenancy", "res_compartment": "compartment"}
    return jwt.encode({**given, **claims}, "no-one-checks-this-signature-of-32-bytes", algorithm="HS256")


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the platform's files (``rpst``, ``private.pem``), named by its environment."""
    pem = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "private.pem").write_bytes(pem)
    (tmp_path / "rpst").write_text(session_token(jti="1"), encoding="ascii")
    environment = {
        "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
        "OCI_RESOURCE_PRINCIPAL_RPST": str(tmp_path / "rpst"),
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(tmp_path / "private.pem"),
        "OCI_RESOURCE_PRINCIPAL_REGION": REGION,
        "OCI_REGION_METADATA": json.dumps(
            {
                "realmDomainComponent": "oraclecloud.com",
                "realmKey": "OC1",
                "regionIdentifier": REGION,
                "regionKey": "FRA",
            }
        ),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path


# A cloud of connections of its own, all services at one endpoint.
Connect = Callable[[str], Cloud]


def give(cloud: Cloud, seconds: float) -> None:
    """So much time for all that follows."""
    cloud._budget = Budget(*[cloud._clock.monotonic() + seconds] * 3)


@pytest.fixture
def connect(credentials: Path) -> Connect:
    def connected(endpoint: str) -> Cloud:
        keys = ("COMPUTE_ENDPOINT", "NOTIFICATION_ENDPOINT", "OBJECT_STORAGE_ENDPOINT")
        connection, places, _ = api.connect(
            settings.read({"TOPIC_ID": TOPIC_ID, **dict.fromkeys(keys, endpoint)})
        )
        cloud = Cloud(connection, places, Budget(0, 0, 0), Clock(), Redactor())
        cloud._most_tries = 1
        give(cloud, 60)
        return cloud

    return connected


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def cloud(server: Loopback, connect: Connect) -> Cloud:
    """The cloud at the loopback server; each call is tried once."""
    return connect(server.endpoint)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """A server's, with a certificate for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def secure_server(tls: ssl.SSLContext) -> Iterator[Loopback]:
    with Loopback(tls) as running:
        yield running


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority's certificate, as the bundle that the environment names."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return bundle
