"""An event's request, and what is not known about Compute, either way."""

import pytest

from tests.local.oci import Switches
from tests.local.platform import LocalPlatform
from tests.platform import SWITCHES, Request, set_switches


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
