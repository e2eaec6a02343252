"""The function as it is deployed: its events, direct calls, and gateway, with the policies of the README."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.local.platform import LocalPlatform
from tests.platform import Request


class Http:
    """A client of the gateway."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        # Loading the CA bundle takes longer than a test; the gateway speaks HTTP.
        self._client = httpx.Client(base_url=platform.gateway.url, timeout=60, verify=False)  # noqa: S501

    def close(self) -> None:
        self._client.close()

    def export(
        self, request: Request | str, details: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """ExportImage of a request's image; of another, where an OCID is given."""
        image_id = request if isinstance(request, str) else request.image_id
        asked = details if details is not None or isinstance(request, str) else request.details
        path = f"/20160918/images/{image_id}/actions/export"
        return self._client.post(path, json=asked, headers=headers)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._client.get(path, **options)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._client.request(method, path, **options)


@pytest.fixture
def http(platform: LocalPlatform) -> Iterator[Http]:
    client = Http(platform)
    yield client
    client.close()


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has the one form that all have."""
    document = response.json()
    assert set(document) == {"code", "message"}
    assert response.headers["opc-request-id"]
    assert response.headers["content-type"] == "application/json"
    return response.status_code, document["code"]
