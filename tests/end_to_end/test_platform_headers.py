"""The FDK merges a client's headers with the platform's; in which order they come is not known."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.end_to_end.conftest import Running, error
from tests.local.oci import Fault

IMAGE_ID = "ocid1.image.oc1.phx.nosuchimage"


SPOOFED = {
    "fn-intent": "cloudevent",
    "fn-deadline": "2000-01-01T00:00:00Z",
    "fn-call-id": "another-call",
    "fn-invoke-type": "detached",
    "oci-subject-id": "ocid1.user.oc1..somebodyelse",
}


@pytest.fixture(scope="module", params=[False, True], ids=["platform first", "client first"])
def spoofed(request: pytest.FixtureRequest, run: Callable[..., Any]) -> Iterator[Running]:
    with run(client_first=request.param) as platform:
        platform.http.headers.update(SPOOFED)
        yield platform


def test_that_a_client_sends_change_nothing(spoofed: Running) -> None:
    image_id = spoofed.image()
    response = spoofed.export(image_id)
    assert (response.status_code, response.json()["id"]) == (200, image_id)
    trigger = spoofed.published()[-1]["data"]["trigger"]
    assert trigger["kind"] == "gateway"
    line = spoofed.line_of(trigger["id"])
    assert (line["trigger"], line["status"]) == ("gateway", 200)
    assert line["deadlineLeftMs"] > 0


def test_that_a_client_sends_leave_a_refusal_its_status(spoofed: Running) -> None:
    assert error(spoofed.export("x")) == (400, "InvalidParameter")
    assert error(spoofed.export(IMAGE_ID)) == (404, "NotAuthorizedOrNotFound")
    messages = len(spoofed.cloud.messages)
    spoofed.cloud.faults.add(Fault("ExportImage", status=501, code="MethodNotImplemented"))
    assert error(spoofed.export(spoofed.image())) == (501, "MethodNotImplemented")
    assert len(spoofed.cloud.messages) == messages
