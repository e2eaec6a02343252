"""How an export ended is announced by the real function in time, once, and also where it was killed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, once


@pytest.fixture
def a_request(recording: LocalPlatform) -> Request:
    """An event's request, where there are records."""
    return Request(recording)


def test_a_list_that_drips_leaves_time_for_the_records_exports(a_request: Request) -> None:
    a_request.send()
    a_request.end()
    a_request.platform.cloud.faults.add(Fault("ListWorkRequests", times=None, drip=0.5))

    reply = a_request.send_ending(seconds=3.0)

    assert reply.document["workRequestId"] == a_request.export.work_request_id
    assert reply.is_in_time
    [ending] = a_request.announced("succeeded")
    assert ending["data"]["object"]


def test_the_same_ending_twice_at_once_is_one_entry_and_one_id(a_request: Request) -> None:
    a_request.send()
    a_request.end()

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(lambda _: a_request.send_ending(), range(2)))

    assert [reply.document["status"] for reply in replies] == ["announced"] * 2
    assert len({ending["id"] for ending in a_request.announced("succeeded")}) == 1
    assert a_request.recorded["status"] == "SUCCEEDED"


def test_an_ending_that_came_before_its_export_was_written_down_is_completed_by_it(
    a_request: Request,
) -> None:
    # Killed before it could write, and only delivered again when the export had ended.
    once(a_request.platform, "ExportImage", "done", a_request.platform.host.kill_busy)
    a_request.send()
    a_request.end()
    a_request.send_ending()
    [ending] = a_request.announced("succeeded")
    assert ending["data"]["destination"] is a_request.recorded["destination"] is None

    a_request.send()

    recorded = a_request.recorded
    assert (recorded["workRequestId"], recorded["status"]) == (a_request.export.work_request_id, "SUCCEEDED")
    assert recorded["retryToken"] == a_request.tokens[0]
    assert recorded["destination"]["objectName"] == a_request.export.destination.object
