"""The function in memory, for what no process breaks, in each way that Compute may be."""

from collections.abc import Iterator

import pytest

from tests.exactly_once.ways import WAYS, Way
from tests.local.oci.announcements import untrue
from tests.platform import WITH_RECORDS, Platforms, Request
from tests.unit.conftest import world
from tests.unit.world import RECORDS, World

__all__ = ["world"]


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture
def somehow(world: World, way: Way) -> Iterator[World]:
    """The cloud and the function in that way. In the end, nothing was announced that is not so."""
    way.set(world.cloud)
    world.configure(EXPORT_RECORDS=RECORDS if way.records else None)
    # Enough for some tries; what waits in vain need not wait for longer.
    world.seconds = 20.0
    yield world
    assert not untrue(world.cloud)


@pytest.fixture
def a_request(way: Way, platforms: Platforms) -> Iterator[Request]:
    """An event's request to the real process, in the test's way."""
    with platforms.borrow(**({"config": WITH_RECORDS} if way.records else {})) as platform:
        way.set(platform.cloud)
        yield Request(platform)
