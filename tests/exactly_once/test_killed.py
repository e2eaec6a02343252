"""A container may be killed at any step: the next delivery mends what it left.

To be killed after a call is to be killed before the next one, too: between the two nothing changes but in the
container.
"""

from typing import Any

import pytest

from tests.exactly_once.ways import WAYS, Way
from tests.platform import Request, once

CREATE, DELETE = "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest"
LOOKUP = ("GetImage", "ListWorkRequests")
DESCRIBED = ("GetObject", *LOOKUP, "GetObject", "HeadObject", "PublishMessage")
# The calls of the event of a created image and of that of the ending: by whether Compute refuses buckets by
# their names, and whether there are records.
CALLS = {
    (False, False): (["ExportImage", "PublishMessage"], [*LOOKUP, "PublishMessage"]),
    (False, True): (
        ["GetObject", "ExportImage", "PutObject", "PublishMessage"],
        [*DESCRIBED, "PutObject"],
    ),
    (True, False): (["ExportImage", CREATE, "ExportImage", "PublishMessage"], [*LOOKUP, "PublishMessage"]),
    (True, True): (
        ["GetObject", "ExportImage", "GetObject", CREATE, "ExportImage", "PutObject", "PublishMessage"],
        [*DESCRIBED, DELETE, "PutObject"],
    ),
}


def of_export(way: Way) -> list[str]:
    return CALLS[way.is_refused, way.records][0]


def of_ending(way: Way) -> list[str]:
    return CALLS[way.is_refused, way.records][1]


def accepting(way: Way) -> int:
    """The number of the call with which Compute accepts the export: the last ExportImage."""
    return max(number for number, call in enumerate(of_export(way), 1) if call == "ExportImage")


def is_unknown_after(way: Way, number: int) -> bool:
    """Whether nothing tells the next delivery which work request its export is: neither Compute, under the
    fallback's token, nor a record.
    """
    is_recorded = way.records and number > of_export(way).index("PutObject")
    return way.is_refused and number >= accepting(way) and not is_recorded


def after(way: Way, calls: list[str], *numbers: int) -> list[Any]:
    """The ways' test cases: killed after each call, or after these."""
    return [
        pytest.param(way, number, id=f"after {number}. {calls[number - 1]}, {way}")
        for number in numbers or range(1, len(calls) + 1)
    ]


def kill_after(request: Request, number: int) -> None:
    """Kills the container at once after so many calls."""
    once(request.platform, "*", "done", request.platform.host.kill_busy, at=number)


def made(request: Request, send: str) -> list[str]:
    """The operations that one invocation calls."""
    calls = request.platform.cloud.calls
    before = len(calls)
    getattr(request, send)()
    return [call.operation for call in calls[before:]]


def test_these_are_the_calls_and_not_one_more(way: Way, a_request: Request) -> None:
    assert made(a_request, "send") == of_export(way)
    a_request.end()
    assert made(a_request, "send_ending") == of_ending(way)


@pytest.mark.parametrize(
    ("way", "number"),
    [
        case
        for way in WAYS
        # What Compute looks at first makes a difference only between an accepted export and its record.
        for case in after(way, of_export(way), *(() if way.is_token_first else [accepting(way)]))
    ],
)
def test_an_export_whose_container_is_killed_is_one_export_announced_and_recorded(
    way: Way, number: int, a_request: Request
) -> None:
    kill_after(a_request, number)
    assert a_request.send().invocation.failure == "FunctionInvokeExecutionFailed"
    a_request.end_at_the_next_refusal()

    assert a_request.send().document["status"] == "exported"

    export, is_unknown = a_request.export, is_unknown_after(way, number)
    # Under the request's own token, where its work request can't be told.
    own, told = f"{export.work_request_id}/accepted", f"{a_request.tokens[0]}/accepted"
    assert a_request.accepted[-1]["id"] == (told if is_unknown else own)
    assert {event["id"] for event in a_request.accepted} <= {own, told}
    a_request.end()
    assert a_request.send_ending().document["workRequestId"] == export.work_request_id
    assert len(a_request.announced("succeeded")) == 1
    if way.records and not is_unknown:
        is_complete(a_request)
    if way.records and way.is_refused:
        # The first one lives on, if nobody wrote down that it was made. (README, Limits)
        created, written = (of_export(way).index(each) + 1 for each in (CREATE, "PutObject"))
        assert len(a_request.pars) == (created <= number < written)


@pytest.mark.parametrize(
    ("way", "number"),
    [
        case
        # What Compute looks at makes no difference, and without a request to delete there are the same steps.
        for way in (Way("token first", False), Way("token first, names refused", True))
        for case in after(way, of_ending(way))
    ],
)
def test_an_ending_whose_container_is_killed_is_announced_under_one_id_and_recorded(
    way: Way, number: int, a_request: Request
) -> None:
    a_request.send()
    a_request.end()
    kill_after(a_request, number)
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
    # When its record was read, when it was accepted, and when that was written down.
    for number in (1, accepting(way), accepting(way) + 1):
        kill_after(a_request, number)
        assert a_request.send().invocation.failed
        a_request.end()

    assert a_request.send().document["status"] == "exported"

    assert a_request.export
    assert {event["id"] for event in a_request.accepted} == {f"{a_request.tokens[0]}/accepted"}


@pytest.mark.parametrize("way", [Way("token first, names refused", True)], ids=str)
def test_killed_before_the_record_is_written_and_the_known_issue_gone_there_are_two_exports_of_one_object(
    way: Way, a_request: Request
) -> None:
    """The one exception where there are records. (README, Limits)"""
    kill_after(a_request, accepting(way))
    a_request.send()
    a_request.end()
    a_request.platform.cloud.switches.refuses_tuples = False

    assert a_request.send().document["status"] == "exported"

    first, second = a_request.exports
    assert first.destination == second.destination
    assert [event["data"]["workRequestId"] for event in a_request.accepted] == [second.work_request_id]


def is_complete(request: Request) -> None:
    """The record has all of the only export, and so has its ending: that it is true is checked of each."""
    recorded = request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (request.export.work_request_id, "SUCCEEDED")
    assert recorded["retryToken"] == request.tokens[0]
    for ending in request.announced("succeeded"):
        for key in ("destination", "exportFormat", "trigger", "object"):
            assert ending["data"][key] == recorded[key] is not None
