"""What a caller can do to our words: nothing, whatever the token of a pre-authenticated URL reads like.

Such a token is hidden wherever others wrote it. OCIDs, names of fields and what the function itself says stay
whole, and so does what other exports left in a record.
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
WORDS = """
    coreservicesworkrequest compartment application accepted ACCEPTED SUCCEEDED exported announced imageexport
    specversion datacontenttype destination namespaceName objectName workRequestId opcRequestId exportFormat
    retryToken timeAccepted opc-work-request-id notification-message-id Image-export-accepted
"""
PAST = {
    "the image": lambda past: past["imageId"],
    "a work request": lambda past: past["exports"][0]["workRequestId"],
    "a time": lambda past: past["exports"][0]["timeAccepted"][:13],
    "a retry token": lambda past: past["exports"][0]["retryToken"],
}
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
OBJECT = f"{ALLOWED_PREFIX}/by-url.oci"


class Exported(NamedTuple):
    """An export's answer, its log line, and its announcement."""

    response: httpx.Response
    line: dict[str, Any]
    message: dict[str, Any]

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        return [self.response.headers, self.response.json(), self.line, self.message, self.message["data"]]


def ask(
    platform: LocalPlatform, request: Request, uri: str, more: object = None, **headers: str
) -> httpx.Response:
    """Asks for the request's image through a caller's URL, over HTTP."""
    details = {"destinationType": "objectStorageUri", "destinationUri": uri, "exportFormat": "QCOW2"}
    url = f"{platform.gateway.url}/20160918/images/{request.image_id}/actions/export"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(url, json=details | (more or {}), headers=named, timeout=60)


def export(platform: LocalPlatform, request: Request, uri: str) -> Exported:
    response = ask(platform, request, uri)
    assert response.status_code == 200
    message = json.loads(platform.cloud.messages[-1].body)
    return Exported(response, line_of(platform, message["data"]["trigger"]["id"]), message)


@pytest.fixture(scope="module")
def platform(platforms: Platforms) -> Iterator[LocalPlatform]:
    with platforms.borrow(config=WITH_RECORDS) as platform:
        yield platform


@pytest.fixture(scope="module")
def honest(platform: LocalPlatform) -> Exported:
    return export(platform, Request(platform, "gateway"), destination_uri(platform.cloud, TOKEN, OBJECT))


@pytest.mark.parametrize("reads_like", [*WORDS.split(), Cloud.namespace, ALLOWED_BUCKET, *PAST])
def test_an_export_leaves_every_word_of_ours_whole(
    platform: LocalPlatform, honest: Exported, reads_like: str
) -> None:
    request = Request(platform, "direct")
    assert request.send().status == 200
    request.end()
    assert request.send_ending().document["status"] == "announced"
    past = request.record
    token = PAST[reads_like](past) if reads_like in PAST else reads_like

    exported = export(platform, request, destination_uri(platform.cloud, token, OBJECT))

    response, line, message = exported
    now = request.exports[-1].work_request_id
    # The same keys as ever, and under them the same where it is ours.
    assert [part.keys() for part in exported.parts] == [part.keys() for part in honest.parts]
    assert (response.headers["opc-work-request-id"], response.json()["id"]) == (now, request.image_id)
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
    assert past is not None
    [before] = past["exports"]
    entries = {entry["workRequestId"]: entry for entry in request.record["exports"]}
    assert entries.pop(before["workRequestId"]) == before
    [entry] = entries.values()
    assert entry.keys() == before.keys()
    assert (entry["workRequestId"], entry["status"], entry["exportFormat"]) == (now, "ACCEPTED", "QCOW2")
    assert (request.record["imageId"], request.record["image"]["id"]) == (request.image_id, request.image_id)


def test_a_segment_named_p_is_no_token(platform: LocalPlatform) -> None:
    name = f"{ALLOWED_PREFIX}/p/application/web.oci"
    uri = destination_uri(platform.cloud, TOKEN, name).replace(f"/p/{TOKEN}", "")
    exported = export(platform, Request(platform, "gateway"), uri)
    assert exported.line["destination"].endswith(name)
    assert exported.message["data"]["destination"]["objectName"] == name


@pytest.mark.parametrize("token", ["destinationUri", "exportFormat", "opc-retry-token", "characters", TOKEN])
def test_a_refusal_leaves_every_word_of_ours_whole(platform: LocalPlatform, token: str) -> None:
    uri = f"{destination_uri(platform.cloud, token, OBJECT)}?"
    bent = {"exportFormat": "qcow", "x": 1}
    refused = ask(platform, Request(platform, "gateway"), uri, bent, opc_retry_token="x" * 65)
    assert refused.json()["message"] == (
        "exportFormat is none of the allowed values; destinationUri must have no user, query or fragment; "
        "x is unknown; opc-retry-token is too long."
    )


def test_what_a_service_calls_an_error_stays_whole_and_what_we_say_of_it(platform: LocalPlatform) -> None:
    request = Request(platform, "gateway")
    for token in ("Forbidden", "answered"):
        platform.cloud.faults.add(Fault("ExportImage", status=403, body=b"<html>"))
        refused = ask(platform, request, destination_uri(platform.cloud, token, OBJECT)).json()
        assert refused == {"code": "Forbidden", "message": "Compute answered 403 without saying why."}


@pytest.mark.parametrize("token", ["coreservicesworkrequest", "application", TOKEN, "short"])
def test_the_token_itself_leaves_in_no_url_whatever_it_reads_like(
    platform: LocalPlatform, token: str
) -> None:
    request, lines = Request(platform, "gateway"), len(platform.host.logs)
    uri = destination_uri(platform.cloud, token, OBJECT)
    message = f"Can't write to {uri}, nor to p/{token}/n/a/b/"
    platform.cloud.faults.add(Fault("ExportImage", status=400, code="InvalidParameter", message=message))
    refused = ask(platform, request, uri, opc_request_id=f"id/p/{token}/n/")
    platform.host.log.wait_for(lambda line: "InvalidParameter" in line and request.image_id in line)
    assert "Can't write to" in refused.text
    texts = [refused.text, *refused.headers.values(), *platform.host.logs[lines:]]
    assert not any(f"p/{token}" in text for text in texts)
