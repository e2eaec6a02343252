"""Requests to local clouds with and without records."""

import pytest

from tests.local.platform import LocalPlatform
from tests.platform import Request


@pytest.fixture
def request_without_record(platform: LocalPlatform) -> Request:
    """An event's request, where there are no records."""
    return Request(platform)


@pytest.fixture
def a_request(recording: LocalPlatform) -> Request:
    """An event's request, where there are records."""
    return Request(recording)
