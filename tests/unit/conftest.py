"""A cloud in memory, and a clock that only the test moves."""

import pytest

from tests.fakes import FakeClock, FakeServices


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def clock(services: FakeServices) -> FakeClock:
    return services.clock
