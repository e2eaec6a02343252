"""HTTP/1.1 over a unix socket, kept alive from call to call, with a limit on the whole exchange."""

import http.client
import select
import socket
from collections.abc import Sequence
from pathlib import Path

Headers = Sequence[tuple[str, str | bytes]]


class UnixHTTPConnection(http.client.HTTPConnection):
    """`http.client`'s connection, to a socket file instead of a port."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path
        self.sock: socket.socket | None = None

    def connect(self) -> None:
        connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connecting.connect(str(self._path))
        except OSError:
            connecting.close()
            raise
        self.sock = connecting

    def ready(self) -> socket.socket:
        """The open socket; opened anew if the server closed it while it was idle (nothing is lost then)."""
        if self.sock is not None and select.select([self.sock], [], [], 0)[0]:
            self.close()
        if self.sock is None:
            self.connect()
        assert self.sock is not None
        return self.sock


def post_call(
    connection: UnixHTTPConnection, headers: Headers, body: bytes, timeout_s: float
) -> tuple[int, dict[str, str], bytes]:
    """Posts to `/call` as the platform does, in chunks. Returns the wire status, headers (lower case) and
    body.

    Raises OSError or http.client.HTTPException if the container closes the connection or talks nonsense, and
    TimeoutError if the answer keeps it waiting for longer than `timeout_s`.
    """
    connection.ready().settimeout(max(timeout_s, 0.001))
    connection.putrequest("POST", "/call", skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    if body:
        connection.send(b"%x\r\n%b\r\n" % (len(body), body))
    connection.send(b"0\r\n\r\n")
    response = connection.getresponse()
    answer = response.read()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, answer
