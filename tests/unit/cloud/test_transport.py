"""Connections: https is verified against the operator's CA bundle; proxies come from the environment."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.cloud.api import Cloud
from handlers.errors import Misconfigured, NoAnswer, ServiceRefusal
from tests.unit.cloud.conftest import Connect
from tests.unit.cloud.examples import IMAGE_ID
from tests.unit.cloud.loopback import Loopback, Reply


def get_image(cloud: Cloud) -> None:
    cloud.get_image(IMAGE_ID)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_connections_are_kept_for_the_next_call_and_shared_by_services(
    server: Loopback, cloud: Cloud
) -> None:
    get_image(cloud)
    get_image(cloud)
    cloud.get_work_request("w")
    assert server.connections == 1


def test_a_connection_that_was_closed_while_idle_is_replaced(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(close=True))
    get_image(cloud)
    assert server.hung_up.wait(10)
    get_image(cloud)
    assert (len(server.requests), server.connections) == (2, 2)


def test_a_server_that_is_not_there_is_no_answer(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer):
            get_image(connect(f"http://127.0.0.1:{unused.getsockname()[1]}"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_passing_refusal_and_not_followed(
    status: int, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(b"", status, {"location": f"{server.endpoint}/elsewhere"}))
    with pytest.raises(ServiceRefusal) as raised:
        get_image(cloud)
    assert (raised.value.status, raised.value.answered, raised.value.passing) == (503, status, True)
    assert len(server.requests) == 1


def test_an_interim_answer_is_not_taken_for_the_last_and_the_last_not_for_the_next_calls(
    server: Loopback, cloud: Cloud
) -> None:
    server.reply(
        Reply(raw=b'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n"wrong"')
    )
    with pytest.raises(NoAnswer):
        get_image(cloud)
    assert cloud.get_image(IMAGE_ID).document == {}


# --- TLS


@pytest.mark.usefixtures("trusted")
def test_a_private_clouds_ca_bundle_is_taken_from_the_environment_and_read_once(
    secure_server: Loopback, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    create = ssl.create_default_context

    def counted(**bundle: Any) -> ssl.SSLContext:
        read.append(bundle)
        return create(**bundle)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    cloud = connect(secure_server.endpoint)
    secure_server.reply(Reply(close=True))
    get_image(cloud)
    assert secure_server.hung_up.wait(10)
    get_image(cloud)
    assert (len(read), secure_server.connections) == (1, 2)


def test_a_bundle_may_be_a_folder(
    secure_server: Loopback, connect: Connect, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.parent))
    with pytest.raises(NoAnswer):  # an empty folder as far as OpenSSL goes: no name in it is a hash
        get_image(connect(secure_server.endpoint))


def test_a_server_whose_authority_is_unknown_gets_no_request(
    secure_server: Loopback, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(NoAnswer):
        get_image(connect(secure_server.endpoint))
    assert secure_server.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_refused(secure_server: Loopback, connect: Connect) -> None:
    with pytest.raises(NoAnswer):
        get_image(connect(secure_server.endpoint.replace("localhost", "127.0.0.1")))


def test_a_bundle_that_is_not_there_is_a_misconfiguration(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(Misconfigured, match="CA bundle"):
        get_image(connect("https://localhost:1"))


# --- Proxies


class Proxy:
    """Opens tunnels to the loopback interface; ``heads``: what it was asked."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head)
            port = int(head.split(b" ")[1].rpartition(b":")[2])
            server = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with source, sink:
        try:
            while piece := source.recv(4096):
                sink.sendall(piece)
        except OSError:
            return


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    running = Proxy()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{running.port}")
    yield running
    running.close()


@pytest.mark.usefixtures("trusted")
def test_https_goes_through_the_proxy_of_the_environment(
    secure_server: Loopback, connect: Connect, proxy: Proxy
) -> None:
    get_image(connect(secure_server.endpoint))
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT localhost:")
    assert b"authorization" not in head.lower()
    assert len(secure_server.requests) == 1


@pytest.mark.usefixtures("trusted")
def test_a_proxy_may_want_a_password_and_need_no_scheme(
    secure_server: Loopback, connect: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"user:p%40ss@127.0.0.1:{proxy.port}")
    get_image(connect(secure_server.endpoint))
    assert b"Basic " + b64encode(b"user:p@ss") in proxy.heads[0]


@pytest.mark.usefixtures("trusted")
def test_a_host_that_the_environment_excepts_is_called_without_the_proxy(
    secure_server: Loopback, connect: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "elsewhere.example.com,localhost")
    get_image(connect(secure_server.endpoint))
    assert proxy.heads == []


def test_plain_http_to_loopback_needs_no_proxy(
    server: Loopback, connect: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    get_image(connect(server.endpoint))
    assert proxy.heads == []


@pytest.mark.usefixtures("trusted")
def test_a_proxy_that_cannot_be_used_is_a_misconfiguration(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1")
    with pytest.raises(Misconfigured) as raised:
        get_image(connect("https://localhost:1"))
    assert "secret" not in raised.value.message
