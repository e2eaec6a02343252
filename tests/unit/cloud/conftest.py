"""A loopback server, and the function's resource principal as the platform provides it."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from handlers import settings
from handlers.clock import Budget, Clock
from handlers.cloud import api
from handlers.cloud.api import Cloud
from handlers.redaction import Redactor
from tests.local.oci import Cloud as OtherCloud
from tests.local.oci.credentials import ResourcePrincipal
from tests.unit.cloud.examples import TOPIC_ID
from tests.unit.cloud.loopback import Loopback


@pytest.fixture
def principal(tmp_path: Path) -> ResourcePrincipal:
    return OtherCloud(tmp_path / "cloud", serve=False).resource_principal


@pytest.fixture
def credentials(principal: ResourcePrincipal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the platform's files (``rpst``, ``private.pem``), named by its environment."""
    for name, value in principal.write(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


# A cloud of connections of its own, all services at one endpoint.
Connect = Callable[[str], Cloud]


def give(cloud: Cloud, seconds: float) -> None:
    """So much time for all that follows."""
    cloud._budget = Budget(*[cloud._clock.monotonic() + seconds] * 2)


@pytest.fixture
def connect(credentials: Path) -> Connect:
    def connected(endpoint: str) -> Cloud:
        keys = ("COMPUTE_ENDPOINT", "NOTIFICATION_ENDPOINT", "OBJECT_STORAGE_ENDPOINT")
        given = {"TOPIC_ID": "ocid1.onstopic.oc1..a", **dict.fromkeys(keys, endpoint)}
        connection, places, _ = api.connect(settings.read(given))
        cloud = Cloud(connection, places._replace(topic_id=TOPIC_ID), Budget(0, 0), Clock(), Redactor())
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


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's, for localhost, of an authority that the environment's bundle has."""
    authority, bundle = trustme.CA(), str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def secure_server(tls: ssl.SSLContext) -> Iterator[Loopback]:
    with Loopback(tls) as running:
        yield running
