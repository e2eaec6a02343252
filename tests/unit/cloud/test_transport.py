"""Connections: https is verified against the operator's CA bundle; proxies come from the environment."""

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from oci.auth.signers import SecurityTokenSigner

from handlers.cloud import transport
from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer

FAR = 10.0


@dataclass
class SecureServer:
    """Answers {} over TLS, and counts the connections."""

    authority: trustme.CA = field(default_factory=trustme.CA)
    connections: int = 0
    paths: list[str] = field(default_factory=list)

    def __enter__(self) -> "SecureServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                outer.paths.append(self.path)
                self.send_response(307 if self.path == "/moved" else 200)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                """The test's output is pytest's."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A refused handshake is what a test wants."""

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("localhost").configure_cert(context)
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self._server.server_port}"


class UnsignedRequests(SecurityTokenSigner):
    """A signer that lets requests pass as they are."""

    region = "us-phoenix-1"

    def __init__(self) -> None:
        """Nothing to sign with."""

    def __call__(self, request: Any, enforce_content_headers: bool = True) -> Any:
        return request


@pytest.fixture
def server() -> Iterator[SecureServer]:
    with SecureServer() as running:
        yield running


@pytest.fixture
def trusted(server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecureServer:
    """The server, its authority named by the environment."""
    bundle = tmp_path / "ca.pem"
    server.authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return server


@pytest.fixture(autouse=True)
def fresh_transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fresh = transport.SharedTransport()
    monkeypatch.setattr(transport, "_transport", fresh)
    yield
    fresh.close()


def client(endpoint: str) -> ServiceClient:
    return ServiceClient("compute", "Compute", UnsignedRequests(), service_endpoint=endpoint, base_path="/")


def get(endpoint: str, path: str = "/thing") -> Any:
    return client(endpoint).call("GET", path, until=time.monotonic() + FAR).document


def test_a_private_clouds_ca_bundle_is_taken_from_the_environment(trusted: SecureServer) -> None:
    assert get(trusted.endpoint) == {}


def test_a_server_whose_authority_is_unknown_gets_no_request(server: SecureServer) -> None:
    with pytest.raises(NoAnswer):
        get(server.endpoint)


def test_a_certificate_for_another_host_is_refused(trusted: SecureServer) -> None:
    with pytest.raises(NoAnswer):
        get(trusted.endpoint.replace("localhost", "127.0.0.1"))


def test_the_ca_bundle_is_read_once_for_all_clients_and_they_share_connections(
    trusted: SecureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    create = ssl.create_default_context
    monkeypatch.setattr(
        transport, "ssl", SimpleNamespace(create_default_context=lambda **k: read.append(k) or create(**k))
    )
    get(trusted.endpoint)
    get(trusted.endpoint)
    assert (len(read), trusted.connections) == (1, 1)


def test_proxies_are_those_of_the_environment_but_for_excepted_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:8080")
    monkeypatch.setenv("NO_PROXY", "direct.example.com")
    assert client("https://iaas.example.com").session.proxies["https"] == "http://proxy.example.com:8080"
    assert not client("https://direct.example.com").session.proxies.get("https")


def test_a_redirect_is_not_followed(trusted: SecureServer) -> None:
    with pytest.raises(NoAnswer):
        get(trusted.endpoint, "/moved")
    assert trusted.paths == ["/moved"]
