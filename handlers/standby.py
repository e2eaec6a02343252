"""The second entry point, for containers that stand ready: the socket first, the function in the background.

The FDK's own entry point imports the function in the first call, so that a container that stood ready for an
hour still answers its first call cold.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import fdk
from fdk.customer_code import Function as CustomerCode

from handlers.errors import ExportError
from handlers.startup import LAZY, loading


class StandbyCode(CustomerCode):  # type: ignore[misc]  # the FDK has no types
    """The function's code as the FDK wants it, loading since construction.

    The first call waits for ``load``, and no longer: the modules ``at_leisure`` are loaded after that, one by
    one, until a call comes.
    """

    def __init__(self, load: Callable[[], Callable[..., Any]], at_leisure: Sequence[str] = ()) -> None:
        self._load = load
        self._at_leisure = at_leisure
        self._handler: Callable[..., Any] | None = None
        self._load_ended = threading.Event()
        self._called = threading.Event()
        threading.Thread(target=self._load_in_background, name="load", daemon=True).start()

    def handler(self) -> Callable[..., Any]:
        """The handler. If loading failed, it is tried again, and the error is the call's."""
        self._called.set()
        self._load_ended.wait()
        if self._handler is None:
            self._handler = self._load()
        return self._handler

    def _load_in_background(self) -> None:
        try:
            # Whatever fails: the next call tries again, and answers with what it meets.
            with suppress(Exception):
                self._handler = loading(self._load)
        finally:
            # Also after a SystemExit, say: a call that waits would wait for ever.
            self._load_ended.set()
        if self._handler is not None:
            loading(self._load_at_leisure)

    def _load_at_leisure(self) -> None:
        for module in self._at_leisure:
            if self._called.is_set():
                return
            import_module(module)


def load() -> Callable[..., Any]:
    """Imports the function and builds what it keeps."""
    from handlers.entry import handler

    # A wrong configuration: each call names it to its caller.
    with suppress(ExportError):
        handler.prepare()
    return handler


def serve() -> None:
    """Runs the FDK's server until the platform ends it."""
    fdk.handle(StandbyCode(load, LAZY))
