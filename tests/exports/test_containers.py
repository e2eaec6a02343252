"""Other containers: misconfigured, without protection by a gateway, of the second entry point."""

from collections.abc import Iterator

import pytest

from tests import events
from tests.exports.conftest import Http, error
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Platforms, Request, line_of

NO_IMAGE = "ocid1.image.oc1.phx.nosuchimage"
TRACE_ID = "0123456789abcdef"
TRACING = {"OCI_TRACING_ENABLED": "1", "OCI_TRACE_COLLECTOR_URL": "http://127.0.0.1:1/collector"}
SPOOFED = {
    "fn-intent": "cloudevent",
    "fn-deadline": "2000-01-01T00:00:00Z",
    "fn-call-id": "another-call",
    "fn-invoke-type": "detached",
    "oci-subject-id": "ocid1.user.oc1..somebodyelse",
}


@pytest.fixture
def misconfigured(platforms: Platforms) -> Iterator[LocalPlatform]:
    wrong = {"TOPIC_ID": None, "EXPORT_BUCKET": None, "PAR_HOURS": "planted"}
    with platforms.borrow(config=wrong) as platform:
        yield platform


@pytest.fixture
def standby(platforms: Platforms) -> Iterator[LocalPlatform]:
    """The second entry point, where tracing is on."""
    with platforms.borrow(entry_point="standby", config=TRACING) as platform:
        yield platform


@pytest.fixture
def unprotected(platforms: Platforms) -> Iterator[Http]:
    """A client of a gateway that lets every header through."""
    with platforms.borrow(gateway_policies=False) as platform:
        client = Http(platform)
        yield client
        client.close()


def test_every_wrong_key_is_named_to_the_caller_and_in_the_log(misconfigured: LocalPlatform) -> None:
    http = Http(misconfigured)
    response = http.export(NO_IMAGE, {})
    http.close()
    direct = misconfigured.invoke(events.load("direct"))

    assert error(response) == (500, "InternalServerError")
    assert direct.json()["status"] == 500
    line = line_of(misconfigured, direct.call_id)
    for message in (response.json()["message"], direct.json()["message"], line["message"]):
        assert all(key in message for key in ("TOPIC_ID", "EXPORT_BUCKET", "PAR_HOURS"))
        assert "planted" not in message


def test_a_misconfigured_function_fails_an_event_and_calls_nothing(misconfigured: LocalPlatform) -> None:
    assert misconfigured.invoke(events.load("createimage.end")).failed
    assert misconfigured.cloud.calls == []


def test_the_second_entry_point_exports_and_announces_the_same(standby: LocalPlatform) -> None:
    request = Request(standby)

    assert request.send().document["status"] == "exported"
    assert len(request.exports) == len(request.accepted) == 1
    request.end()
    assert request.send_ending().document["status"] == "announced"


def test_the_platforms_trace_is_named_in_the_log(standby: LocalPlatform) -> None:
    reply = Request(standby, "direct").send(headers=[("x-b3-traceid", TRACE_ID)])

    assert line_of(standby, reply.invocation.call_id)["traceId"] == TRACE_ID


@pytest.mark.parametrize("client_first", [False, True], ids=["platform first", "client first"])
def test_headers_of_the_platform_that_a_client_sends_change_nothing(
    unprotected: Http, client_first: bool
) -> None:
    """In which order a gateway sends both is not known, and the FDK's merge depends on it."""
    platform = unprotected.platform
    platform.gateway.client_first = client_first
    request, refused = (Request(platform, "gateway") for _ in range(2))
    platform.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))
    messages = len(platform.cloud.messages)

    # Taken for a detached call or an event, these would be published, or fail without an answer.
    assert error(unprotected.export(refused, headers=SPOOFED)) == (501, "MethodNotImplemented")
    assert error(unprotected.export("x", {}, SPOOFED)) == (400, "InvalidParameter")
    assert error(unprotected.export(NO_IMAGE, refused.details, SPOOFED)) == (404, "NotAuthorizedOrNotFound")
    assert len(platform.cloud.messages) == messages

    response = unprotected.export(request, headers=SPOOFED)
    assert (response.status_code, response.json()["id"]) == (200, request.image_id)
    [announcement] = request.accepted
    trigger = announcement["data"]["trigger"]
    assert trigger["kind"] == "gateway"
    assert trigger["id"] != SPOOFED["fn-call-id"]
    assert line_of(platform, trigger["id"])["deadlineLeftMs"] > 0
