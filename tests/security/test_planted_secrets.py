"""A cloud that repeats every secret it is told, in every kind of failure: the function repeats none."""

import base64
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from handlers.log import JsonFormatter
from tests.local.fn import Invocation
from tests.local.oci import Call, Fault
from tests.local.platform import LocalPlatform
from tests.security.secrets_to_plant import QUOTINGS, par_url

PIECE = 20
SECONDS = 6.0

# Secrets that the function never had, which a cloud may quote all the same.
OTHER_TOKEN = secrets.token_urlsafe(48)
OTHER_WEB_TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(60)}"
OTHER_KEY_BODY = base64.b64encode(b"0\x82" + secrets.token_bytes(180)).decode()
CALLERS_TOKEN = secrets.token_urlsafe(48)
CALLERS_CREDENTIALS = base64.b64encode(secrets.token_bytes(30)).decode() + "1="
PLANTED = (OTHER_TOKEN, OTHER_WEB_TOKEN, OTHER_KEY_BODY, CALLERS_TOKEN, CALLERS_CREDENTIALS)


def repeated(call: Call, quoting: str) -> str:
    """All that a careless service could say about a request."""
    key = f"-----BEGIN PRIVATE KEY-----\n{OTHER_KEY_BODY}\n-----END PRIVATE KEY-----"
    said = (
        f"Could not do it with {call.body.decode()}",
        f"authorization: {call.headers.get('authorization', '')}",
        f"keyId=ST${OTHER_WEB_TOKEN}",
        f"while writing to {par_url(OTHER_TOKEN)}",
        f"and to {par_url(OTHER_TOKEN)[:-60]}",
        key,
    )
    # Without the URL around them, tokens are only known by having been sent.
    tokens = re.findall(r"/p/([\w-]+)/n/", call.body.decode())
    said += tuple(f"the request {token}, or {token[:40]}…, has expired" for token in tokens)
    quote = QUOTINGS[quoting]
    return "\n".join([said[0], *map(quote, said[1:])])


Answer = Callable[[str, str, str], Fault]
ANSWERS: Mapping[str, Answer] = {
    "refused": lambda operation, code, said: Fault(operation, status=400, code=code, message=said),
    "not found": lambda operation, code, said: Fault(operation, status=404, code=code, message=said),
    "in conflict": lambda operation, code, said: Fault(operation, status=409, code="Conflict", message=said),
    "token spent": lambda operation, code, said: Fault(operation, 409, "InvalidatedRetryToken", said),
    "not authenticated": lambda operation, code, said: Fault(operation, status=401, code=code, message=said),
    "failed": lambda operation, code, said: Fault(operation, status=500, code=code, message=said),
    "a page": lambda operation, code, said: Fault(
        operation, status=403, body=f"<html>{said}</html>".encode(), content_type="text/html"
    ),
    "no JSON": lambda operation, code, said: Fault(operation, status=200, body=f'{{"said": {said}'.encode()),
    "another document": lambda operation, code, said: Fault(operation, 200, body=json.dumps([said]).encode()),
    "a document of secrets": lambda operation, code, said: Fault(
        operation,
        status=200,
        body=json.dumps(
            {
                "id": said,
                said: said,
                "displayName": said,
                "compartmentId": said,
                "messageId": said,
                "status": said,
            }
            | {"accessUri": said, "operationType": "ExportImage", "lifecycleState": "AVAILABLE"}
        ).encode(),
    ),
    "elsewhere": lambda operation, code, said: Fault(
        operation, status=307, code=code, message=said, headers={"location": par_url(OTHER_TOKEN)}
    ),
    "headers of secrets": lambda operation, code, said: Fault(
        operation,
        after_work=True,
        headers=dict.fromkeys(
            ("etag", "opc-request-id", "opc-work-request-id", "retry-after"), par_url(OTHER_TOKEN)
        ),
    ),
}


RETRIED = ("failed", "no JSON", "another document", "elsewhere")


