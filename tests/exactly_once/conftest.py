"""Local clouds, with and without records, and what is not known about Compute, either way."""

from collections.abc import Iterator

import pytest

from tests.local.oci import Switches
from tests.local.platform import LocalPlatform
from tests.platform import SWITCHES, WITH_RECORDS, Platforms, Request, set_switches


@pytest.fixture
def platform(platforms: Platforms) -> Iterator[LocalPlatform]:
    """Without records."""
    with platforms.borrow() as platform:
        yield platform


@pytest.fixture
def recording(platforms: Platforms) -> Iterator[LocalPlatform]:
    """With records."""
    with platforms.borrow(config=WITH_RECORDS) as platform:
        yield platform


@pytest.fixture
def event_request(platform: LocalPlatform) -> Request:
    """The request of an event."""
    return Request(platform)


@pytest.fixture(params=SWITCHES)
def switches(request: pytest.FixtureRequest) -> Switches:
    """A setting of the switches, for a test to put them to."""
    return SWITCHES[request.param]


@pytest.fixture
def either_way(platform: LocalPlatform, switches: Switches) -> LocalPlatform:
    """The local cloud without records, under each setting of the switches."""
    set_switches(platform, switches)
    return platform
