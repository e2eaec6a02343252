"""The SDK is imported without its signer for hardware tokens, and nobody else misses the package."""

import importlib
import sys
from types import ModuleType

import pytest

import handlers.cloud

PACKAGE = "pkcs11"


def test_the_package_is_out_of_reach_only_while_the_sdk_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    importlib.reload(handlers.cloud)
    assert PACKAGE not in sys.modules


def test_a_package_that_someone_has_imported_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = ModuleType(PACKAGE)
    monkeypatch.setitem(sys.modules, PACKAGE, imported)
    importlib.reload(handlers.cloud)
    assert sys.modules[PACKAGE] is imported
