"""The emulator's server: uvicorn in a thread of its own, on a free port of the loopback interface, and an
answer in the bytes that a fault makes of it."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import App
from .exchange import Answer, Call, Stage
from .faults import Fault

# The one that Python's own HTTP client reads on after, however many come.
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
LOOPBACK = "127.0.0.1"
START_S = 30.0

Connections = dict[Any, asyncio.Transport]


class _Protocol(HttpToolsProtocol):
    """Remembers its connection, so that a fault can write to it and close it: ASGI itself has no way to."""

    transports: Connections

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transports.pop(self.client, None)
        super().connection_lost(exc)


class _Uvicorn(uvicorn.Server):
    """Leaves as soon as it is asked to, without the grace that clients of a real service need.

    A test's clients are gone by then, and uvicorn's pauses at the end of each test add up.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Server:
    """Serves the app between `start` and `stop`."""

    def __init__(self, app: App, port: int = 0, keep_alive_s: int = 75) -> None:
        self._app = app
        self._connections: Connections = {}
        config = uvicorn.Config(
            self._serve_request,
            http=type("Protocol", (_Protocol,), {"transports": self._connections}),
            interface="asgi3",
            loop="asyncio",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            date_header=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=keep_alive_s,
        )
        self._server = _Uvicorn(config)
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> str:
        """Returns the endpoint, once it answers. Raises RuntimeError when it does not come up, OSError for a
        taken port."""
        self._socket = _listening(self._port)
        self._thread = threading.Thread(target=self._run, name="oci-emulator", daemon=True)
        self._thread.start()
        give_up = time.monotonic() + START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up:
                raise RuntimeError("the emulator's server did not start")
            time.sleep(0.005)
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Ends the server and every connection; an answer that is still being delayed is given up."""
        if self._thread and self._loop:
            self.close_connections()
            self._loop.call_soon_threadsafe(self._server.leave.set)
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

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Cancelled only at the end, by `shutdown`, when nobody waits for the answer any more.
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self._answer(scope, receive, send)
            except Exception as problem:
                self._app.bugs.append(problem)
                raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
        exchange = self._app.receive(
            request.method, f"{path}?{query}" if query else path, dict(request.headers), await request.body()
        )
        await self._tell("received", exchange.call)
        await asyncio.sleep(exchange.begin())
        answer = exchange.end()
        await self._tell("done", exchange.call)
        if answer is None:
            await self._send_raw(scope, receive)
        elif answer.fault:
            written = pieces(answer, answer.fault, with_body=request.method != "HEAD")
            await self._send_raw(scope, receive, written, answer.fault.drip)
        else:
            response = Response(answer.body(), answer.status, answer.headers, answer.content_type)
            await response(scope, receive, send)

    async def _tell(self, stage: Stage, call: Call) -> None:
        for watch in self._app.watching(stage, call):
            await run_in_threadpool(watch.callback, call)

    async def _send_raw(
        self, scope: Scope, receive: Receive, pieces: Iterable[bytes] = (), pause: float = 0
    ) -> None:
        """Writes bytes to the connection of a request, with a pause (seconds) after each piece, closes it,
        and returns when the server knows."""
        transport = self._connections[tuple(scope["client"])]
        for piece in pieces:
            if transport.is_closing():
                break
            transport.write(piece)
            await asyncio.sleep(pause)
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket] if self._socket else None)


def _listening(port: int) -> socket.socket:
    # Named TCP, for asyncio sends without delay only on a socket that says so; else each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def pieces(answer: Answer, fault: Fault, *, with_body: bool) -> Iterator[bytes]:
    """What to write at once, one piece after the other."""
    yield from [INTERIM] * fault.interim
    head, body = (fault.raw, b"") if fault.raw is not None else (_head(answer), answer.body())
    yield from _dripped(head, fault.drip and fault.drip_head)
    if with_body:
        yield from _dripped(body[: fault.cut], fault.drip)


def _dripped(content: bytes, drip: float) -> Iterator[bytes]:
    if drip:
        yield from (bytes([byte]) for byte in content)
    elif content:
        yield content


def _head(answer: Answer) -> bytes:
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body())),
        **answer.headers,
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
