"""An ASGI app served by uvicorn from a thread of this process, on loopback."""

import asyncio
import socket
import threading
from typing import Any, Self

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp

START_S = 30.0


class BackgroundServer:
    """Serves `app` on 127.0.0.1, on `port` or a free one, from `__enter__` to `__exit__`; `options` are
    uvicorn's."""

    def __init__(self, app: ASGIApp, port: int = 0, **options: Any) -> None:
        options |= {"interface": "asgi3", "loop": "asyncio", "lifespan": "off", "ws": "none"}
        options |= {"proxy_headers": False, "server_header": False, "log_config": None, "access_log": False}
        self._server = _Uvicorn(uvicorn.Config(app, **options))
        self.port = port

    @property
    def url(self) -> str:
        """Base URL without a path."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Raises OSError for a taken port, RuntimeError where the server does not come up."""
        # Named TCP: asyncio sends without delay only on a socket that says so; else each answer waits 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        if not self._server.started_once.wait(START_S):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the server and every connection; an answer that is still to come is given up."""
        self._server.loop.call_soon_threadsafe(self._server.leave.set)
        self._thread.join()


def raw_target(request: Request) -> str:
    """Path and query exactly as they were sent."""
    path, query = (request.scope[part].decode("latin-1") for part in ("raw_path", "query_string"))
    return f"{path}?{query}" if query else path


class _Uvicorn(uvicorn.Server):
    """Leaves as soon as it is asked to: a test's clients are gone by then, and uvicorn's pauses add up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_once = threading.Event()

    async def main_loop(self) -> None:
        self.loop, self.leave = asyncio.get_running_loop(), asyncio.Event()
        self.started_once.set()
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
