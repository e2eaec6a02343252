"""What every test gets: an environment and a logging system that no other test has touched."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handlers.settings import KEYS

if TYPE_CHECKING:
    from tests.local.platform import LocalPlatform
    from tests.platform import Platforms

_CONFIGURATION = frozenset(key.name for key in KEYS)
_OF_THE_PLATFORM = ("FN_", "FDK_", "OCI_")
# The loggers whose levels the function sets.
_SET_BY_THE_FUNCTION = ("handlers", "fdk")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves slow tests to the gate, unless a file, a test or a marker was asked for."""
    if config.option.markexpr or any("::" in arg or Path(arg).is_file() for arg in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a developer's own configuration, and none of the platform's variables."""
    for name in list(os.environ):
        if name in _CONFIGURATION or name.startswith(_OF_THE_PLATFORM):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _isolated_logging() -> Iterator[None]:
    """Importing the FDK sets the root logger to DEBUG, and the function takes the root logger over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in _SET_BY_THE_FUNCTION}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(scope="session")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Platforms"]:
    """The local clouds that this worker's tests share."""
    # Imported here: the units need none of it.
    from tests.platform import Platforms

    with ExitStack() as opened:
        yield Platforms(tmp_path_factory.mktemp("platforms"), opened)


@pytest.fixture
def platform(platforms: "Platforms") -> Iterator["LocalPlatform"]:
    """A local cloud without records."""
    with platforms.borrow() as platform:
        yield platform


@pytest.fixture
def recording(platforms: "Platforms") -> Iterator["LocalPlatform"]:
    """A local cloud with records."""
    from tests.platform import WITH_RECORDS

    with platforms.borrow(config=WITH_RECORDS) as platform:
        yield platform
