"""The second entry point, for containers that stand ready: the socket first, the function in the background.

The FDK's own entry point imports the function in the first call, so that a container that stood ready for an
hour still answers its first call cold.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import fdk
from fdk.customer_code import Function as CustomerCode

from handlers.loading import without_collector

# What a first call would import on its way.
_IMPORTED_WHEN_NEEDED = (
    "handlers.triggers.gateway",
    "handlers.triggers.event",
    "handlers.triggers.direct",
    "handlers.exports.start",
)


class StandbyCode(CustomerCode):  # type: ignore[misc]  # the FDK has no types
    """The function's code as the FDK wants it, loading since construction; the first call waits for it."""

    def __init__(self, load: Callable[[], Callable[..., Any]]) -> None:
        self._load = load
        self._handler: Callable[..., Any] | None = None
        self._loading = threading.Thread(target=self._try_to_load, name="load", daemon=True)
        self._loading.start()

    def handler(self) -> Callable[..., Any]:
        """The handler. If loading failed, it is tried again, and the error is the call's."""
        self._loading.join()
        if self._handler is None:
            self._handler = self._load()
        return self._handler

    def _try_to_load(self) -> None:
        # Whatever it is: the next call tries again, and answers with what it meets.
        with suppress(Exception):
            self._handler = self._load()


def load() -> Callable[..., Any]:
    """Imports the function and builds what it keeps."""
    with without_collector():
        from handlers.entry import handler
        from handlers.errors import ExportError

        for module in _IMPORTED_WHEN_NEEDED:
            import_module(module)

    # A wrong configuration: each call names it to its caller.
    with suppress(ExportError):
        handler.prepare()
    return handler


def serve() -> None:
    """Runs the FDK's server until the platform ends it."""
    fdk.handle(StandbyCode(load))
