"""Whatever fails in passing is tried again under the same retry token: one export, announced under one id."""

from typing import Any

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, once

HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}
# "Before" and "after": whether the work was done.
PASSING: dict[str, dict[str, Any]] = {
    "500 after the work": {"status": 500, "after_work": True},
    "502 as HTML": {"status": 502, **HTML},
    "520, in no standard": {"status": 520, **HTML},
    "a success that is HTML, before the work": HTML,
    "dropped before the work": {"drop": "before"},
    "dropped after the work": {"drop": "after"},
}
# The answer's head says that the work was done; its body can't be read.
UNREADABLE: dict[str, dict[str, Any]] = {
    "a success that is HTML, after the work": {"after_work": True, **HTML},
    "a success that breaks off": {"cut": 10},
}


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        *(pytest.param(fault, 2, id=name) for name, fault in PASSING.items()),
        *(pytest.param(fault, 1, id=name) for name, fault in UNREADABLE.items()),
    ],
)
def test_a_fault_of_both_services_costs_neither_the_export_nor_its_announcement(
    platform: LocalPlatform, fault: dict[str, Any], tries: int
) -> None:
    request = Request(platform)
    platform.cloud.faults.add(Fault("ExportImage", **fault), Fault("PublishMessage", **fault))

    reply = request.send()

    work_request_id = request.export.work_request_id
    assert (reply.document["status"], reply.document["workRequestId"]) == ("exported", work_request_id)
    assert len(request.tokens) == tries
    assert len(set(request.tokens)) == 1
    # What arrives twice can be told by its id.
    assert {announced["id"] for announced in request.accepted} == {f"{work_request_id}/accepted"}
    assert request.accepted[0]["data"]["imageName"] == "golden"


def test_a_resource_principal_whose_files_are_just_being_replaced_is_read_again_in_the_next_try(
    platform: LocalPlatform,
) -> None:
    request, key = Request(platform), platform.credentials / "private.pem"
    platform.cloud.resource_principal.rotate(platform.credentials)
    whole = key.read_bytes()
    key.write_bytes(whole[: len(whole) // 2])
    # The first try is refused, and finds the half; so the file is whole only after the second was received.
    once(platform, "ExportImage", "received", lambda: key.write_bytes(whole), at=2)

    assert request.send().document["status"] == "exported"
    assert len(request.exports) == len(request.accepted) == 1
