"""A loopback server, and the function's resource principal as the platform provides it."""

import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from handlers.cloud import session
from tests.unit.cloud.loopback import Loopback

REGION = "eu-frankfurt-1"


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


@pytest.fixture
def signer(credentials: Path) -> Any:
    return session.resource_principal()


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback
