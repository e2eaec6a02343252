"""A cloud in memory, and a clock that only the test moves."""

import pytest

from tests.fakes import FakeClock, FakeServices
from tests.unit.deployed import Deployed


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def clock(services: FakeServices) -> FakeClock:
    return services.clock


@pytest.fixture
def deployed(services: FakeServices, capsys: pytest.CaptureFixture[str]) -> Deployed:
    """The function with the configuration that everything works with."""
    return Deployed(services, capsys)
