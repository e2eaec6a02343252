"""A server on the loopback interface that keeps what it was sent, and answers what it is told to."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any, NamedTuple, Self

# A pause between two bytes of a server that drips.
_DRIP_SECONDS = 0.01
# The first byte of a client that wants TLS.
_HELLO = b"\x16"


class Request(NamedTuple):
    """One request as it came over the wire; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """``document`` is put on the wire as JSON; bytes go as they are.

    ``raw``: these bytes instead of an answer. ``forever``: then these, byte by byte, until the client hangs
    up. ``close``: hang up afterwards.
    """

    document: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    forever: bytes = b""
    close: bool = False

    @property
    def body(self) -> bytes:
        return self.document if isinstance(self.document, bytes) else json.dumps(self.document).encode()


HANGING, DROPPED = Reply(raw=b""), Reply(raw=b"", close=True)


class Loopback:
    """``replies`` are given in turn, then ``{}`` for ever. ``connections``: how many were made.

    With ``tls``, it is a proxy as well, which answers in place of the host where a tunnel would lead.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.connections = 0
        self.hung_up = threading.Event()
        handler = type("Handler", (_Handler,), {"loopback": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.endpoint = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self._server.server_port}"
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # tests want clients to hang up
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

    def reply(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two packets: without this, the second waits for the first to be acknowledged.
    disable_nagle_algorithm = True
    loopback: Loopback

    def setup(self) -> None:
        self.loopback.connections += 1
        if self.loopback.tls and self.request.recv(1, socket.MSG_PEEK) == _HELLO:
            self.request = self.loopback.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.connection.close()
        self.loopback.hung_up.set()

    def log_message(self, *_: Any) -> None:
        """The test's output is pytest's."""

    def do_CONNECT(self) -> None:
        self._keep(b"")
        self.send_response(200)
        self.end_headers()
        self.setup()
        self.close_connection = False  # although it is HTTP/1.0 that asks for tunnels

    def _keep(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.loopback.requests.append(Request(self.command, self.path, headers, body))

    def do_GET(self) -> None:
        self._keep(self.rfile.read(int(self.headers.get("content-length", 0))))
        reply = self.loopback.replies.pop(0) if self.loopback.replies else Reply()
        if reply.raw is None:
            self._send(reply)
        else:
            self.wfile.write(reply.raw)
        for byte in cycle(reply.forever):
            self.wfile.write(bytes([byte]))
            time.sleep(_DRIP_SECONDS)
        self.close_connection = reply.close or self.close_connection

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # as http.server looks them up

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        usual = {"content-type": "application/json", "content-length": str(len(reply.body))}
        for name, value in {**usual, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
