"""`oci.core.ComputeClient`, unmodified, exports images through the gateway."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import oci
import pytest

from tests.clients.conftest import SdkClients
from tests.local.platform import LocalPlatform

UNKNOWN_IMAGE = "ocid1.image.oc1.phx.aaaaaaaanosuchimage"


def test_an_export_answers_with_the_image_as_a_model(
    sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    answer = sdk.compute.export_image(image["id"], to_bucket(export_format="QCOW2"))
    assert answer.status == 200
    assert isinstance(answer.data, oci.core.models.Image)
    assert (answer.data.id, answer.data.display_name) == (image["id"], "golden-ol9")
    assert answer.data.lifecycle_state == oci.core.models.Image.LIFECYCLE_STATE_EXPORTING
    assert answer.data.launch_options.firmware == "UEFI_64"


def test_an_export_s_headers_name_the_work_request_the_version_and_the_request(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    answer = sdk.compute.export_image(image["id"], to_bucket())
    export = platform.cloud.exports[-1]
    assert export.image_id == image["id"]
    assert answer.headers["opc-work-request-id"] == export.work_request_id
    assert answer.headers["etag"] == platform.cloud.images.etag(image["id"])
    assert answer.request_id == answer.headers["opc-request-id"]


def test_an_export_is_announced_under_the_id_that_the_client_got(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    answer = sdk.compute.export_image(image["id"], to_bucket())
    message = platform.cloud.messages[-1]
    assert answer.headers["notification-message-id"] == message.message_id
    assert json.loads(message.body)["id"] == answer.headers["opc-work-request-id"]


def test_an_export_to_a_pre_authenticated_request_keeps_its_token_secret(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], par: Callable[[str], str]
) -> None:
    url = par("on-demand/through-par.vmdk")
    token = url.split("/p/")[1].split("/")[0]
    details = oci.core.models.ExportImageViaObjectStorageUriDetails(destination_uri=url, export_format="VMDK")
    answer = sdk.compute.export_image(image["id"], details)
    export = platform.cloud.exports[-1]
    assert (export.via, export.format, export.destination.object) == (
        "par",
        "VMDK",
        "on-demand/through-par.vmdk",
    )
    said = [str(answer.headers), *platform.host.logs, *(message.body for message in platform.cloud.messages)]
    assert not [text for text in said if token in text]


def test_a_retry_token_sent_twice_is_one_export(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    token = {"opc_retry_token": "once-and-again"}
    first, second = (sdk.compute.export_image(image["id"], to_bucket(), **token) for _ in range(2))
    assert first.headers["opc-work-request-id"] == second.headers["opc-work-request-id"]
    assert [export.image_id for export in platform.cloud.exports].count(image["id"]) == 1


def test_an_export_with_the_right_version_is_accepted(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any], to_bucket: Callable[..., Any]
) -> None:
    etag = platform.cloud.images.etag(image["id"])
    assert sdk.compute.export_image(image["id"], to_bucket(), if_match=etag).status == 200


@dataclass(frozen=True)
class Refused:
    """How a good request is changed, and the refusal that it then gets (`code` None: not Compute's)."""

    change: dict[str, str | None]
    status: int
    code: str | None
    told: str = ""


REFUSED = {
    "unlisted bucket": Refused({"bucket_name": "elsewhere"}, 403, "NotAllowed", "destination"),
    "bad bucket": Refused({"bucket_name": "no/bucket"}, 400, "InvalidParameter", "bucketName"),
    "no object": Refused({"object_name": None}, 400, "MissingParameter", "objectName"),
    "no image's id": Refused({"image_id": "ocid1.vcn.oc1.phx.a"}, 400, "InvalidParameter", "imageId"),
    "an id that climbs the path": Refused({"image_id": "ocid1.image/../../x?y=1"}, 404, None),
    "no such image": Refused({"image_id": UNKNOWN_IMAGE}, 404, "NotAuthorizedOrNotFound", "image"),
    "version mismatch": Refused({"if_match": "another-version"}, 412, "NoEtagMatch", "entity tag"),
    "long retry token": Refused({"opc_retry_token": "t" * 65}, 400, "InvalidParameter", "opc-retry-token"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_the_service_error_that_the_client_knows(
    platform: LocalPlatform,
    sdk: SdkClients,
    image: dict[str, Any],
    to_bucket: Callable[..., Any],
    case: Refused,
) -> None:
    exports = len(platform.cloud.exports)
    place = {name: value for name, value in case.change.items() if name.endswith("_name")}
    other = {name: value for name, value in case.change.items() if name not in place}
    with pytest.raises(oci.exceptions.ServiceError) as refusal:
        sdk.compute.export_image(
            **{"image_id": image["id"], "export_image_details": to_bucket(**place)} | other
        )
    assert refusal.value.status == case.status
    assert refusal.value.request_id
    assert case.told in refusal.value.message
    assert case.code in (None, refusal.value.code)
    assert len(platform.cloud.exports) == exports


def test_nothing_else_of_compute_is_reachable(
    platform: LocalPlatform, sdk: SdkClients, image: dict[str, Any]
) -> None:
    calls = len(platform.cloud.calls)
    others = [
        (sdk.compute.get_image, image["id"]),
        (sdk.compute.list_images, image["compartmentId"]),
        (sdk.compute.delete_image, image["id"]),
        (sdk.work_requests.list_work_requests, image["compartmentId"]),
    ]
    for other, of in others:
        with pytest.raises(oci.exceptions.ServiceError) as refusal:
            other(of)
        assert refusal.value.status == 404
    assert len(platform.cloud.calls) == calls
