"""`oci.work_requests.WorkRequestClient` and `oci.wait_until`, unmodified, follow an export to its end."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform


@pytest.fixture
def work_request_id(sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]) -> str:
    """Of an export that was just accepted."""
    answer = sdk.compute.export_image(image["id"], to_bucket())
    return str(answer.headers["opc-work-request-id"])


def test_the_work_request_of_an_export_is_a_model(
    sdk: SdkClients, image: dict[str, Any], work_request_id: str
) -> None:
    answer = sdk.work_requests.get_work_request(work_request_id)
    assert isinstance(answer.data, oci.work_requests.models.WorkRequest)
    assert (answer.data.id, answer.data.status) == (work_request_id, "ACCEPTED")
    assert [resource.identifier for resource in answer.data.resources] == [image["id"]]
    assert answer.headers["retry-after"] == "1"


def test_wait_until_follows_an_export_to_its_end(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], work_request_id: str
) -> None:
    seen = []

    def move_on(_: int, answer: Any) -> None:
        seen.append((answer.data.status, answer.data.percent_complete))
        platform.cloud.work_requests.advance(work_request_id, 40.0 if len(seen) == 1 else 100.0)

    end = oci.wait_until(
        sdk.work_requests,
        sdk.work_requests.get_work_request(work_request_id),
        "status",
        "SUCCEEDED",
        max_interval_seconds=0,
        max_wait_seconds=60,
        wait_callback=move_on,
    )
    assert seen == [("ACCEPTED", 0.0), ("IN_PROGRESS", 40.0)]
    assert (end.data.status, end.data.percent_complete) == ("SUCCEEDED", 100.0)
    assert end.data.time_finished >= end.data.time_started >= end.data.time_accepted
    written = platform.folder / platform.cloud.namespace / platform.cloud.bucket / "on-demand/golden.oci"
    assert image["id"] in written.read_text()


def test_a_failed_export_tells_its_errors_and_its_logs(
    platform: LocalPlatform, sdk: SdkClients, work_request_id: str
) -> None:
    platform.cloud.work_requests.fail(work_request_id, "ExportFailed", "The bucket is full.")
    assert sdk.work_requests.get_work_request(work_request_id).data.status == "FAILED"
    errors = sdk.work_requests.list_work_request_errors(work_request_id).data
    assert [(error.code, error.message) for error in errors] == [("ExportFailed", "The bucket is full.")]
    logs = oci.pagination.list_call_get_all_results(
        sdk.work_requests.list_work_request_logs, work_request_id
    ).data
    assert "FAILED" in logs[-1].message


def test_an_unfinished_export_has_no_errors(sdk: SdkClients, work_request_id: str) -> None:
    assert sdk.work_requests.list_work_request_errors(work_request_id).data == []


@pytest.mark.parametrize("read", ["get_work_request", "list_work_request_errors", "list_work_request_logs"])
def test_a_work_request_of_another_operation_is_as_good_as_none(
    platform: LocalPlatform, sdk: SdkClients, read: str
) -> None:
    refusals = []
    of_another_operation = platform.cloud.work_requests.add("LaunchInstance", entity_type="instance")
    for work_request_id in (of_another_operation, "ocid1.coreservicesworkrequest.oc1.phx.aaaaaaaanone"):
        with pytest.raises(oci.exceptions.ServiceError) as refusal:
            getattr(sdk.work_requests, read)(work_request_id)
        refusals.append((refusal.value.status, refusal.value.code, refusal.value.message))
    assert refusals[0] == refusals[1]
    assert refusals[0][:2] == (404, "NotAuthorizedOrNotFound")