@dataclass
class Talkative:
    """The platform with a cloud that answers the next request of one operation with all that it was told."""

    platform: LocalPlatform
    work_request_id: str = ""
    armed: tuple[str, bool, Answer, str] | None = None
    said: list[str] = field(default_factory=list)

    def hear(self, call: Call) -> None:
        if self.armed and self.armed[:2] == (
            call.operation,
            b"destinationUri" in call.body and self.armed[1],
        ):
            operation, _, answer, quoting = self.armed
            self.armed = None
            code = f"Said {par_url(OTHER_TOKEN)}\r\nfn-http-h-x-injected: yes"
            self.platform.cloud.faults.add(answer(operation, code, repeated(call, quoting)))

    def image(self) -> str:
        return str(self.platform.cloud.images.add(display_name=f"golden {par_url(OTHER_TOKEN)}")["id"])

    def details(self, by_url: bool = False) -> dict[str, str]:
        cloud = self.platform.cloud
        if by_url:
            path = f"/p/{CALLERS_TOKEN}/n/{cloud.namespace}/b/{cloud.bucket}/o/a.oci"
            return {"destinationType": "objectStorageUri", "destinationUri": cloud.endpoint + path}
        names = {"namespaceName": cloud.namespace, "bucketName": cloud.bucket, "objectName": "a.oci"}
        return {"destinationType": "objectStorageTuple", **names}

    def http(self, method: str, path: str, **options: Any) -> None:
        headers = {"authorization": f"Basic {CALLERS_CREDENTIALS}", **options.pop("headers", {})}
        url = f"{self.platform.gateway.url}/20160918/{path}"
        response = httpx.request(method, url, headers=headers, timeout=60, **options)
        assert "x-injected" not in response.headers
        self.said += [response.text, *response.headers.values()]

    def invoke(self, document: object, **headers: str) -> None:
        body = json.dumps(document).encode()
        deadline = datetime.now(UTC) + timedelta(seconds=SECONDS)
        answer = self.platform.host.invoke(
            body, {"content-type": "application/json", **headers}, deadline=deadline
        )
        self._heard(answer)

    def _heard(self, answer: Invocation) -> None:
        self.said += [answer.body.decode(), answer.detail, *answer.headers.values()]

    def event(self, kind: str, image_id: str, compartment: bool = True) -> dict[str, Any]:
        data = {"resourceId": image_id, "resourceName": f"golden {par_url(OTHER_TOKEN)}"}
        if compartment:
            data["compartmentId"] = self.platform.cloud.compartment_id
        return {
            "eventType": f"com.oraclecloud.computeapi.{kind}.end",
            "cloudEventsVersion": "0.1",
            "eventID": f"event {secrets.token_hex(8)} {par_url(OTHER_TOKEN)}",
            "eventTime": "2126-01-31T23:59:59Z",
            "data": data,
        }


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talkative]:
    options: dict[str, Any] = {"timeout_s": SECONDS, "advance": "at once", "seed": 1}
    with LocalPlatform(
        tmp_path_factory.mktemp("buckets"), config={"LOG_LEVEL": "DEBUG"}, **options
    ) as platform:
        cloud = platform.cloud
        cloud.topic_rate = 1_000_000
        shown = Talkative(platform)
        cloud.work_requests.fail_next("Failed", f"Could not write to {par_url(OTHER_TOKEN)}")
        shown.http("POST", f"images/{shown.image()}/actions/export", json=shown.details())
        shown.work_request_id = cloud.exports[-1].work_request_id
        cloud.on("*", "received", shown.hear)
        yield shown


Deed = Callable[[Talkative], None]


def over_http(by_url: bool = False, **headers: str) -> Deed:
    return lambda it: it.http(
        "POST", f"images/{it.image()}/actions/export", json=it.details(by_url), headers=headers
    )


def direct(by_url: bool = False, dry_run: bool = False, **headers: str) -> Deed:
    return lambda it: it.invoke(
        {"imageId": it.image(), "exportImageDetails": it.details(by_url), "dryRun": dry_run}, **headers
    )


def created(it: Talkative) -> None:
    it.invoke(it.event("createimage", it.image()))


def ended(compartment: bool) -> Deed:
    def deed(it: Talkative) -> None:
        image_id = it.platform.cloud.exports[0].image_id
        it.invoke(it.event("exportimage", image_id, compartment))

    return deed


def follow(part: str = "") -> Deed:
    return lambda it: it.http("GET", f"workRequests/{it.work_request_id}{part}")


DETACHED = {"fn-invoke-type": "detached"}
DRY_RUN = {"opc-dry-run": "true"}
# The operation that answers with secrets; whether only once the function goes around the known issue; and
# deeds that come to it.
SCENES: tuple[tuple[str, bool, tuple[Deed, ...]], ...] = (
    ("ExportImage", False, (over_http(), direct(), direct(**DETACHED), created)),
    ("ExportImage", False, (over_http(by_url=True), direct(by_url=True), direct(by_url=True, **DETACHED))),
    ("ExportImage", True, (over_http(), direct(), direct(**DETACHED), created)),
    ("CreatePreauthenticatedRequest", False, (over_http(), direct(), created)),
    ("PublishMessage", False, (over_http(), direct(), created, ended(compartment=True))),
    ("GetImage", False, (over_http(**DRY_RUN), direct(dry_run=True), ended(compartment=False))),
    ("GetWorkRequest", False, (follow(), ended(compartment=True))),
    ("ListWorkRequests", False, (ended(compartment=True),)),
    ("ListWorkRequestErrors", False, (follow("/errors"), ended(compartment=True))),
    ("ListWorkRequestLogs", False, (follow("/logs"),)),
)


