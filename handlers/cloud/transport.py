"""The connections of a container: a pool for each host, one TLS context for all of them, and a total time
limit for each exchange.

urllib3 without the layers that the SDK puts above it (requests, and a base client). Those read the CA bundle
for every new connection (some 20 ms of a full core, ten times that at a tenth of one, in most calls of a
function that is seldom called, for servers close idle connections), and search the environment for proxies in
every request.
"""

import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import NamedTuple, TypeVar
from urllib.parse import unquote

import urllib3
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, ProtocolError

from handlers.cloud import sdk
from handlers.errors import Misconfigured

_T = TypeVar("_T")

# What goes wrong on the way. Not ValueError or TypeError: those would be bugs of ours.
TRANSPORT_ERRORS = (HTTPError, OSError)

# No service answers more. Parsed, small objects take fifty times their text, and the function has 256 MB.
_LONGEST_BODY = 2 * 1024 * 1024
_LONGEST_HEADER = 4096
_PIECE = 64 * 1024
# What is no time at all for a server: zero would mean no limit.
_SHORTEST = 0.001
# Should something swallow the alarm's error (a finaliser that happens to run, say), it rings again.
_RING_AGAIN_SECONDS = 1.0
# No retries, which know of no deadline. Nor redirects: the body would go to a host that nobody checked.
_ONCE = urllib3.Retry(total=False)


@dataclass(slots=True)
class Request:
    """A request, in the form that the SDK's signer wants as well: it adds to ``headers``.

    ``endpoint`` is scheme and host, ``path_url`` the path and the query, encoded. Header names are in lower
    case.
    """

    method: str
    endpoint: str
    path_url: str
    headers: dict[str, str]
    body: bytes | None

    @property
    def url(self) -> str:
        return self.endpoint + self.path_url


class Response(NamedTuple):
    """An answer as it came, of any status.

    ``headers``: names in lower case, values of printable ASCII and up to 4 KiB; others are left out. ``body``
    is None where it broke off. One over 2 MiB counts as empty.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class Transport:
    """Sends requests and reads answers. Connections are kept for the next call."""

    def __init__(self) -> None:
        self._pools: dict[str, HTTPConnectionPool] = {}

    def send(self, request: Request, *, until: float) -> Response:
        """One request, sent once. A kept connection that the server has closed is replaced before.

        Raises one of TRANSPORT_ERRORS; Misconfigured where the environment names a proxy or a CA bundle that
        can't be used.
        """
        pool = self._pools.get(request.endpoint)
        if pool is None:
            pool = self._pools[request.endpoint] = self._pool(request.endpoint)
        return within(until, lambda: _exchange(pool, request, until))

    def _pool(self, endpoint: str) -> HTTPConnectionPool:
        if endpoint.startswith("http:"):  # for the loopback interface alone, which no proxy can reach
            return urllib3.PoolManager().connection_from_url(endpoint)
        try:
            # HTTPS_PROXY and NO_PROXY as requests reads them, which the SDK's own clients use.
            proxy = sdk.utils.select_proxy(endpoint, sdk.utils.get_environ_proxies(endpoint))
            manager = (
                _proxy_manager(proxy, self._tls) if proxy else urllib3.PoolManager(ssl_context=self._tls)
            )
            return manager.connection_from_url(endpoint)
        except TRANSPORT_ERRORS as error:
            raise Misconfigured(
                f"The proxy or the CA bundle of the environment can't be used ({type(error).__name__})."
            ) from None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # As in requests.
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        path = Path(bundle or sdk.certs.where())
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)


def _proxy_manager(proxy: str, tls: ssl.SSLContext) -> urllib3.ProxyManager:
    url = proxy if "://" in proxy else f"http://{proxy}"
    user = urllib3.util.parse_url(url).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(url, proxy_headers=headers, proxy_ssl_context=tls, ssl_context=tls)


def _exchange(pool: HTTPConnectionPool, request: Request, until: float) -> Response:
    response = pool.urlopen(
        request.method,
        request.path_url,
        request.body,
        request.headers,
        retries=_ONCE,
        timeout=urllib3.Timeout(total=max(_SHORTEST, until - time.monotonic())),
        preload_content=False,
    )
    if response.status < 200:
        # An interim answer that the standard library takes for the last one: the real one would be taken for
        # the next call's.
        response.close()
        raise ProtocolError("an interim answer")
    headers = {
        name.lower(): value.strip() for name, value in response.headers.itermerged() if _is_plain(value)
    }
    return Response(response.status, headers, _body(response))


def _body(response: urllib3.BaseHTTPResponse) -> bytes | None:
    body = bytearray()
    try:
        for piece in response.stream(_PIECE, decode_content=False):
            body += piece
            if len(body) > _LONGEST_BODY:
                response.close()
                return b""
    except TRANSPORT_ERRORS:
        # The head has come, and may say all that matters: that an export was accepted.
        return None
    return bytes(body)


def _is_plain(value: str) -> bool:
    return len(value) <= _LONGEST_HEADER and value.isascii() and value.isprintable()


class TimeLimitReached(TimeoutError):
    """The time for a call is over, whatever it was doing."""


def within(until: float, call: Callable[[], _T]) -> _T:
    """What ``call`` returns. Raises TimeLimitReached at the moment ``until`` on the monotonic clock.

    A socket's timeout is for one read: with it alone, a byte a second keeps a call going for ever, in the TLS
    handshake, the head, interim answers and the body. An alarm ends all of these in one place. Reading in
    pieces against the clock would need a socket of our own, for the head is read by the standard library.

    Signals are the main thread's, where the FDK calls the function. In any other thread, and while the C
    library looks a name up (it has limits of its own), there is no alarm.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()
    is_over = False

    def ring(_signal: int, _frame: FrameType | None) -> None:
        if not is_over:
            raise TimeLimitReached

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        seconds = max(_SHORTEST, until - time.monotonic())
        signal.setitimer(signal.ITIMER_REAL, seconds, _RING_AGAIN_SECONDS)
        return call()
    finally:
        # First of all: from here on, an alarm that is just about to ring does no harm.
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
