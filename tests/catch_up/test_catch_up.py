"""A catch-up by the real function: it finds what events missed, and a run that is killed loses nothing and
exports nothing twice.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.local.platform import LocalPlatform
from tests.platform import JSON, Reply, Request, once, send

# The calls of a run over the images below, the oldest first; each group is a turn.
MISSING = ["GetObject", "GetObject", "ExportImage", "PutObject", "PublishMessage"]
ENDED = ["GetObject", "GetWorkRequest", "GetObject", "HeadObject", "PublishMessage", "PutObject"]
FAILED = [
    *("GetObject", "GetWorkRequest", "ListWorkRequestErrors", "GetObject", "PublishMessage", "PutObject"),
    *("GetObject", "ExportImage", "PutObject", "PublishMessage"),
]
STEPS = ["ListImages", *MISSING, *ENDED, *FAILED]
WRITES = ("ExportImage", "PutObject", "PublishMessage")
# The gate tries the calls that only read, too: a container killed there leaves what was there before it.
KILLED_AFTER = [
    pytest.param(number, id=f"after {number}. {step}", marks=() if step in WRITES else pytest.mark.slow)
    for number, step in enumerate(STEPS, 1)
]


class Compartment:
    """One with three images: one that no event told of, one whose export has ended, and one whose export
    failed. No event told of either ending.
    """

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, cloud = platform, platform.cloud
        self.id = cloud.add_compartment(cloud.compartment_id)
        self.missing, self.ended, self.failed = (self._image(hours) for hours in (4, 3, 2))
        self.ended.send()
        self.ended.end()
        self.failed.send()
        cloud.work_requests.fail(self.failed.export.work_request_id, "OutOfCapacity", "No host is free")

    def catch_up(self) -> Reply:
        body = {"catchUp": {"compartmentId": self.id}}
        return send(self.platform, json.dumps(body).encode(), JSON)

    def _image(self, hours: int) -> Request:
        created = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
        image = self.platform.cloud.images.add(
            "golden", compartment_id=self.id, time_created=created, announce=True
        )
        return Request(self.platform, image=image)


@pytest.fixture
def compartment(recording: LocalPlatform) -> Compartment:
    return Compartment(recording)


def ids(request: Request, kind: str) -> set[str]:
    """Of the announcements of that kind: the same twice counts once, as for a subscriber."""
    return {event["id"] for event in request.announced(kind)}


def check(compartment: Compartment, *, unannounced: int = 0) -> None:
    """Nothing was exported that need not be, all is recorded, and announced but for so many acceptances."""
    missing, ended, failed = compartment.missing, compartment.ended, compartment.failed
    assert [len(request.exports) for request in (missing, ended, failed)] == [1, 1, 2]
    accepted = 0
    for request in (missing, ended, failed):
        work_requests = [export.work_request_id for export in request.exports]
        assert request.record
        entries = [entry["workRequestId"] for entry in reversed(request.record["exports"])]
        assert entries == work_requests
        accepted += len(ids(request, "accepted") & {f"{each}/accepted" for each in work_requests})
    assert accepted == 4 - unannounced
    assert ids(ended, "succeeded") == {f"{ended.export.work_request_id}/succeeded"}
    assert ids(failed, "failed") == {f"{failed.exports[0].work_request_id}/failed"}


def test_a_catch_up_finds_what_events_missed(compartment: Compartment) -> None:
    cloud = compartment.platform.cloud
    calls = len(cloud.calls)
    reply = compartment.catch_up()

    assert [call.operation for call in cloud.calls[calls:]] == STEPS
    check(compartment)
    missing, ended, failed = compartment.missing, compartment.ended, compartment.failed
    document = reply.document
    assert (document["status"], document["images"], document["done"]) == ("caughtUp", 3, 1)
    assert document["exported"] == [
        {"imageId": request.image_id, "workRequestId": request.exports[-1].work_request_id}
        for request in (missing, failed)
    ]
    assert [(each["imageId"], each["status"]) for each in document["announced"]] == [
        (ended.image_id, "SUCCEEDED"),
        (failed.image_id, "FAILED"),
    ]


@pytest.mark.parametrize("number", KILLED_AFTER)
def test_a_run_that_is_killed_loses_nothing_and_exports_nothing_twice(
    compartment: Compartment, number: int
) -> None:
    once(compartment.platform, "*", "done", compartment.platform.host.kill_busy, at=number)
    assert compartment.catch_up().invocation.failure == "FunctionInvokeExecutionFailed"

    assert compartment.catch_up().document["status"] == "caughtUp"

    # Recorded and not announced: of such an export, only the ending is.
    check(compartment, unannounced=int(STEPS[number - 1 : number + 1] == ["PutObject", "PublishMessage"]))
    for request in (compartment.missing, compartment.failed):
        request.end()
    assert compartment.catch_up().document["done"] == 3
    for request in (compartment.missing, compartment.failed):
        assert ids(request, "succeeded") == {f"{request.exports[-1].work_request_id}/succeeded"}
    calls = len(compartment.platform.cloud.calls)
    compartment.catch_up()
    made = [call.operation for call in compartment.platform.cloud.calls[calls:]]
    assert made == ["ListImages", *["GetObject"] * 3]
