"""A container may be killed at any step: the next delivery mends what it left.

To be killed after a call is to be killed before the next one, too: between the two nothing changes but in the
container.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.local.oci import Call
from tests.local.platform import LocalPlatform
from tests.platform import SWITCHES, WITH_RECORDS, Platforms, Request, set_switches

CREATE, DELETE = "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest"
LOOKUP = ["GetImage", "ListWorkRequests"]


@dataclass(frozen=True)
class Way:
    """A setting of the switches, and whether there are records: the calls that an event leads to there."""

    switches: str
    records: bool

    def __str__(self) -> str:
        return f"{self.switches}, {'with' if self.records else 'without'} records"

    @property
    def is_refused(self) -> bool:
        return bool(SWITCHES[self.switches].refuses_tuples)

    @property
    def export(self) -> list[str]:
        read = ["GetObject"] if self.records else []
        fallback = [*read, CREATE, "ExportImage"] if self.is_refused else []
        return [*read, "ExportImage", *fallback, *(["PutObject"] if self.records else []), "PublishMessage"]

    @property
    def ending(self) -> list[str]:
        if not self.records:
            return [*LOOKUP, "PublishMessage"]
        deletion = [DELETE] if self.is_refused else []
        return ["GetObject", *LOOKUP, "GetObject", "HeadObject", "PublishMessage", *deletion, "PutObject"]

    def is_unknown_after(self, step: int) -> bool:
        """Whether nothing tells the next delivery which work request its export is: neither Compute, under
        the fallback's token, nor a record.
        """
        accepted = len(self.export) - self.export[::-1].index("ExportImage")
        recorded = self.export.index("PutObject") + 1 if self.records else len(self.export) + 1
        return self.is_refused and accepted <= step < recorded


WAYS = [Way(switches, records) for switches in SWITCHES for records in (False, True)]


def steps_of_exports() -> Iterator[tuple[Way, int]]:
    """All of them where Compute looks at the token first. Where it looks at the state first, that makes a
    difference only between an accepted export and its record.
    """
    for way in WAYS:
        accepted = len(way.export) - 1 - way.export[::-1].index("ExportImage")
        every = range(len(way.export)) if way.switches.startswith("token first") else [accepted]
        yield from ((way, step + 1) for step in every)


def steps_of_endings() -> Iterator[tuple[Way, int]]:
    """What Compute looks at makes no difference, and a way without a request to delete has the same steps."""
    for way in (Way("token first", False), Way("token first, names refused", True)):
        yield from ((way, number) for number in range(1, len(way.ending) + 1))


def named(event: str, steps: Iterator[tuple[Way, int]]) -> list[Any]:
    return [
        pytest.param(way, number, id=f"after {number}. {getattr(way, event)[number - 1]}, {way}")
        for way, number in steps
    ]


@pytest.fixture
def a_request(way: Way, platforms: Platforms) -> Iterator[Request]:
    """An event's request, in the test's way."""
    with platforms.borrow(**({"config": WITH_RECORDS} if way.records else {})) as platform:
        set_switches(platform, SWITCHES[way.switches])
        yield Request(platform)


def kill_after(platform: LocalPlatform, number: int) -> None:
    """Kills the container at once after so many calls."""
    left = [number]

    def count(_: Call) -> None:
        left[0] -= 1
        if left[0] == 0:
            assert platform.host.kill_busy() == 1

    platform.cloud.on("*", "done", count)


def calls_of(request: Request, send: str) -> list[str]:
    """The operations that one invocation calls."""
    calls = request.platform.cloud.calls
    before = len(calls)
    getattr(request, send)()
    return [call.operation for call in calls[before:]]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_these_are_the_steps_and_without_records_there_is_not_one_more(way: Way, a_request: Request) -> None:
    assert calls_of(a_request, "send") == way.export
    a_request.end()
    assert calls_of(a_request, "send_ending") == way.ending


@pytest.mark.parametrize(("way", "number"), named("export", steps_of_exports()))
def test_an_export_whose_container_is_killed_is_one_export_announced_and_recorded(
    way: Way, number: int, a_request: Request
) -> None:
    kill_after(a_request.platform, number)
    assert a_request.send().invocation.failure == "FunctionInvokeExecutionFailed"
    a_request.end_at_the_next_refusal()

    assert a_request.send().document["status"] == "exported"

    export = a_request.export
    # Under the request's own token, where its work request can't be told.
    own, told = f"{export.work_request_id}/accepted", f"{a_request.tokens[0]}/accepted"
    told = told if way.is_unknown_after(number) else own
    assert a_request.accepted[-1]["id"] == told
    assert {event["id"] for event in a_request.accepted} <= {own, told}
    a_request.end()
    assert a_request.send_ending().document["workRequestId"] == export.work_request_id
    assert len(a_request.announced("succeeded")) == 1
    if way.records and not way.is_unknown_after(number):
        is_complete(a_request)
    if way.records and way.is_refused:
        # The first one lives on, if nobody wrote down that it was made. (README, Limits)
        created, written = (way.export.index(each) + 1 for each in (CREATE, "PutObject"))
        assert len(a_request.pars) == (created <= number < written)


@pytest.mark.parametrize(("way", "number"), named("ending", steps_of_endings()))
def test_an_ending_whose_container_is_killed_is_announced_under_one_id_and_recorded(
    way: Way, number: int, a_request: Request
) -> None:
    a_request.send()
    a_request.end()
    kill_after(a_request.platform, number)
    assert a_request.send_ending().invocation.failure == "FunctionInvokeExecutionFailed"

    assert a_request.send_ending().document["status"] == "announced"

    work_request_id = a_request.export.work_request_id
    assert {event["id"] for event in a_request.announced("succeeded")} == {f"{work_request_id}/succeeded"}
    if way.records:
        is_complete(a_request)
        assert not a_request.pars


@pytest.mark.parametrize("way", [Way("state first, names refused", True)], ids=str)
def test_an_event_whose_containers_are_killed_again_and_again_is_exported_once(
    way: Way, a_request: Request
) -> None:
    for number in (1, 5, 6):
        a_request.platform.cloud.stop_watching()
        kill_after(a_request.platform, number)
        assert a_request.send().invocation.failed
        a_request.end()
    a_request.platform.cloud.stop_watching()

    assert a_request.send().document["status"] == "exported"

    assert a_request.export
    assert {event["id"] for event in a_request.accepted} == {f"{a_request.tokens[0]}/accepted"}


@pytest.mark.parametrize("way", [Way("token first, names refused", True)], ids=str)
def test_killed_before_the_record_is_written_and_the_known_issue_gone_there_are_two_exports_of_one_object(
    way: Way, a_request: Request
) -> None:
    """The one exception where there are records. (README, Limits)"""
    kill_after(a_request.platform, way.export.index("PutObject"))
    a_request.send()
    a_request.end()
    a_request.platform.cloud.switches.refuses_tuples = False

    assert a_request.send().document["status"] == "exported"

    first, second = a_request.exports
    assert first.destination == second.destination
    assert [event["data"]["workRequestId"] for event in a_request.accepted] == [second.work_request_id]


def is_complete(request: Request) -> None:
    """The record and the ending tell all of the only export, and of the object that it wrote."""
    export, platform = request.export, request.platform
    stored = platform.cloud.buckets.objects[export.destination]
    told = {
        "destination": {
            "namespaceName": export.destination.namespace,
            "bucketName": export.destination.bucket,
            "objectName": export.destination.object,
        },
        "exportFormat": export.format,
        "trigger": {"kind": "event", "id": request.event["eventID"]},
    }
    recorded = request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (export.work_request_id, "SUCCEEDED")
    assert recorded["retryToken"] == request.tokens[0]
    assert {key: recorded[key] for key in told} == told
    written = recorded["object"]
    assert (written["sizeInBytes"], written["etag"], written["md5"]) == (stored.size, stored.etag, stored.md5)
    for ending in request.announced("succeeded"):
        assert {key: ending["data"][key] for key in told} == told
        assert ending["data"]["object"] == written
