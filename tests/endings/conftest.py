"""Local clouds, with and without records."""

from collections.abc import Iterator

import pytest

from tests.local.platform import LocalPlatform
from tests.platform import WITH_RECORDS, Platforms, Request


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
def request_without_record(platform: LocalPlatform) -> Request:
    """An event's request, where there are no records."""
    return Request(platform)


@pytest.fixture
def a_request(recording: LocalPlatform) -> Request:
    """An event's request, where there are records."""
    return Request(recording)
