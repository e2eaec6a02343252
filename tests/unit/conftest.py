"""A cloud in memory with the function in it, and a clock that only waiting moves."""

from pathlib import Path

import pytest

from tests.unit.world import RECORDS, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The function without records."""
    return World(tmp_path, monkeypatch)


@pytest.fixture
def recording(world: World) -> World:
    """The function with records, at ``RECORDS``."""
    world.configure(EXPORT_RECORDS=RECORDS)
    return world
