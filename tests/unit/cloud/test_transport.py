"""Connections: https is verified against the operator's CA bundle; proxies come from the environment; each
call ends in time, whatever the server does. Where a limit fails, these tests never end.
"""

import signal
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic
from unittest.mock import Mock

import pytest

from handlers.cloud import transport
from handlers.cloud.api import Cloud
from handlers.cloud.transport import Request, TimeLimitReached, Transport, within
from handlers.errors import Misconfigured, NoAnswer, ServiceRefusal
from tests.unit.cloud.conftest import Connect, give
from tests.unit.cloud.examples import OPERATIONS, get_image
from tests.unit.cloud.loopback import DROPPED, HANGING, Loopback, Reply

SHORT = 0.4
# The head of an answer whose body drips.
LONG = {"content-length": "1000000"}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_a_connection_is_kept_for_all_services_and_replaced_when_it_was_closed(
    server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(), Reply(close=True))
    get_image(cloud)
    cloud.get_work_request("w")
    assert server.connections == 1
    assert server.hung_up.wait(10)
    get_image(cloud)
    assert (len(server.requests), server.connections) == (3, 2)


def test_a_server_that_is_not_there_is_no_answer(connect: Connect) -> None:
    with pytest.raises(NoAnswer):
        get_image(connect("http://127.0.0.1:1"))


