"""What a caller can do to our words: nothing, whatever the token of a pre-authenticated URL reads like.

Such a token is hidden wherever others wrote it. OCIDs, names of fields and what the function itself says stay
whole, and what others' exports left in a record.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from tests.local.oci import Cloud, Fault
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from tests.platform import WITH_RECORDS, Platforms, Request, line_of
from tests.security.callers_par import destination_uri

# Words of ours, of eight letters and more: in a log line, a message, a reply or a record.
WORDS = [
    *(
        "coreservicesworkrequest",
        "compartment",
        "application",
        "accepted",
        "ACCEPTED",
        "SUCCEEDED",
        "exported",
    ),
    *(
        "announced",
        "imageexport",
        "specversion",
        "datacontenttype",
        "destination",
        "namespaceName",
        "objectName",
    ),
    *("workRequestId", "opcRequestId", "exportFormat", "retryToken", "timeAccepted", "opc-work-request-id"),
    *(
        "notification-message-id",
        "callId-triggerId",
        "Image-export-accepted",
        Cloud.namespace,
        ALLOWED_BUCKET,
    ),
]
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
OBJECT = f"{ALLOWED_PREFIX}/by-url.oci"


@pytest.fixture(scope="module")
def platform(platforms: Platforms) -> Iterator[LocalPlatform]:
    with platforms.borrow(config=WITH_RECORDS) as platform:
        yield platform


class Exported(NamedTuple):
    """An export's answer, its log line, and its announcement."""

    response: httpx.Response
    line: dict[str, Any]
    message: dict[str, Any]

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        return [self.response.headers, self.response.json(), self.line, self.message, self.message["data"]]


def ask(platform: LocalPlatform, request: Request, token: str, **headers: str) -> httpx.Response:
    """Asks for the request's image through a caller's URL with that token, over HTTP."""
    uri = destination_uri(platform.cloud, token, OBJECT)
    details = {"destinationType": "objectStorageUri", "destinationUri": uri, "exportFormat": "QCOW2"}
    url = f"{platform.gateway.url}/20160918/images/{request.image_id}/actions/export"
    return httpx.post(url, json=details, headers=headers, timeout=60)


def export(platform: LocalPlatform, request: Request, token: str) -> Exported:
    response = ask(platform, request, token)
    assert response.status_code == 200
    message = json.loads(platform.cloud.messages[-1].body)
    return Exported(response, line_of(platform, message["data"]["trigger"]["id"]), message)


@pytest.fixture(scope="module")
def honest(platform: LocalPlatform) -> Exported:
    return export(platform, Request(platform, "gateway"), TOKEN)


def first_export(platform: LocalPlatform) -> Request:
    """A request whose export has ended well and is recorded, so that the image has a past."""
    request = Request(platform, "direct")
    assert request.send().status == 200
    request.end()
    assert request.send_ending().document["status"] == "announced"
    return request


def token_of(request: Request, reads_like: str) -> str:
    known = {
        "the image": request.image_id,
        "a work request": str(request.recorded["workRequestId"]),
        "a time": str(request.recorded["timeAccepted"])[:13],
        "a retry token": str(request.token),
    }
    return known.get(reads_like, reads_like)


@pytest.mark.parametrize("reads_like", [*WORDS, "the image", "a work request", "a time", "a retry token"])
def test_an_export_leaves_every_word_of_ours_whole(
    platform: LocalPlatform, honest: Exported, reads_like: str
) -> None:
    request = first_export(platform)
    past = request.recorded

    exported = export(platform, request, token_of(request, reads_like))

    response, line, message = exported
    now = request.exports[-1].work_request_id
    # The same keys as ever, and under them the same where it is ours.
    assert [part.keys() for part in exported.parts] == [part.keys() for part in honest.parts]
    assert response.headers["opc-work-request-id"] == now
    assert response.json()["id"] == request.image_id
    for key in ("message", "level", "trigger", "exportFormat", "status", "code", "destination"):
        assert line[key] == honest.line[key]
    assert line["destination"] == f"{platform.cloud.namespace}/{ALLOWED_BUCKET}/{OBJECT}"
    assert (line["imageId"], line["workRequestId"]) == (request.image_id, now)
    for key in ("specversion", "source", "type", "datacontenttype"):
        assert message[key] == honest.message[key]
    assert (message["id"], message["subject"]) == (f"{now}/accepted", request.image_id)
    for key in ("destination", "exportFormat", "compartmentId"):
        assert message["data"][key] == honest.message["data"][key]
    assert (message["data"]["imageId"], message["data"]["workRequestId"]) == (request.image_id, now)
    record = request.record
    assert record is not None
    entries = {entry["workRequestId"]: entry for entry in record["exports"]}
    assert entries.pop(past["workRequestId"]) == past
    [entry] = entries.values()
    assert entry.keys() == past.keys()
    assert (entry["workRequestId"], entry["status"], entry["exportFormat"]) == (now, "ACCEPTED", "QCOW2")
    assert (record["imageId"], record["image"]["id"]) == (request.image_id, request.image_id)


@pytest.mark.parametrize(
    "token",
    ["destinationUri", "exportFormat", "opc-retry-token", "characters", "imageId-must", "a-bad-token"],
)
def test_a_refusal_leaves_every_word_of_ours_whole(platform: LocalPlatform, token: str) -> None:
    url = destination_uri(platform.cloud, token, OBJECT)
    details = {
        "destinationType": "objectStorageUri",
        "destinationUri": f"{url}?",
        "exportFormat": "qcow",
        "x": 1,
    }
    asked = {"imageId": "ocid1.image.oc1..a", "exportImageDetails": details, "opcRetryToken": "x" * 65}
    assert platform.invoke(asked).json()["message"] == (
        "exportImageDetails.exportFormat is none of the allowed values; "
        "exportImageDetails.destinationUri must have no user, query or fragment; "
        "exportImageDetails.x is unknown; opcRetryToken is too long."
    )


def test_a_services_word_for_what_went_wrong_stays_whole(platform: LocalPlatform) -> None:
    request = Request(platform, "gateway")
    platform.cloud.faults.add(Fault("ExportImage", status=403, body=b"<html>"))
    refused = ask(platform, request, "Forbidden").json()
    assert refused == {"code": "Forbidden", "message": "Compute answered 403 without saying why."}
    platform.cloud.faults.add(Fault("ExportImage", status=404, code="NotAuthorizedOrNotFound", message="No."))
    assert ask(platform, request, "NotAuthorizedOrNotFound").json()["code"] == "NotAuthorizedOrNotFound"


@pytest.mark.parametrize("token", ["coreservicesworkrequest", TOKEN, "short"])
def test_the_token_itself_leaves_in_no_url_whatever_it_reads_like(
    platform: LocalPlatform, token: str
) -> None:
    request = Request(platform, "gateway")
    uri = destination_uri(platform.cloud, token, OBJECT)
    lines = len(platform.host.logs)
    platform.cloud.faults.add(
        Fault(
            "ExportImage",
            status=400,
            code="InvalidParameter",
            message=f"Can't write to {uri}, nor to p/{token}/n/a/b/",
        )
    )
    refused = ask(platform, request, token, **{"opc-request-id": f"id/p/{token}/n/"})
    line = json.loads(
        platform.host.log.wait_for(lambda line: "InvalidParameter" in line and request.image_id in line)
    )
    texts = [refused.text, *refused.headers.values(), json.dumps(line), *platform.host.logs[lines:]]
    assert "Can't write to" in refused.text
    assert not any(f"p/{token}" in text for text in texts)
