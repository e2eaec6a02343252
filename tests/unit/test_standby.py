"""The second entry point: the function is loaded in the background, and the first call waits no longer."""

import threading
from collections.abc import Callable
from typing import Any

import fdk
import pytest

from handlers import entry, standby
from handlers.standby import StandbyCode

# Long enough for any machine; nothing waits for it unless it fails.
PATIENCE = 30.0


def handler(context: Any, data: Any) -> str:
    return "answered"


def loading(*outcomes: Any) -> Callable[[], Any]:
    """A load with these outcomes, one a try, and none after them."""
    left = list(outcomes)

    def load() -> Any:
        outcome = left.pop(0)
        if outcome is handler:
            return handler
        raise outcome("broken")

    return load


class Gate:
    """Something that takes until a test lets it go."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.begun.set()
        assert self.may_end.wait(PATIENCE)


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were imported at leisure; nothing is."""
    names: list[str] = []
    monkeypatch.setattr(standby, "import_module", names.append)
    return names


def wait_for_the_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "load":
            thread.join(PATIENCE)


def test_loading_begins_before_any_call_which_waits_for_it_and_happens_once() -> None:
    gate, load, results = Gate(), loading(handler), list[Any]()
    code = StandbyCode(lambda: gate.wait() or load())
    assert gate.begun.wait(PATIENCE)
    call = threading.Thread(target=lambda: results.append(code.handler()), daemon=True)
    call.start()
    assert results == []
    gate.may_end.set()
    call.join(PATIENCE)
    assert [*results, code.handler()] == [handler] * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("failure", [ImportError, SystemExit])
def test_a_load_that_failed_in_whatever_way_is_tried_again_by_each_call(failure: type[BaseException]) -> None:
    code = StandbyCode(loading(failure, failure, handler))
    wait_for_the_thread()
    # It is the call's error, and not the container's end.
    with pytest.raises(failure, match="broken"):
        code.handler()
    assert code.handler() is handler


@pytest.mark.parametrize("outcome", [handler, ImportError])
def test_what_calls_will_need_is_loaded_after_the_function_if_that_is_there(
    outcome: Any, imported: list[str]
) -> None:
    load = loading(outcome)
    StandbyCode(lambda: imported.append("the function") or load(), ["first", "second"])
    wait_for_the_thread()
    assert imported == ["the function", *(["first", "second"] if outcome is handler else [])]


def test_a_call_does_not_wait_for_that_and_ends_it(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first module is held up until the call has been answered.
    gate = Gate()
    monkeypatch.setattr(standby, "import_module", lambda name: gate.wait() or imported.append(name))
    code = StandbyCode(lambda: handler, ["held up", "never loaded"])
    assert gate.begun.wait(PATIENCE)
    assert code.handler() is handler
    gate.may_end.set()
    wait_for_the_thread()
    assert imported == ["held up"]


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
