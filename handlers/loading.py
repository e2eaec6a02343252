"""Loading in a hurry: at a tenth of a core, imports are what a first call waits for."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_T = TypeVar("_T")
# In words: half a MiB, for which Python takes a chunk of twice that.
_ROOM = 70_000


@contextmanager
def without_collector() -> Iterator[None]:
    """Keeps the garbage collector out while modules are loaded, and from what was loaded ever after.

    Loading makes some hundred thousand objects, nearly all of them to stay: the collector would go through
    them again and again, for about a tenth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def without_package(name: str) -> Iterator[None]:
    """Lets imports of a package fail, as if it were not installed; unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # how Python spells "this import fails"
    try:
        yield
    finally:
        del sys.modules[name]


def with_room(load: Callable[[], _T]) -> _T:
    """What ``load`` returns, called above a large piece of stack.

    Python 3.11 keeps frames in chunks of 16 KiB; a loop of calls that happens to straddle two of them
    allocates and frees one with every call. Compiling one module's regular expressions took 40 ms that way,
    and 5 without.
    """
    return load()


with_room.__code__ = with_room.__code__.replace(co_stacksize=_ROOM)
