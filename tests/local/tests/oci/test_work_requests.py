"""Work requests of the emulator, read by the vendor's SDK."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...oci import Clock, Cloud, Fault
from .conftest import Clients, refused, resource_principal_signer, tuple_details

Export = Callable[..., Any]
READS = ("get_work_request", "list_work_request_errors", "list_work_request_logs")


def test_a_work_request_tells_of_its_export(cloud: Cloud, clients: Any, export: Export) -> None:
    image = cloud.images.add()
    work_request_id = export(image["id"]).headers["opc-work-request-id"]
    answer = clients.work.get_work_request(work_request_id)
    assert (answer.data.id, answer.data.operation_type) == (work_request_id, "ExportImage")
    assert (answer.data.status, answer.data.percent_complete) == ("ACCEPTED", 0.0)
    assert answer.data.compartment_id == image["compartmentId"]
    assert [resource.identifier for resource in answer.data.resources] == [image["id"]]
    assert answer.data.time_accepted
    assert answer.data.time_finished is None
    assert answer.headers["retry-after"] == "1"


def test_by_time_an_export_gets_on_with_the_clock(tmp_path: Path) -> None:
    clock = Clock(speed=0)
    with Cloud(tmp_path, clock=clock, advance="by time", seconds_per_export=100) as cloud:
        work_request_id = start_directly(cloud)
        seen = []
        for seconds in (0, 5, 45, 49, 1):
            clock.advance(seconds)
            seen.append(
                tuple(cloud.work_requests[work_request_id][key] for key in ("status", "percentComplete"))
            )
        (image,) = cloud.images.values()
    assert seen == [
        ("ACCEPTED", 0.0),
        ("ACCEPTED", 0.0),
        ("IN_PROGRESS", 50.0),
        ("IN_PROGRESS", 99.0),
        ("SUCCEEDED", 100.0),
    ]
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


def test_errors_and_logs_say_why_an_export_failed(cloud: Cloud, clients: Any) -> None:
    work_request_id = cloud.work_requests.add("ExportImage")
    cloud.work_requests.fail(work_request_id, "InternalError", "The disk was full")
    (error,) = clients.work.list_work_request_errors(work_request_id).data
    assert (error.code, error.message) == ("InternalError", "The disk was full")
    assert [entry.message for entry in clients.work.list_work_request_logs(work_request_id).data] == [
        "The work request was accepted.",
        "The operation started.",
        "The operation ended: FAILED.",
    ]


def test_work_requests_are_listed_by_compartment_and_resource(cloud: Cloud, clients: Any) -> None:
    image, other = cloud.images.add(), cloud.images.add(compartment_id="ocid1.compartment.oc1..other")
    mine = {cloud.work_requests.add(resource_id=image["id"]) for _ in range(3)}
    theirs = cloud.work_requests.add(resource_id=other["id"], compartment_id=other["compartmentId"])
    listed = clients.work.list_work_requests
    assert {item.id for item in listed(cloud.compartment_id).data} == mine
    assert {item.id for item in listed(cloud.compartment_id, resource_id=image["id"]).data} == mine
    assert not listed(cloud.compartment_id, resource_id=other["id"]).data
    assert [item.id for item in listed(other["compartmentId"]).data] == [theirs]


@pytest.mark.parametrize("operation", [*READS, "list_work_requests"])
def test_what_is_unknown_is_not_found(clients: Any, operation: str) -> None:
    unknown = "ocid1.coreservicesworkrequest.oc1.phx.unknown"
    assert refused(getattr(clients.work, operation), unknown) == (404, "NotAuthorizedOrNotFound")


def test_what_has_ended_stays_as_it_is(cloud: Cloud) -> None:
    canceled = cloud.work_requests.add()
    cloud.work_requests.cancel(canceled)
    cloud.work_requests.advance(canceled)
    cloud.work_requests.fail(canceled, "InternalError", "too late")
    assert cloud.work_requests[canceled]["status"] == "CANCELED"
    assert [error["code"] for error in cloud.work_requests.errors(canceled)] == ["OperationCanceled"]


def listed(cloud: Cloud, clients: Any, **options: Any) -> list[str]:
    return [item.id for item in clients.work.list_work_requests(cloud.compartment_id, **options).data]


def test_an_ended_work_request_is_kept_for_twelve_hours(cloud: Cloud, clients: Any, clock: Clock) -> None:
    ended, running = cloud.work_requests.add(), cloud.work_requests.add()
    cloud.work_requests.advance(ended)
    clock.advance(12 * 3600 - 1)
    assert set(listed(cloud, clients)) == {ended, running}
    clock.advance(1)
    assert listed(cloud, clients) == [running]
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


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "page=x", "sortOrder=asc", "sortOrder=NEWEST"]
)
def test_a_list_that_cant_be_asked_for_is_refused(cloud: Cloud, clients: Any, query: str) -> None:
    name, _, value = query.partition("=")
    logs = f"/workRequests/{cloud.work_requests.add()}/logs"
    call_api = clients.work.base_client.call_api
    assert refused(call_api, logs, "GET", query_params={name: value}) == (400, "InvalidParameter")
