"""The vendor's Python SDK, unmodified, exports images through the gateway and waits for what they become."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform
from tests.security.callers_par import destination_uri
from tests.unit.world import TOKEN


@pytest.fixture
def work_request_id(sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]) -> str:
    """Of an export that was just accepted."""
    answer = sdk.compute.export_image(image["id"], to_bucket())
    return str(answer.headers["opc-work-request-id"])


def test_an_export_is_answered_with_the_image(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    etag = sdk.compute.get_image(image["id"]).headers["etag"]
    answer = sdk.compute.export_image(image["id"], to_bucket(export_format="QCOW2"), if_match=etag)
    export = platform.cloud.exports[-1]
    assert (export.image_id, export.format) == (image["id"], "QCOW2")
    assert isinstance(answer.data, oci.core.models.Image)
    assert (answer.data.id, answer.data.display_name) == (image["id"], "golden-ol9")
    assert answer.data.lifecycle_state == oci.core.models.Image.LIFECYCLE_STATE_EXPORTING
    assert answer.data.launch_options.firmware == "UEFI_64"
    assert answer.headers["opc-work-request-id"] == export.work_request_id
    assert answer.request_id


def test_an_export_to_a_pre_authenticated_request_is_started(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any]
) -> None:
    uri = destination_uri(platform.cloud, f"sdk-{TOKEN}", "on-demand/through-par.vmdk", platform.cloud.bucket)
    details = oci.core.models.ExportImageViaObjectStorageUriDetails(destination_uri=uri, export_format="VMDK")
    sdk.compute.export_image(image["id"], details)
    export = platform.cloud.exports[-1]
    assert (export.via, export.format) == ("par", "VMDK")
    assert export.destination.object == "on-demand/through-par.vmdk"


def test_wait_until_follows_the_work_request_of_an_export_to_its_end(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], work_request_id: str
) -> None:
    seen = []

    def move_on(_: int, answer: Any) -> None:
        seen.append((answer.data.status, answer.data.percent_complete))
        platform.cloud.work_requests.advance(work_request_id, 40.0 if len(seen) == 1 else 100.0)

    started = sdk.work_requests.get_work_request(work_request_id)
    assert isinstance(started.data, oci.work_requests.models.WorkRequest)
    assert [resource.identifier for resource in started.data.resources] == [image["id"]]
    assert started.headers["retry-after"] == "1"
    waiting = {"max_interval_seconds": 0, "max_wait_seconds": 60, "wait_callback": move_on}
    end = oci.wait_until(sdk.work_requests, started, "status", "SUCCEEDED", **waiting)
    assert seen == [("ACCEPTED", 0.0), ("IN_PROGRESS", 40.0)]
    assert (end.data.id, end.data.status, end.data.percent_complete) == (work_request_id, "SUCCEEDED", 100.0)
    assert end.data.time_finished >= end.data.time_started >= end.data.time_accepted
    written = platform.folder / platform.cloud.namespace / platform.cloud.bucket / "on-demand/golden.oci"
    assert image["id"] in written.read_text()


def test_composite_operations_wait_for_the_state_of_the_image_and_for_the_work_request(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    def end(*_: object) -> None:
        platform.cloud.work_requests.advance(platform.cloud.exports[-1].work_request_id)

    composite: Any = oci.core.ComputeClientCompositeOperations(sdk.compute, sdk.work_requests)
    # It doesn't sleep, and the export ends while it waits.
    waiting = {"max_interval_seconds": 0, "max_wait_seconds": 60, "wait_callback": end}
    ended = composite.export_image_and_wait_for_state(
        image["id"], to_bucket(), wait_for_states=["AVAILABLE"], waiter_kwargs=waiting
    )
    assert (ended.data.id, ended.data.lifecycle_state) == (image["id"], "AVAILABLE")
    ended = composite.export_image_and_wait_for_work_request(image["id"], to_bucket(), waiter_kwargs=waiting)
    assert (ended.data.operation_type, ended.data.status) == ("ExportImage", "SUCCEEDED")


def test_page_by_page_all_entries_are_listed(
    platform: LocalPlatform, sdk: SdkClients, work_request_id: str
) -> None:
    platform.cloud.work_requests.advance(work_request_id, 40.0)
    platform.cloud.work_requests.advance(work_request_id)
    logs = [entry["message"] for entry in platform.cloud.work_requests.logs(work_request_id)]
    assert len(logs) > 2
    lists = sdk.work_requests.list_work_request_logs
    pages = list(
        oci.pagination.list_call_get_all_results_generator(lists, "response", work_request_id, limit=1)
    )
    assert [entry.message for page in pages for entry in page.data] == logs
    assert [page.has_next_page for page in pages] == [True] * (len(logs) - 1) + [False]
