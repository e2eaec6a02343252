"""Work requests of the emulator, read by the vendor's SDK."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...oci import Clock, Cloud, Fault
from .conftest import Clients, refused, resource_principal_signer, tuple_details

READS = ("get_work_request", "list_work_request_errors", "list_work_request_logs")


def test_by_time_an_export_gets_on_with_the_clock(tmp_path: Path) -> None:
    clock = Clock(speed=0)
    with Cloud(tmp_path, clock=clock, advance="by time", seconds_per_export=100) as cloud:
        work_request_id = start_directly(cloud)
        seen = []
        for seconds in (0, 5, 45, 49, 1):
            clock.advance(seconds)
            told = cloud.work_requests[work_request_id]
            seen.append((told["status"], told["percentComplete"]))
        (image,) = cloud.images.values()
    assert seen[:2] == [("ACCEPTED", 0.0)] * 2
    assert seen[2:] == [("IN_PROGRESS", 50.0), ("IN_PROGRESS", 99.0), ("SUCCEEDED", 100.0)]
    assert image["lifecycleState"] == "AVAILABLE"


def test_at_once_an_export_is_over_when_its_answer_comes_and_may_have_failed(tmp_path: Path) -> None:
    with Cloud(tmp_path, advance="at once") as cloud:
        fine = start_directly(cloud)
        cloud.faults.add(Fault("EndExport", code="InternalError", message="The disk was full"))
        failed = start_directly(cloud)
        assert cloud.work_requests[fine]["status"] == "SUCCEEDED"
        assert cloud.work_requests[failed]["status"] == "FAILED"
        assert cloud.work_requests.errors(failed)[0]["message"] == "The disk was full"
        assert len(cloud.buckets.objects) == 1


def start_directly(cloud: Cloud) -> str:
    compute = Clients(cloud, resource_principal_signer(cloud, cloud.folder / "credentials")).compute
    image = cloud.images.add()
    answer = compute.export_image(image["id"], tuple_details(cloud, image["id"]))
    assert answer.data.lifecycle_state == "EXPORTING"
    return str(answer.headers["opc-work-request-id"])


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


def test_work_requests_are_listed_by_compartment_and_resource(cloud: Cloud, clients: Any) -> None:
    here, elsewhere = cloud.compartment_id, "ocid1.compartment.oc1..other"
    image, other = cloud.images.add(), cloud.images.add(compartment_id=elsewhere)
    mine = {cloud.work_requests.add(resource_id=image["id"]) for _ in range(3)}
    theirs = cloud.work_requests.add(resource_id=other["id"], compartment_id=elsewhere)
    assert listed(clients, here) == listed(clients, here, resource_id=image["id"]) == mine
    assert not listed(clients, here, resource_id=other["id"])
    assert listed(clients, elsewhere) == {theirs}


def test_what_is_unknown_is_not_found(clients: Any) -> None:
    for operation in (*READS, "list_work_requests"):
        assert refused(getattr(clients.work, operation), "unknown") == (404, "NotAuthorizedOrNotFound")


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
    cloud: Cloud, clients: Any, clock: Clock, export: Callable[..., Any]
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


def test_a_list_that_cant_be_asked_for_is_refused(cloud: Cloud, clients: Any) -> None:
    logs = f"/workRequests/{cloud.work_requests.add()}/logs"
    call_api = clients.work.base_client.call_api
    for wrong in ({"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"page": "x"}, {"sortOrder": "asc"}):
        assert refused(call_api, logs, "GET", query_params=wrong) == (400, "InvalidParameter")
