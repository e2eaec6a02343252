"""The same call has the same answer from the gateway and from Compute, but for the announcement's header."""

from collections.abc import Callable, Mapping
from typing import Any

import oci
import pytest
import requests

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform

# Of this answer alone: its number, its time, its length in bytes.
OWN = {"opc-request-id", "date", "content-length"}
ANNOUNCEMENT = {"notification-message-id"}

Call = Callable[[SdkClients], Any]


def headers(answer: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OWN}


def refusal(call: Call, clients: SdkClients) -> oci.exceptions.ServiceError:
    with pytest.raises(oci.exceptions.ServiceError) as refused:
        call(clients)
    return refused.value


def test_the_same_export_has_the_same_answer(
    sdk: SdkClients, sdk_of_compute: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    # The retry token makes it one export: whoever asks second gets the first answer again.
    token = {"opc_retry_token": "one-export-two-ways"}
    direct, through = (
        clients.compute.export_image(image["id"], to_bucket(), **token) for clients in (sdk_of_compute, sdk)
    )
    assert (through.status, through.data) == (direct.status, direct.data)
    assert set(headers(through)) - set(headers(direct)) == ANNOUNCEMENT
    assert {name: headers(through)[name] for name in headers(direct)} == headers(direct)
    assert through.request_id


def test_the_image_comes_byte_for_byte_as_compute_wrote_it(
    platform: LocalPlatform, user: dict[str, str], image: dict[str, Any]
) -> None:
    signer = oci.signer.Signer(user["tenancy"], user["user"], user["fingerprint"], user["key_file"])
    body = {
        "destinationType": "objectStorageTuple",
        "namespaceName": platform.cloud.namespace,
        "bucketName": platform.cloud.bucket,
        "objectName": "on-demand/raw.oci",
    }
    direct, through = (
        requests.post(
            f"{endpoint}/20160918/images/{image['id']}/actions/export",
            json=body,
            headers={"opc-retry-token": "one-export-byte-for-byte"},
            auth=signer,
            timeout=60,
        )
        for endpoint in (platform.cloud.endpoint, platform.gateway.url)
    )
    assert direct.status_code == 200
    assert through.content == direct.content
    assert "imageVolumeDetails" in through.json()


def test_the_same_work_request_reads_the_same(
    platform: LocalPlatform,
    sdk: SdkClients,
    sdk_of_compute: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
) -> None:
    work_request_id = sdk.compute.export_image(image["id"], to_bucket()).headers["opc-work-request-id"]
    platform.cloud.work_requests.advance(work_request_id, 70.0)
    platform.cloud.work_requests.fail(work_request_id, "ExportFailed", "The bucket is full.")
    for read in ("get_work_request", "list_work_request_errors", "list_work_request_logs"):
        direct, through = (
            getattr(clients.work_requests, read)(work_request_id) for clients in (sdk_of_compute, sdk)
        )
        assert direct.data
        assert (through.status, through.data) == (direct.status, direct.data)
        assert headers(through) == headers(direct)


COMPUTE_S_REFUSALS: Mapping[str, dict[str, str]] = {
    "no such image": {"image_id": "ocid1.image.oc1.phx.aaaaaaaanosuchimage"},
    "version mismatch": {"if_match": "another-version"},
    "a retry token of another export": {"opc_retry_token": "of-another-export"},
}


@pytest.mark.parametrize("change", COMPUTE_S_REFUSALS.values(), ids=COMPUTE_S_REFUSALS)
def test_compute_s_refusals_come_word_for_word(
    sdk: SdkClients,
    sdk_of_compute: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
    change: dict[str, str],
) -> None:
    def export(clients: SdkClients) -> Any:
        arguments = {"image_id": image["id"], "export_image_details": to_bucket()} | change
        return clients.compute.export_image(**arguments)

    if token := change.get("opc_retry_token"):
        sdk.compute.export_image(image["id"], to_bucket(object_name="on-demand/x"), opc_retry_token=token)
    through, direct = refusal(export, sdk), refusal(export, sdk_of_compute)
    assert (through.status, through.code, through.message) == (direct.status, direct.code, direct.message)
    assert headers(through) == headers(direct)
    assert through.request_id


@pytest.mark.parametrize(
    "fields",
    [{"object_name": None}, {"bucket_name": None}, {"namespace_name": None}, {"object_name": "a\rb"}],
    ids=["no object", "no bucket", "no namespace", "a line break in the name"],
)
def test_what_the_function_refuses_itself_has_compute_s_status_and_code(
    sdk: SdkClients,
    sdk_of_compute: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
    fields: dict[str, str | None],
) -> None:
    def export(clients: SdkClients) -> Any:
        return clients.compute.export_image(image["id"], to_bucket(**fields))

    direct, through = refusal(export, sdk_of_compute), refusal(export, sdk)
    assert (through.status, through.code) == (direct.status, direct.code)