def secrets_of(platform: LocalPlatform, calls: int) -> list[str]:
    """What must not be heard: the planted, the principal's, and what was signed since that many calls."""
    cloud, credentials = platform.cloud, platform.credentials
    key = (credentials / "private.pem").read_text("ascii").splitlines()[1:-1]
    token = (credentials / "rpst").read_text("ascii")
    signatures = [
        match[1]
        for call in cloud.calls[calls:]
        if (match := re.search(r'signature="([^"]+)"', call.headers.get("authorization", "")))
    ]
    return [*PLANTED, *(par.token for par in cloud.pars), token, *key, *signatures]


def leaks(secret: str, text: str) -> list[str]:
    """Where the text has so much of the secret that it is worth something."""
    pieces = (secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1))
    return [text[max(0, at - 80) : at + 80] for piece in pieces if (at := text.find(piece)) >= 0][:1]


def decoded(text: str) -> str:
    """JSON says a slash as it is, so that secrets in Base64 can be searched for."""
    return text.replace("\\/", "/").replace("\\u002f", "/")


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene[0]}{' again' if scene[1] else ''}")
def test_no_secret_is_heard_whatever_a_service_says(
    talkative: Talkative, answer: str, scene: tuple[str, bool, tuple[Deed, ...]]
) -> None:
    platform, cloud = talkative.platform, talkative.platform.cloud
    operation, around, deeds = scene
    cloud.switches.refuses_tuples = around or operation == "CreatePreauthenticatedRequest"
    quotings = sorted(QUOTINGS)
    if answer in RETRIED:
        # Each takes a pause or two: one deed stands for all.
        deeds = deeds[len(answer) % len(deeds) :][:1]
    for number, deed in enumerate(deeds):
        calls, lines, messages = len(cloud.calls), len(platform.host.logs), len(cloud.messages)
        talkative.said.clear()
        quoting = quotings[(number + len(operation) + len(answer)) % len(quotings)]
        talkative.armed = (operation, around, ANSWERS[answer], quoting)
        deed(talkative)
        assert talkative.armed is None, f"{operation} was not called"
        cloud.faults.clear()
        platform.host.log.wait_for(
            lambda line, lines=lines: any("deadlineLeftMs" in x for x in platform.host.logs[lines:])
        )
        published = [f"{message.title}\n{message.body}" for message in cloud.messages[messages:]]
        heard = decoded("\n".join([*platform.host.logs[lines:], *talkative.said, *published]))
        found = [leak for secret in secrets_of(platform, calls) for leak in leaks(secret, heard)]
        assert found == [], f"{quoting}: {found}"


def test_no_log_line_says_what_a_client_sent_as_its_credentials(talkative: Talkative) -> None:
    assert not any(CALLERS_CREDENTIALS in line for line in talkative.platform.host.logs)


@pytest.mark.parametrize("place", ["key", "value", "type"])
def test_a_refused_request_repeats_no_secret(talkative: Talkative, place: str) -> None:
    secret = f"https://objectstorage.us-phoenix-1.oraclecloud.com/p/{CALLERS_TOKEN}/n/a/b/c/o/d"
    bent = {"key": {secret: 1}, "value": {"objectName": secret + "/.."}, "type": {"destinationType": secret}}[
        place
    ]
    talkative.said.clear()
    details = talkative.details() | bent
    talkative.http("POST", f"images/{talkative.image()}/actions/export", json=details)
    talkative.invoke({"imageId": talkative.image(), "exportImageDetails": details})
    talkative.invoke({"imageId": secret, "exportImageDetails": {}, secret: secret}, **DETACHED)
    everything = [*talkative.said, *talkative.platform.host.logs]
    everything += [f"{message.title} {message.body}" for message in talkative.platform.cloud.messages]
    assert leaks(CALLERS_TOKEN, "\n".join(everything)) == []


def test_the_traceback_of_a_bug_has_no_secret_either() -> None:
    first = KeyError(f"authorization: Bearer {OTHER_WEB_TOKEN}")
    bug = RuntimeError(f"could not write to {par_url(OTHER_TOKEN)}")
    bug.__cause__ = first
    said = (logging.ERROR, __file__, 1, f"unexpected: {par_url(OTHER_TOKEN)}", ())
    record = logging.getLogger("handlers").makeRecord("handlers", *said, (type(bug), bug, None))
    line = JsonFormatter().format(record)
    assert "KeyError" in json.loads(line)["traceback"]
    assert "RuntimeError: could not write to" in json.loads(line)["traceback"]
    assert [leak for secret in PLANTED for leak in leaks(secret, line)] == []
