"""The second entry point: the function is loaded in the background, and the first call waits no longer."""

import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fdk
import pytest

from handlers import entry, standby
from handlers.standby import StandbyCode

# Long enough for any machine; nothing waits for it unless it fails.
PATIENCE = 30.0


def handler(context: Any, data: Any) -> str:
    return "answered"


class Loading:
    """A load that takes until a test lets it go, or fails as often as told."""

    def __init__(self, failures: int = 0, failure: type[BaseException] = ImportError) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.failures, self.failure, self.times = failures, failure, 0

    def __call__(self) -> Callable[..., Any]:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        if self.times <= self.failures:
            raise self.failure("broken")
        return handler


def failing(times: int, failure: type[BaseException] = ImportError) -> Loading:
    loading = Loading(times, failure)
    loading.may_end.set()
    return loading


def wait_for_the_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "load":
            thread.join(PATIENCE)


def test_loading_begins_before_any_call_which_waits_for_it_and_happens_once() -> None:
    loading, results = Loading(), list[Any]()
    code = StandbyCode(loading)
    assert loading.begun.wait(PATIENCE)
    call = threading.Thread(target=lambda: results.append(code.handler()), daemon=True)
    call.start()
    assert results == []
    loading.may_end.set()
    call.join(PATIENCE)
    assert [*results, code.handler()] == [handler] * 2
    assert loading.times == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("failure", [ImportError, SystemExit])
def test_a_load_that_failed_in_whatever_way_is_tried_again_by_each_call(failure: type[BaseException]) -> None:
    loading = failing(2, failure)
    code = StandbyCode(loading)
    wait_for_the_thread()
    # It is the call's error, and not the container's end.
    with pytest.raises(failure, match="broken"):
        code.handler()
    assert code.handler() is handler
    assert loading.times == 3


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], str]]:
    """Writes a module that can be imported, and forgets it after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def write(name: str, source: str = "") -> str:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("failures", [0, 1], ids=["loaded", "not loaded"])
def test_what_calls_will_need_is_loaded_after_the_function_if_that_is_there(
    failures: int, modules: Callable[..., str]
) -> None:
    names = [modules("needed_first"), modules("needed_second")]
    StandbyCode(failing(failures), names)
    wait_for_the_thread()
    assert [name in sys.modules for name in names] == [failures == 0] * 2


def test_a_call_does_not_wait_for_that_and_ends_it(
    modules: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first module is held up until the call has been answered.
    gate: Any = types.ModuleType("gate_of_the_test")
    gate.begun, gate.answered = threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, gate.__name__, gate)
    waits = f"import gate_of_the_test as gate\ngate.begun.set()\nassert gate.answered.wait({PATIENCE})"
    code = StandbyCode(lambda: handler, [modules("held_up", waits), modules("never_loaded")])
    assert gate.begun.wait(PATIENCE)
    assert code.handler() is handler
    gate.answered.set()
    wait_for_the_thread()
    assert "held_up" in sys.modules
    assert "never_loaded" not in sys.modules


def test_the_server_is_the_fdks_and_the_function_is_loaded_even_if_its_configuration_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[Any] = []
    monkeypatch.setattr(fdk, "handle", served.append)
    standby.serve()
    (code,) = served
    assert isinstance(code, StandbyCode)
    assert code.handler() is entry.handler
    wait_for_the_thread()
