"""Whatever a client of the gateway sends as a header, the platform's own headers win."""

import pytest

from handlers.errors import NoAnswer
from tests import events
from tests.fakes import IMAGE_ID
from tests.through_fdk.conftest import CALL_ID, Answered, Deployed

FIRST = pytest.mark.parametrize("client_first", [False, True], ids=["platform first", "client first"])
SPOOFED = {
    "fn-intent": "cloudevent",
    "fn-deadline": "2000-01-01T00:00:00Z",
    "fn-call-id": "another-call",
    "fn-invoke-type": "detached",
    "fn-http-method": "GET",
    "fn-http-request-url": "/openapi.json",
    "oci-subject-id": "ocid1.user.oc1..somebodyelse",
    "oci-subject-type": "user",
}
EXPORT = f"/20160918/images/{IMAGE_ID}/actions/export"


def without_log_time(deployed: Deployed) -> list[dict[str, object]]:
    return [{key: value for key, value in line.items() if key != "time"} for line in deployed.log()]


@FIRST
@pytest.mark.parametrize("header", SPOOFED)
def test_a_platforms_header_that_a_client_sends_changes_nothing(
    header: str, client_first: bool, deployed: Deployed
) -> None:
    def export(headers: dict[str, str]) -> Answered:
        body = events.read("gateway.tuple")
        return deployed.http("POST", EXPORT, body, headers, client_first=client_first)

    honest, honest_log = export({}), without_log_time(deployed)
    spoofed, spoofed_log = export({header: SPOOFED[header]}), without_log_time(deployed)
    assert (spoofed.status, spoofed.body) == (200, honest.body)
    assert spoofed_log == honest_log
    honest_call, spoofed_call = deployed.services.calls("export_image")
    assert spoofed_call == honest_call


@FIRST
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", EXPORT, 405), ("POST", "/nowhere", 404), ("POST", EXPORT.replace(IMAGE_ID, "x"), 400)],
)
def test_the_status_of_a_refusal_survives_them(
    method: str, path: str, status: int, client_first: bool, deployed: Deployed
) -> None:
    answered = deployed.http(method, path, b"{}", SPOOFED, client_first=client_first)
    assert answered.status == status
    assert answered.headers["opc-request-id"] == CALL_ID


@FIRST
def test_a_failure_stays_a_reply_to_a_client_who_calls_itself_detached(
    client_first: bool, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[NoAnswer("Too late.")] * 30)
    answered = deployed.http("POST", EXPORT, events.read("gateway.tuple"), SPOOFED, client_first=client_first)
    assert (answered.status, answered.json()["message"]) == (503, "Too late.")


@FIRST
def test_a_client_cannot_pass_its_request_off_as_an_event(client_first: bool, deployed: Deployed) -> None:
    body = events.read("createimage.end")
    answered = deployed.http("POST", EXPORT, body, SPOOFED, client_first=client_first)
    assert (answered.status, answered.json()["code"]) == (400, "MissingParameter")
    assert deployed.services.calls() == []


def test_a_direct_callers_gateway_headers_mean_nothing(deployed: Deployed) -> None:
    headers = {f"fn-http-h-{name}": value for name, value in SPOOFED.items()}
    answered = deployed.invoke(events.read("direct"), headers)
    assert answered.json()["workRequestId"]
