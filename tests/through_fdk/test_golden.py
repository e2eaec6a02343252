"""What goes in and what comes out, whole: the reply, what is published, and the line in the log.

Each case has a file in ``golden/``; what is not in it must not come out.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from handlers.errors import ServiceRefusal
from tests.fakes import COMPARTMENT_ID, IMAGE_ID
from tests.through_fdk.conftest import Answered, Deployed

GOLDEN = Path(__file__).parent / "golden"
# The FDK's own, on every reply.
_OF_THE_FDK = ("fn-fdk-version", "fn-fdk-runtime")


def gateway_export(deployed: Deployed) -> Answered:
    headers = {"if_match": "etag-1", "opc_retry_token": "nightly-1"}
    return deployed.export(IMAGE_ID, "gateway.every-field", **headers)


def gateway_dry_run(deployed: Deployed) -> Answered:
    return deployed.export(IMAGE_ID, "gateway.par", opc_dry_run="true")


def gateway_refused_by_compute(deployed: Deployed) -> Answered:
    busy = ServiceRefusal(
        409, "Conflict", "The image is being deleted.", service="Compute", request_id="computes-own"
    )
    deployed.services.fail("export_image", busy)
    return deployed.export(IMAGE_ID)


def gateway_wrong_request(deployed: Deployed) -> Answered:
    return deployed.export("not-an-image", "direct", opc_request_id="the-callers-own")


def gateway_work_request(deployed: Deployed) -> Answered:
    work_request = deployed.services.work_requests.add()
    return deployed.http("GET", f"/20160918/workRequests/{work_request['id']}")


def direct_export(deployed: Deployed) -> Answered:
    return deployed.deliver("direct.every-field")


def direct_dry_run(deployed: Deployed) -> Answered:
    return deployed.deliver("direct.dry-run")


def direct_wrong_request(deployed: Deployed) -> Answered:
    return deployed.invoke(b'{"image": 1}')


def detached_missing_image(deployed: Deployed) -> Answered:
    deployed.services.compute.images.clear()
    return deployed.detach("direct")


def event_image_created(deployed: Deployed) -> Answered:
    return deployed.deliver("createimage.end")


def event_missing_image(deployed: Deployed) -> Answered:
    deployed.services.compute.images.clear()
    return deployed.deliver("createimage.end")


def event_about_no_image(deployed: Deployed) -> Answered:
    return deployed.deliver("createimage.end.without-image")


def event_export_succeeded(deployed: Deployed) -> Answered:
    deployed.services.work_requests.add(status="SUCCEEDED")
    return deployed.deliver("exportimage.end")


def event_export_failed(deployed: Deployed) -> Answered:
    failed = deployed.services.work_requests.add(status="FAILED", compartmentId=COMPARTMENT_ID)
    deployed.services.work_requests.its_errors[failed["id"]] = [
        {"code": "InternalError", "message": "The bucket is full.", "timestamp": "2026-01-31T12:00:00Z"}
    ]
    return deployed.deliver("exportimage.end")


def event_without_an_export(deployed: Deployed) -> Answered:
    return deployed.deliver("exportimage.end")


def event_ignored(deployed: Deployed) -> Answered:
    return deployed.deliver("object-created")


CASES: Mapping[str, Callable[[Deployed], Answered]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        gateway_export,
        gateway_dry_run,
        gateway_refused_by_compute,
        gateway_wrong_request,
        gateway_work_request,
        direct_export,
        direct_dry_run,
        direct_wrong_request,
        detached_missing_image,
        event_image_created,
        event_missing_image,
        event_about_no_image,
        event_export_succeeded,
        event_export_failed,
        event_without_an_export,
        event_ignored,
    )
}


@pytest.mark.parametrize("name", CASES)
def test_what_comes_out_is_what_the_golden_file_has(name: str, deployed: Deployed) -> None:
    answered = CASES[name](deployed)
    assert outcome(answered, deployed) == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CASES)


def outcome(answered: Answered, deployed: Deployed) -> dict[str, Any]:
    """All that left the function, but for the time in the log line."""
    (line,) = [line for line in deployed.log() if "status" in line]
    published = deployed.services.notifications.messages
    return {
        "reply": {
            "status": answered.status,
            "headers": {name: v for name, v in answered.headers.items() if name not in _OF_THE_FDK},
            "body": answered.json(),
        },
        "published": [{"title": title, "body": json.loads(body)} for title, body in published],
        "log": {key: value for key, value in line.items() if key != "time"},
    }
