"""TLS in front of the emulator, which speaks plain HTTP."""

import asyncio
import contextlib
import ssl
import threading
from pathlib import Path
from typing import Self

import certifi
import trustme

_LOOPBACK = "127.0.0.1"


class TlsFront:
    """Takes TLS connections and passes on what comes to a plain port of the loopback interface.

    Its authority stands in ``bundle``, a file in ``folder``, after those that every client reads: how many
    they are is what a client's first connection costs.
    """

    def __init__(self, plain_port: int, folder: Path) -> None:
        authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(_LOOPBACK).configure_cert(self._context)
        self.bundle = folder / "authorities.pem"
        self.bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        self._plain_port = plain_port
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="tls", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"https://{_LOOPBACK}:{self._port}"

    async def _serve(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._pass_on, _LOOPBACK, 0, ssl=self._context)
        self._port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._is_over.wait()
        server.close()

    async def _pass_on(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        emulator, to_emulator = await asyncio.open_connection(_LOOPBACK, self._plain_port)
        with contextlib.suppress(asyncio.CancelledError):  # at the end, with connections still open
            await asyncio.gather(_pump(client, to_emulator), _pump(emulator, to_client))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # a container was ended while connected
        while piece := await source.read(64 * 1024):
            sink.write(piece)
            await sink.drain()
    sink.close()
