"""The vendor's Python SDK, unmodified, exports images through the gateway and waits for what they become."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform

UNKNOWN_IMAGE = "ocid1.image.oc1.phx.aaaaaaaanosuchimage"


@pytest.fixture
def work_request_id(sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]) -> str:
    """Of an export that was just accepted."""
    answer = sdk.compute.export_image(image["id"], to_bucket())
    return str(answer.headers["opc-work-request-id"])


class TestComputeClient:
    def test_an_export_is_answered_with_the_image_and_announced(
        self,
        platform: LocalPlatform,
        sdk: SdkClients,
        image: dict[str, Any],
        to_bucket: Callable[..., Any],
        published: Callable[[str], list[dict[str, Any]]],
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
        assert answer.headers["etag"] == platform.cloud.images.etag(image["id"])
        assert answer.request_id
        (message,) = published(image["id"])
        assert message["data"]["workRequestId"] == export.work_request_id
        assert answer.headers["notification-message-id"] in {
            message.message_id for message in platform.cloud.messages
        }

    def test_an_export_to_a_pre_authenticated_request_is_started(
        self, platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], par: Callable[[str], str]
    ) -> None:
        details = oci.core.models.ExportImageViaObjectStorageUriDetails(
            destination_uri=par("on-demand/through-par.vmdk"), export_format="VMDK"
        )
        sdk.compute.export_image(image["id"], details)
        export = platform.cloud.exports[-1]
        assert (export.via, export.format) == ("par", "VMDK")
        assert export.destination.object == "on-demand/through-par.vmdk"

    def test_a_retry_token_sent_twice_is_one_export(
        self,
        platform: LocalPlatform,
        sdk: SdkClients,
        image: dict[str, Any],
        to_bucket: Callable[..., Any],
    ) -> None:
        token = {"opc_retry_token": "once-and-again"}
        first, second = (sdk.compute.export_image(image["id"], to_bucket(), **token) for _ in range(2))
        assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
        assert [export.image_id for export in platform.cloud.exports].count(image["id"]) == 1


class TestWorkRequestClient:
    def test_the_work_request_of_an_export_is_a_model(
        self, sdk: SdkClients, image: dict[str, Any], work_request_id: str
    ) -> None:
        answer = sdk.work_requests.get_work_request(work_request_id)
        assert isinstance(answer.data, oci.work_requests.models.WorkRequest)
        assert (answer.data.id, answer.data.status) == (work_request_id, "ACCEPTED")
        assert [resource.identifier for resource in answer.data.resources] == [image["id"]]
        assert answer.headers["retry-after"] == "1"

    def test_wait_until_follows_an_export_to_its_end(
        self, platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], work_request_id: str
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


class TestCompositeOperations:
    """They export, and then wait by reading the image or the work request."""

    @pytest.fixture
    def composite(self, sdk: SdkClients) -> Any:
        return oci.core.ComputeClientCompositeOperations(sdk.compute, sdk.work_requests)

    @pytest.fixture
    def waiting(self, platform: LocalPlatform) -> dict[str, Any]:
        """Keyword arguments of the waiter: it doesn't sleep, and the export ends while it waits."""

        def end(_: int, __: Any) -> None:
            platform.cloud.work_requests.advance(platform.cloud.exports[-1].work_request_id)

        return {"max_interval_seconds": 0, "max_wait_seconds": 60, "wait_callback": end}

    def test_an_export_is_waited_for_by_the_state_of_its_image_and_by_its_work_request(
        self, composite: Any, image: dict[str, Any], to_bucket: Callable[..., Any], waiting: dict[str, Any]
    ) -> None:
        ended = composite.export_image_and_wait_for_state(
            image["id"], to_bucket(), wait_for_states=["AVAILABLE"], waiter_kwargs=waiting
        )
        assert (ended.data.id, ended.data.lifecycle_state) == (image["id"], "AVAILABLE")
        ended = composite.export_image_and_wait_for_work_request(
            image["id"], to_bucket(), waiter_kwargs=waiting
        )
        assert (ended.data.operation_type, ended.data.status) == ("ExportImage", "SUCCEEDED")


class TestPages:
    @pytest.fixture
    def logs(self, platform: LocalPlatform, sdk: SdkClients, work_request_id: str) -> list[str]:
        """The messages of a log of three entries or more, as Compute has them."""
        platform.cloud.work_requests.advance(work_request_id, 40.0)
        platform.cloud.work_requests.advance(work_request_id)
        entries = [entry["message"] for entry in platform.cloud.work_requests.logs(work_request_id)]
        assert len(entries) > 2
        return entries

    def test_page_by_page_all_entries_are_listed(
        self, platform: LocalPlatform, sdk: SdkClients, work_request_id: str, logs: list[str]
    ) -> None:
        pages = list(
            oci.pagination.list_call_get_all_results_generator(
                sdk.work_requests.list_work_request_logs, "response", work_request_id, limit=1
            )
        )
        assert [entry.message for page in pages for entry in page.data] == logs
        assert [page.has_next_page for page in pages] == [True] * (len(logs) - 1) + [False]


REFUSED = {
    "unlisted bucket": ({"bucket_name": "elsewhere"}, 403, "NotAllowed", "destination"),
    "no object": ({"object_name": None}, 400, "MissingParameter", "objectName"),
    "an id that climbs the path": ({"image_id": "ocid1.image/../../x?y=1"}, 404, "NotFound", "route"),
    "no such image": ({"image_id": UNKNOWN_IMAGE}, 404, "NotAuthorizedOrNotFound", "image"),
    "long retry token": ({"opc_retry_token": "t" * 65}, 400, "InvalidParameter", "opc-retry-token"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_the_service_error_that_the_client_knows(
    platform: LocalPlatform,
    sdk: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
    case: tuple[dict[str, str | None], int, str, str],
) -> None:
    change, status, code, message = case
    exports = len(platform.cloud.exports)
    place = {name: value for name, value in change.items() if name.endswith("_name")}
    other = {name: value for name, value in change.items() if name not in place}
    with pytest.raises(oci.exceptions.ServiceError) as refusal:
        sdk.compute.export_image(
            **{"image_id": image["id"], "export_image_details": to_bucket(**place)} | other
        )
    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert message in refusal.value.message
    assert refusal.value.request_id
    assert len(platform.cloud.exports) == exports
