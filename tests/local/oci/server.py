"""The emulator's server: uvicorn in a thread of its own, on a free port of the loopback interface."""

import asyncio
import socket
import threading
import time
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOOPBACK = "127.0.0.1"
START_S = 30.0

Connections = dict[Any, asyncio.Transport]


class _Protocol(HttpToolsProtocol):
    """Remembers its connection, so that a fault can drop it: ASGI itself has no way to close one without an
    answer."""

    transports: Connections

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transports.pop(self.client, None)
        super().connection_lost(exc)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the connection of a request without an answer, and returns when the server knows."""
    scope["connections"][tuple(scope["client"])].close()
    while (await receive())["type"] != "http.disconnect":
        pass


class Server:
    """Serves an ASGI application between `start` and `stop`."""

    def __init__(self, app: ASGIApp, port: int = 0, keep_alive_s: int = 75) -> None:
        self._app = app
        self._connections: Connections = {}
        config = uvicorn.Config(
            self._with_connections,
            http=type("Protocol", (_Protocol,), {"transports": self._connections}),
            interface="asgi3",
            loop="asyncio",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=keep_alive_s,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> str:
        """Returns the endpoint, once it answers. Raises RuntimeError when it does not come up, OSError for a
        taken port."""
        self._socket = socket.create_server((LOOPBACK, self._port))
        self._thread = threading.Thread(target=self._run, name="oci-emulator", daemon=True)
        self._thread.start()
        give_up = time.monotonic() + START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the emulator's server did not start")
            time.sleep(0.005)
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Ends the server; a request that is still being delayed is cut off after a second."""
        self._server.should_exit = True
        if self._thread:
            self._thread.join()
        if self._socket:
            self._socket.close()

    def close_connections(self) -> None:
        """Closes every open connection from the server's side, idle ones among them, as a load balancer
        does."""
        assert self._loop is not None
        loop, closed = self._loop, threading.Event()

        def close() -> None:
            for transport in list(self._connections.values()):
                transport.close()
            loop.call_soon(closed.set)

        loop.call_soon_threadsafe(close)
        closed.wait(START_S)

    async def _with_connections(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "connections": self._connections}, receive, send)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket] if self._socket else None)
