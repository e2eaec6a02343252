"""The units' world, for what no process breaks."""

from tests.unit.conftest import world

__all__ = ["world"]
