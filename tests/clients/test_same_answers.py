"""The same call has the same answer from the gateway and from Compute, but for the announcement's header."""

from collections.abc import Callable
from typing import Any

import oci
import pytest
import requests

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform

# Of this answer alone: its number, its time, its length in bytes.
OWN = {"opc-request-id", "date", "content-length"}
ANNOUNCEMENT = {"notification-message-id"}


def headers(answer: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OWN}


def test_the_same_export_has_the_same_answer_byte_for_byte(
    platform: LocalPlatform, user: dict[str, str], image: dict[str, Any], details: dict[str, str]
) -> None:
    signer = oci.signer.Signer(user["tenancy"], user["user"], user["fingerprint"], user["key_file"])
    # The retry token makes it one export: whoever asks second gets the first answer again.
    direct, through = (
        requests.post(
            f"{endpoint}/20160918/images/{image['id']}/actions/export",
            json=details,
            headers={"opc-retry-token": "one-export-two-ways"},
            auth=signer,
            timeout=60,
        )
        for endpoint in (platform.cloud.endpoint, platform.gateway.url)
    )
    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    assert "imageVolumeDetails" in through.json()
    assert set(headers(through)) - set(headers(direct)) == ANNOUNCEMENT
    assert {name: headers(through)[name] for name in headers(direct)} == headers(direct)
    assert through.headers["opc-request-id"]


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


REFUSED: dict[str, dict[str, str | None]] = {
    "no such image": {"image_id": "ocid1.image.oc1.phx.aaaaaaaanosuchimage"},
    "version mismatch": {"if_match": "another-version"},
    "a retry token of another export": {"opc_retry_token": "of-another-export"},
    # These the function refuses itself, in words of its own.
    "no object": {"object_name": None},
    "a line break in the name": {"object_name": "a\rb"},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_compute_s(
    sdk: SdkClients,
    sdk_of_compute: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
    change: dict[str, str | None],
) -> None:
    place = {name: value for name, value in change.items() if name.endswith("_name")}
    other = {name: value for name, value in change.items() if name not in place}
    arguments = {"image_id": image["id"], "export_image_details": to_bucket(**place), **other}
    if token := change.get("opc_retry_token"):
        sdk.compute.export_image(image["id"], to_bucket(object_name="on-demand/x"), opc_retry_token=token)
    errors = []
    for clients in (sdk, sdk_of_compute):
        with pytest.raises(oci.exceptions.ServiceError) as refused:
            clients.compute.export_image(**arguments)
        errors.append(refused.value)
    through, direct = errors
    assert through.request_id
    assert (through.status, through.code) == (direct.status, direct.code)
    if not place:
        assert (through.message, headers(through)) == (direct.message, headers(direct))
