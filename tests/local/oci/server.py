"""The emulator's server, and an answer in the bytes that a fault makes of it."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..background_server import BackgroundServer, raw_target
from .app import App
from .exchange import Answer, Call, Stage
from .faults import Fault

# The one that Python's own HTTP client reads on after, however many come.
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
KEEP_ALIVE_S = 75

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


class Server(BackgroundServer):
    def __init__(self, app: App) -> None:
        self._app = app
        self._connections: Connections = {}
        protocol = type("Protocol", (_Protocol,), {"transports": self._connections})
        super().__init__(
            self._serve_request, http=protocol, date_header=False, timeout_keep_alive=KEEP_ALIVE_S
        )

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Cancelled only at the end, when nobody waits for the answer any more.
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self._answer(scope, receive, send)
            except Exception as problem:
                self._app.bugs.append(problem)
                raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        exchange = self._app.receive(request.method, raw_target(request), request.headers, body)
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
        for callback in self._app.watching(stage, call):
            await run_in_threadpool(callback, call)

    async def _send_raw(
        self, scope: Scope, receive: Receive, pieces: Iterable[bytes] = (), pause: float = 0
    ) -> None:
        """Writes bytes to the connection of a request, with a pause (seconds) after each piece, closes it,
        and returns when the server knows."""
        # A client that was killed meanwhile has none any more.
        if transport := self._connections.get(tuple(scope["client"])):
            for piece in pieces:
                if transport.is_closing():
                    break
                transport.write(piece)
                await asyncio.sleep(pause)
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def pieces(answer: Answer, fault: Fault, *, with_body: bool) -> Iterator[bytes]:
    """What to write at once, one piece after the other."""
    yield from [INTERIM] * fault.interim
    head, body = (_head(answer), answer.body()[: fault.cut]) if fault.raw is None else (fault.raw, b"")
    for part, drips in ((head, fault.drip and fault.drip_head), (body if with_body else b"", fault.drip)):
        if drips:
            yield from (bytes([byte]) for byte in part)
        elif part:
            yield part


def _head(answer: Answer) -> bytes:
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body()))}
    headers |= answer.headers | {"connection": "close"}
    lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