@pytest.mark.parametrize("call", ["ExportImage", "GetImage"])
def test_after_a_lost_answer_nothing_is_sent_twice(call: str, server: Loopback, cloud: Cloud) -> None:
    server.reply(DROPPED)
    with pytest.raises(NoAnswer, match="gave no usable answer in time"):
        OPERATIONS[call].ours(cloud)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "seconds", "body"),
    [
        pytest.param(Reply({}, headers=LONG, close=True), 60, None, id="that breaks off"),
        pytest.param(Reply({}, headers=LONG, forever=b" "), SHORT, None, id="that drips"),
        pytest.param(Reply(b" " * (2 * 1024 * 1024 + 1)), 60, b"", id="that is too long"),
    ],
)
def test_of_an_answer_the_head_counts_also_before_a_body(
    reply: Reply, seconds: float, body: bytes | None, server: Loopback
) -> None:
    headers = {"ETag": " e ", "opc-next-page": "e" * 4096, "x-long": "e" * 4097, "x-odd": "caf\xe9"}
    request, connection = Request("GET", server.endpoint, "/", {}, None), Transport()
    connection.send(request, until=monotonic() + 60)
    server.reply(replace(reply, headers={**reply.headers, **headers}))
    answer = connection.send(request, until=monotonic() + seconds)
    assert (answer.status, answer.body) == (200, body)
    assert (answer.headers["etag"], answer.headers["opc-next-page"]) == ("e", "e" * 4096)
    assert not {"x-long", "x-odd"} & set(answer.headers)


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
    server.reply(Reply(raw=b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"))
    with pytest.raises(NoAnswer):
        get_image(cloud)
    assert get_image(cloud) == {}


# --- TLS


def test_a_private_clouds_ca_bundle_is_taken_from_the_environment_and_read_once_for_all_hosts(
    secure_server: Loopback, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Mock(wraps=ssl.create_default_context)
    monkeypatch.setattr(ssl, "create_default_context", create)
    cloud = connect(secure_server.endpoint)
    secure_server.reply(Reply(close=True))
    get_image(cloud)
    assert secure_server.hung_up.wait(10)
    get_image(cloud)
    assert secure_server.connections == 2
    # Another host needs a certificate of its own.
    another = connect(secure_server.endpoint.replace("localhost", "127.0.0.1"))
    another._connection = cloud._connection
    with pytest.raises(NoAnswer):
        get_image(another)
    assert create.call_count == 1


@pytest.mark.parametrize("bundle", ["", "{}"])  # the usual one; a folder without any authority
def test_a_server_whose_authority_is_unknown_gets_no_request(
    bundle: str, secure_server: Loopback, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle.format(tmp_path))
    with pytest.raises(NoAnswer):
        get_image(connect(secure_server.endpoint))
    assert secure_server.requests == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("REQUESTS_CA_BUNDLE", "/nowhere/secret.pem"), ("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1")],
)
def test_a_bundle_or_a_proxy_that_cannot_be_used_is_a_misconfiguration(
    variable: str, value: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured, match="CA bundle") as raised:
        get_image(connect("https://localhost:1"))
    assert "secret" not in raised.value.message


# --- Proxies


@pytest.mark.parametrize(
    ("spelt", "authorization"), [("http://{}", None), ("user:p%40ss@{}", b64encode(b"user:p@ss").decode())]
)
def test_https_goes_through_the_proxy_of_the_environment_which_may_want_a_password(
    spelt: str,
    authorization: str | None,
    connect: Connect,
    secure_server: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", spelt.format(secure_server.endpoint.removeprefix("https://")))
    get_image(connect("https://localhost:1"))
    tunnel, request = secure_server.requests
    assert (tunnel.method, tunnel.target) == ("CONNECT", "localhost:1")
    assert "authorization" not in tunnel.headers
    assert tunnel.headers.get("proxy-authorization") == (authorization and f"Basic {authorization}")
    assert request.method == "GET"
    assert "proxy-authorization" not in request.headers


def test_a_host_that_the_environment_excepts_and_loopback_are_called_without_the_proxy(
    secure_server: Loopback, server: Loopback, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nobody listens
    get_image(connect(server.endpoint))
    monkeypatch.setenv("NO_PROXY", "elsewhere.example.com,localhost")
    get_image(connect(secure_server.endpoint))


# --- Time


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
DRIPPING = {
    "the head": [Reply(raw=b"HTTP/1.1 200 OK\r\nx-filler: ", forever=b"x")],
    "interim answers": [Reply(raw=b"", forever=b"HTTP/1.1 100 Continue\r\n\r\n")],
    "the body": [Reply(b"", headers=LONG, forever=b" ")],
    "chunks of the body": [Reply(raw=CHUNKED, forever=b"1\r\n \r\n")],
    "an error's body": [Reply(b"", 400, LONG, forever=b" ")],
    "nothing, after a 401": [Reply({}, 401), HANGING],
}


@pytest.mark.parametrize("kind", ["server", "secure_server"])
@pytest.mark.parametrize("part", DRIPPING)
def test_a_server_that_drips_or_hangs_is_left_in_time_and_the_next_call_works(
    part: str, kind: str, connect: Connect, request: pytest.FixtureRequest
) -> None:
    server: Loopback = request.getfixturevalue(kind)
    cloud = connect(server.endpoint)
    # The connection is there already: on a busy machine, making it may take as long.
    get_image(cloud)
    server.reply(*DRIPPING[part])
    give(cloud, SHORT)
    with pytest.raises(NoAnswer):
        get_image(cloud)
    assert server.hung_up.wait(10)
    give(cloud, 60)
    get_image(cloud)


def test_a_server_that_never_ends_its_handshake_is_left_in_time(server: Loopback, connect: Connect) -> None:
    # It takes the client's hello for the beginning of a request.
    cloud = connect(server.endpoint.replace("http:", "https:"))
    give(cloud, SHORT)
    with pytest.raises(NoAnswer):
        get_image(cloud)


def test_in_another_thread_a_server_that_hangs_is_left_in_time(server: Loopback, cloud: Cloud) -> None:
    server.reply(HANGING)
    give(cloud, SHORT)
    with ThreadPoolExecutor(1) as pool, pytest.raises(NoAnswer):
        pool.submit(get_image, cloud).result()


# An alarm may ring in a finaliser, too, which swallows it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_alarm_that_something_swallows_rings_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_RING_AGAIN_SECONDS", 0.01)

    def call() -> None:
        try:
            threading.Event().wait()
        except TimeLimitReached:
            threading.Event().wait()

    with pytest.raises(TimeLimitReached):
        within(monotonic() + 0.01, call)


def test_after_the_call_no_alarm_rings_and_the_handler_is_the_one_from_before() -> None:
    def earlier(*_: object) -> None:
        """Somebody else's."""

    before = signal.signal(signal.SIGALRM, earlier)
    try:
        late: Callable[..., object] = within(monotonic() + 60, lambda: signal.getsignal(signal.SIGALRM))  # type: ignore[assignment]
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is earlier
        late(signal.SIGALRM, None)  # as if it rang just while it was switched off
    finally:
        signal.signal(signal.SIGALRM, before)
