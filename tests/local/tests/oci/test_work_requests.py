"""Work requests of the emulator, read by the vendor's SDK."""

from collections.abc import Callable
from typing import Any

from ...oci import Clock, Cloud, Fault
from .conftest import refused

Export = Callable[..., Any]
READS = ("get_work_request", "list_work_request_errors", "list_work_request_logs")


def test_by_time_an_export_gets_on_with_the_clock(cloud: Cloud, clock: Clock, export: Export) -> None:
    cloud.advance, cloud.seconds_per_export = "by time", 100
    image = cloud.images.add()
    work_request_id = export(image["id"]).headers["opc-work-request-id"]
    seen = []
    for seconds in (0, 5, 45, 49, 1):
        clock.advance(seconds)
        told = cloud.work_requests[work_request_id]
        seen.append((told["status"], told["percentComplete"]))
    assert seen[:2] == [("ACCEPTED", 0.0)] * 2
    assert seen[2:] == [("IN_PROGRESS", 50.0), ("IN_PROGRESS", 99.0), ("SUCCEEDED", 100.0)]
    assert cloud.images[image["id"]]["lifecycleState"] == "AVAILABLE"


def test_at_once_an_export_is_over_when_its_answer_comes_and_may_have_failed(
    cloud: Cloud, export: Export
) -> None:
    cloud.advance = "at once"
    cloud.faults.add(Fault("EndExport", code="InternalError", message="The disk was full"))
    answers = [export(cloud.images.add()["id"]) for _ in range(2)]
    failed, fine = (answer.headers["opc-work-request-id"] for answer in answers)
    assert [answer.data.lifecycle_state for answer in answers] == ["EXPORTING"] * 2
    assert cloud.work_requests[failed]["status"] == "FAILED"
    assert cloud.work_requests.errors(failed)[0]["message"] == "The disk was full"
    assert cloud.work_requests[fine]["status"] == "SUCCEEDED"
    assert len(cloud.buckets.written) == 1


def test_what_has_ended_stays_with_its_errors(cloud: Cloud, clients: Any) -> None:
    work_request_id = cloud.work_requests.add("ExportImage")
    cloud.work_requests.fail(work_request_id, "InternalError", "The disk was full")
    cloud.work_requests.cancel(work_request_id)
    cloud.work_requests.advance(work_request_id)
    assert cloud.work_requests[work_request_id]["status"] == "FAILED"
    (error,) = clients.work.list_work_request_errors(work_request_id).data
    assert (error.code, error.message) == ("InternalError", "The disk was full")


def listed(clients: Any, compartment_id: str, **options: Any) -> set[str]:
    return {item.id for item in clients.work.list_work_requests(compartment_id, **options).data}


def test_work_requests_are_listed_by_resource(cloud: Cloud, clients: Any) -> None:
    mine, _ = (cloud.work_requests.add(resource_id=cloud.images.add()["id"]) for _ in range(2))
    image_id = cloud.work_requests[mine]["resources"][0]["identifier"]
    assert listed(clients, cloud.compartment_id, resource_id=image_id) == {mine}


def test_an_ended_work_request_is_kept_for_twelve_hours(cloud: Cloud, clients: Any, clock: Clock) -> None:
    ended, running = cloud.work_requests.add(), cloud.work_requests.add()
    cloud.work_requests.advance(ended)
    clock.advance(12 * 3600 - 1)
    assert listed(clients, cloud.compartment_id) == {ended, running}
    clock.advance(1)
    assert listed(clients, cloud.compartment_id) == {running}
    for read in READS:
        assert refused(getattr(clients.work, read), ended)[0] == 404
    assert cloud.work_requests[ended]["status"] == "SUCCEEDED"


def test_an_ending_can_be_told_later_than_its_event_comes(
    cloud: Cloud, clients: Any, clock: Clock, export: Export
) -> None:
    cloud.work_requests.status_lag_s = 5
    work_request_id = export(cloud.images.add()["id"]).headers["opc-work-request-id"]

    def told() -> list[tuple[str, bool]]:
        one = clients.work.get_work_request(work_request_id).data
        (item,) = clients.work.list_work_requests(cloud.compartment_id).data
        return [(each.status, each.time_finished is not None) for each in (one, item)]

    cloud.work_requests.advance(work_request_id)
    assert cloud.events.emitted[-1]["eventType"].endswith("exportimage.end")
    clock.advance(4)
    assert told() == [("IN_PROGRESS", False)] * 2
    assert cloud.work_requests[work_request_id]["status"] == "SUCCEEDED"
    clock.advance(1)
    assert told() == [("SUCCEEDED", True)] * 2


def test_what_is_unknown_or_cant_be_asked_for_is_refused(cloud: Cloud, clients: Any) -> None:
    for operation in (*READS, "list_work_requests"):
        assert refused(getattr(clients.work, operation), "unknown") == (404, "NotAuthorizedOrNotFound")
    logs = f"/workRequests/{cloud.work_requests.add()}/logs"
    call_api = clients.work.base_client.call_api
    for wrong in ({"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"page": "x"}, {"sortOrder": "asc"}):
        assert refused(call_api, logs, "GET", query_params=wrong) == (400, "InvalidParameter")
