"""Whatever a client of the gateway sends as a header, the platform's own headers win.

The FDK merges a client's headers with the platform's; in which order they come is not known.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Platforms, Request, line_of, published

SPOOFED = {
    "fn-intent": "cloudevent",
    "fn-deadline": "2000-01-01T00:00:00Z",
    "fn-call-id": "another-call",
    "fn-invoke-type": "detached",
    "fn-http-method": "GET",
    "fn-http-request-url": "/openapi.json",
    "fn-http-status": "200",
    "fn-http-h-fn-intent": "cloudevent",
    "oci-subject-id": "ocid1.user.oc1..somebodyelse",
    "oci-subject-type": "user",
}


@pytest.fixture(scope="module")
def unprotected(platforms: Platforms) -> Iterator[LocalPlatform]:
    """A gateway that keeps nothing from the function."""
    with platforms.borrow(gateway_policies=False) as platform:
        yield platform


@pytest.fixture(params=[False, True], ids=["platform first", "client first"])
def platform(unprotected: LocalPlatform, request: pytest.FixtureRequest) -> Iterator[LocalPlatform]:
    unprotected.gateway.client_first = request.param
    yield unprotected
    unprotected.cloud.faults.clear()


def export(platform: LocalPlatform, asked: Request, body: Any, headers: dict[str, str]) -> httpx.Response:
    url = f"{platform.gateway.url}/20160918/images/{asked.image_id}/actions/export"
    return httpx.post(url, json=body, headers=headers, timeout=60)


@pytest.mark.parametrize(
    "headers", [SPOOFED, *({name: value} for name, value in SPOOFED.items())], ids=["all", *SPOOFED]
)
def test_what_a_client_sends_changes_nothing(platform: LocalPlatform, headers: dict[str, str]) -> None:
    seen = []
    for sent in ({}, headers):
        request = Request(platform, "gateway")
        calls = len(platform.cloud.calls)
        response = export(platform, request, request.details, sent)
        assert (response.status_code, response.json()["id"]) == (200, request.image_id)
        call_id = published(platform)[-1]["data"]["trigger"]["id"]
        line = line_of(platform, call_id)
        assert 100_000 < line["deadlineLeftMs"] <= 120_000
        made = [(call.operation, call.headers.keys()) for call in platform.cloud.calls[calls:]]
        varying = ("time", "callId", "triggerId", "imageId", "destination", "workRequestId", "opcRequestId")
        varying += ("durationMs", "deadlineLeftMs", "clientRequestId")
        seen.append((made, response.headers.keys(), {**line, **dict.fromkeys(varying)}))
    honest, spoofed = seen
    assert spoofed == honest


def test_a_refusal_keeps_its_status_and_goes_to_the_client(platform: LocalPlatform) -> None:
    request, messages = Request(platform, "gateway"), len(platform.cloud.messages)
    refused = [export(platform, request, {}, SPOOFED)]
    # As an event it would be acted upon, and as a detached call's nobody would read of a refusal.
    refused.append(export(platform, request, Request(platform).event, SPOOFED))
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))
    refused.append(export(platform, request, request.details, SPOOFED))
    answered = [(response.status_code, response.json()["code"]) for response in refused]
    assert answered == [(400, "MissingParameter"), (400, "MissingParameter"), (501, "MethodNotImplemented")]
    assert all(response.headers["opc-request-id"] for response in refused)
    assert (len(platform.cloud.messages), request.exports) == (messages, [])
