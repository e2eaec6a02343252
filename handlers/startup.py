"""Loading fast: at a tenth of a core, imports are what a first call waits for."""

import gc
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any, TypeVar

_T = TypeVar("_T")
# In words: half a MiB, for which Python takes a chunk of twice that.
_LARGE_STACK = 70_000

# What is imported only when an invocation needs it. Our own code is compiled in every first call (the
# platform's tree is read-only): a module of a hundred lines takes about a millisecond of a full core, ten of
# the function's tenth; a request model takes pydantic as long again. The order is that of use.
LAZY = (
    "handlers.entry",
    "handlers.triggers.event",
    "handlers.triggers.gateway",
    "handlers.triggers.direct",
    "handlers.triggers.requests",
    "handlers.records",
    "handlers.operations.endings",
    "handlers.operations.catch_up",
)


def loaded_at_first_use(name: str) -> None:
    """Lets a package's modules be imported without its own code, which often imports all of them.

    That code is run when something is asked of the package that is no module in it: nobody misses anything
    (PEP 562 is how Python lets a module do this). A package that is loaded is left alone.
    """
    parent, _, last_name = name.rpartition(".")
    spec = PathFinder.find_spec(name, import_module(parent).__path__ if parent else None)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    loader = spec.loader
    module = module_from_spec(spec)

    def load(attribute: str) -> Any:
        inner = f"{name}.{attribute}"
        if PathFinder.find_spec(inner, spec.submodule_search_locations or []):
            return import_module(inner)
        del module.__getattr__
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = module
    if parent:
        setattr(sys.modules[parent], last_name, module)


def with_large_stack(call: Callable[[], _T]) -> _T:
    """What ``call`` returns, called above a large piece of stack: for what is called once.

    Since 3.11, Python keeps frames in chunks of 16 KiB; a loop of calls that happens to straddle two of them
    allocates and frees one with every call. On 3.12 a first call did so 2,600 times, a fifth of its CPU time
    where page faults are dear. Not for every call: it costs 0.1 to 0.2 ms.
    """
    return call()


with_large_stack.__code__ = with_large_stack.__code__.replace(co_stacksize=_LARGE_STACK)


def loading(load: Callable[[], _T]) -> _T:
    """The same without the garbage collector, which never goes through what was loaded.

    Loading makes some hundred thousand objects, nearly all of them to stay: the collector would go through
    them again and again, for about a tenth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return with_large_stack(load)
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
