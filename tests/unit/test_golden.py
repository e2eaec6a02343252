"""What goes in and what comes out, whole: the reply, what is published, and the line in the log.

Each case has a file in ``golden/``; what is not in it must not come out.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.fakes import RECORDS
from tests.unit.deployed import Answered, Deployed

GOLDEN = Path(__file__).parent / "golden"


def gateway_export(deployed: Deployed) -> Answered:
    return deployed.export("gateway.every-field", if_match="etag-1", opc_retry_token="nightly-1")  # noqa: S106


def direct_export(deployed: Deployed) -> Answered:
    return deployed.invoke("direct.every-field")


def event_image_created(deployed: Deployed) -> Answered:
    return deployed.invoke("createimage.end")


def event_missing_image(deployed: Deployed) -> Answered:
    deployed.services.compute.images.clear()
    return deployed.invoke("createimage.end")


def event_export_succeeded(deployed: Deployed) -> Answered:
    """With a record of the export, which an event asked for."""
    deployed.configuration["EXPORT_RECORDS"] = RECORDS
    assert event_image_created(deployed).status == 200
    export = deployed.services.work_requests.known[0]
    export |= {"status": "SUCCEEDED", "timeFinished": "2026-01-31T11:59:59Z", "percentComplete": 100}
    deployed.services.notifications.messages.clear()
    deployed.log()
    return deployed.invoke("exportimage.end")


CASES: Mapping[str, Callable[[Deployed], Answered]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        gateway_export,
        direct_export,
        event_image_created,
        event_missing_image,
        event_export_succeeded,
    )
}


@pytest.mark.parametrize("name", CASES)
def test_what_comes_out_is_what_the_golden_file_has(name: str, deployed: Deployed) -> None:
    outcome = deployed.outcome(CASES[name](deployed))
    assert outcome == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
