"""Loading in a hurry leaves the process as it was, but for what was loaded."""

import gc
import importlib
import subprocess
import sys

import pytest

from handlers.loading import with_room, without_collector, without_package


class BoomError(Exception):
    """Something that loading may meet."""


def test_the_collector_stays_out_while_modules_are_loaded_and_is_back_afterwards() -> None:
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_is_back_also_if_loading_fails() -> None:
    with pytest.raises(BoomError), without_collector():
        raise BoomError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_never_gone_through_again() -> None:
    before = gc.get_freeze_count()
    with without_collector():
        kept = [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= before + len(kept)


def test_a_package_that_is_left_out_cannot_be_imported_meanwhile_but_can_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without_package("colorsys"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("colorsys")
    assert importlib.import_module("colorsys") is sys.modules["colorsys"]


def test_a_package_that_is_loaded_already_is_left_alone() -> None:
    with without_package("json"):
        assert importlib.import_module("json") is sys.modules["json"]
    assert "json" in sys.modules


def test_the_sdk_works_without_its_signer_for_hardware_tokens() -> None:
    program = "import sys, handlers.cloud.session; print('pkcs11' in sys.modules, 'oci' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert answer.stdout.split() == [b"False", b"True"]


def test_loading_with_room_gives_what_loading_gives() -> None:
    assert with_room(lambda: "loaded") == "loaded"
    with pytest.raises(BoomError):
        with_room(_fail)


def _fail() -> None:
    raise BoomError
