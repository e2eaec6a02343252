"""A cloud in memory for each test."""

import pytest

from handlers import redaction
from tests.fakes import FakeClock, FakeServices


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def clock(services: FakeServices) -> FakeClock:
    return services.clock


@pytest.fixture(autouse=True)
def nothing_learned() -> None:
    """Secrets of other tests are none here."""
    redaction.forget()
