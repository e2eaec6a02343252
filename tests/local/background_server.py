"""An ASGI app served by uvicorn from a thread of this process, on loopback."""

import socket
import threading
from typing import Self

import uvicorn
from starlette.types import ASGIApp


class BackgroundServer:
    """Serves `app` on 127.0.0.1, on `port` or a free one, from `__enter__` to `__exit__`."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._app = app
        self._wanted_port = port
        self.port = port

    @property
    def url(self) -> str:
        """Base URL without a path."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        # The socket listens from here on, so nobody has to wait for the thread.
        # Named TCP: asyncio sends without delay only on a socket that says so; else each answer waits 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._wanted_port))
            listener.listen(256)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [listener]},
            name=f"server on {self.port}",
            daemon=True,
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
