"""A cloud that repeats every secret it is told, in every kind of answer: the function repeats none."""

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.local.oci import Call, Destination, Fault, Switches
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import JSON, RECORDS, WITH_RECORDS, set_switches
from tests.security.callers_par import destination_uri
from tests.security.secrets_to_plant import QUOTINGS, leaks, par_url

SECONDS = 6.0
# Secrets that the function never had, which others may quote all the same.
OTHER_TOKEN = secrets.token_urlsafe(48)
OTHER_WEB_TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(60)}"
OTHER_KEY = base64.b64encode(b"0\x82" + secrets.token_bytes(180)).decode()
CALLERS_TOKEN = secrets.token_urlsafe(48)
CALLERS_CREDENTIALS = base64.b64encode(secrets.token_bytes(30)).decode() + "1="
PLANTED = (OTHER_TOKEN, OTHER_WEB_TOKEN, OTHER_KEY, CALLERS_TOKEN, CALLERS_CREDENTIALS)
URL = par_url(OTHER_TOKEN)


def repeated(call: Call, quoting: str) -> str:
    """All that a careless service could say about a request."""
    quoted = (
        f"authorization: {call.headers.get('authorization', '')}",
        f"keyId=ST${OTHER_WEB_TOKEN}",
        f"while writing to {URL}, and to {URL[:-60]}",
        f"-----BEGIN PRIVATE KEY-----\n{OTHER_KEY}\n-----END PRIVATE KEY-----",
        # Without the URL around them, tokens are only known by having been sent.
        *(
            f"{token}, or {token[:40]}…, has expired"
            for token in re.findall(r"/p/([\w-]+)/n/", call.body.decode())
        ),
    )
    return "\n".join([f"Could not do it with {call.body.decode()}", *map(QUOTINGS[quoting], quoted)])


# What an operation may answer, and in which headers.
FIELDS = "id displayName compartmentId messageId accessUri message code timeAccepted"
HEADERS = "etag opc-request-id opc-work-request-id retry-after opc-next-page content-md5"


def document(told: str) -> dict[str, Any]:
    """What any operation may answer, with all of that in each of its fields."""
    fixed = {"operationType": "ExportImage", "status": "FAILED", "lifecycleState": told[:4000]}
    return dict.fromkeys([*FIELDS.split(), told], told) | fixed | {"freeformTags": {URL: [told]}}


Answer = Callable[[str, str], Fault]


def body(content: Callable[[str], object], status: int = 200) -> Answer:
    return lambda operation, told: Fault(operation, status, body=str(content(told)).encode())


def refused(status: int, code: str = f"In https://a.example/p/{OTHER_TOKEN}/n/a", **more: Any) -> Answer:
    return lambda operation, told: Fault(operation, status, code, told, **more)


ANSWERS: Mapping[str, Answer] = {
    "refused": refused(400),
    "not found": refused(404),
    "in conflict": refused(409, "Conflict"),
    "token spent": refused(409, "InvalidatedRetryToken"),
    "not authenticated": refused(401),
    "failed": refused(500),
    "elsewhere": refused(307, headers={"location": URL}),
    "a page": body(lambda told: f"<html>{told}</html>", 403),
    "no JSON": body(lambda told: f'{{"told": {told}'),
    "a document": body(lambda told: json.dumps(document(told))),
    "a list": body(lambda told: json.dumps([document(told), told])),
    "a key twice": body(lambda told: f'{{"id": {json.dumps(told)}, "id": "a", "messageId": "b"}}'),
    "in its headers": lambda operation, _: Fault(
        operation, after_work=True, headers=dict.fromkeys(HEADERS.split(), URL)
    ),
}


class Talkative:
    """The platform, with a cloud that answers the next call of one operation with all that it was told."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.cloud = platform, platform.cloud
        self.armed: tuple[str, bool, Answer, str] | None = None
        self.heard: list[str] = []
        self.asked = 0
        self.url = destination_uri(self.cloud, CALLERS_TOKEN, f"{ALLOWED_PREFIX}/a.oci")
        self.cloud.on("*", "received", self._tell)

    def _tell(self, call: Call) -> None:
        if self.armed is None:
            return
        operation, around, answer, quoting = self.armed
        if call.operation == operation and (not around or b"destinationUri" in call.body):
            self.armed = None
            self.cloud.faults.add(answer(operation, repeated(call, quoting)))

    def image(self) -> str:
        tags = {"freeform_tags": {URL: f"Bearer {OTHER_WEB_TOKEN}"}, "defined_tags": {"a": {"b": URL}}}
        self.image_id = str(self.cloud.images.add(display_name=f"golden {URL}", **tags)["id"])
        return self.image_id

    def details(self, by_url: bool = False) -> dict[str, str]:
        if by_url:
            return {"destinationType": "objectStorageUri", "destinationUri": self.url}
        names = {
            "namespaceName": self.cloud.namespace,
            "bucketName": self.cloud.bucket,
            "objectName": "a.oci",
        }
        return {"destinationType": "objectStorageTuple", **names}

    def http(self, method: str, path: str, asked: object = None, **headers: str) -> None:
        self.asked += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"authorization": f"Basic {CALLERS_CREDENTIALS}", "opc-request-id": URL[:98]}
        url = f"{self.platform.gateway.url}/20160918/{path}"
        response = httpx.request(method, url, headers=named, json=asked, timeout=60)
        self.heard += [response.text, *response.headers.values()]

    def invoke(self, asked: object, *headers: tuple[str, str]) -> None:
        self.asked += 1
        deadline = datetime.now(UTC) + timedelta(seconds=SECONDS)
        answer = self.platform.host.invoke(json.dumps(asked).encode(), [*JSON, *headers], deadline=deadline)
        self.heard += [answer.body.decode(), answer.detail, *answer.headers.values()]

    def published_and_logged(self, messages: int, lines: int) -> list[str]:
        """The messages and lines since these, and the image's record, once each invocation has its line."""
        log = self.platform.host.log
        log.wait_for(lambda _: sum("deadlineLeftMs" in line for line in log.lines) == self.asked)
        place = Destination(self.cloud.namespace, self.cloud.bucket, f"{RECORDS}/{self.image_id}.json")
        stored = self.cloud.buckets.objects.get(place)
        texts = [f"{message.title}\n{message.body}" for message in self.cloud.messages[messages:]]
        return [*texts, *log.lines[lines:], stored.path.read_text() if stored else ""]

    def event(self, kind: str, image_id: str, compartment_id: str | None) -> dict[str, Any]:
        return {
            "eventType": f"com.oraclecloud.computeapi.{kind}.end",
            "cloudEventsVersion": "0.1",
            "eventID": f"event {secrets.token_hex(8)} {URL}",
            "eventTime": "2126-01-31T23:59:59Z",
            "data": {
                "resourceId": image_id,
                "resourceName": f"golden {URL}",
                "compartmentId": compartment_id,
            },
        }


# What is done once the cloud is armed; what has to be there before is made by calling it.
Deed = Callable[[Talkative], Callable[[], None]]


def over_http(by_url: bool = False, **headers: str) -> Deed:
    def deed(it: Talkative) -> Callable[[], None]:
        path = f"images/{it.image()}/actions/export"
        return lambda: it.http("POST", path, it.details(by_url), **headers)

    return deed


def direct(*headers: tuple[str, str], by_url: bool = False, dry_run: bool = False) -> Deed:
    def deed(it: Talkative) -> Callable[[], None]:
        asked = {"imageId": it.image(), "exportImageDetails": it.details(by_url), "dryRun": dry_run}
        return lambda: it.invoke(asked, *headers)

    return deed


def created(it: Talkative) -> Callable[[], None]:
    event = it.event("createimage", it.image(), it.cloud.compartment_id)
    return lambda: it.invoke(event)


def ended(well: bool = True, compartment: bool = True) -> Deed:
    def deed(it: Talkative) -> Callable[[], None]:
        if not well:
            it.cloud.faults.add(Fault("EndExport", code="Failed", message=f"Could not write to {URL}"))
        image_id = it.image()
        it.invoke({"imageId": image_id, "exportImageDetails": it.details()})
        event = it.event("exportimage", image_id, it.cloud.compartment_id if compartment else None)
        return lambda: it.invoke(event)

    return deed


def read(part: str = "") -> Deed:
    def deed(it: Talkative) -> Callable[[], None]:
        ended(well=False)(it)
        path = f"workRequests/{it.cloud.exports[-1].work_request_id}{part}"
        return lambda: it.http("GET", path)

    return deed


def read_image(it: Talkative) -> Callable[[], None]:
    path = f"images/{it.image()}"
    return lambda: it.http("GET", path)


def rejected(it: Talkative) -> Callable[[], None]:
    return lambda: it.invoke({"imageId": URL}, DETACHED)


DETACHED = ("fn-invoke-type", "detached")
EXPORTS = (over_http(), direct(), direct(DETACHED), created)
BY_URL = (over_http(by_url=True), direct(by_url=True), direct(DETACHED, by_url=True))
# What talks, and what comes to it; "around": only once the function goes around the known issue.
SCENES: Mapping[str, tuple[Deed, ...]] = {
    "ExportImage": EXPORTS,
    "ExportImage by URL": BY_URL,
    "ExportImage around": EXPORTS,
    "CreatePreauthenticatedRequest around": EXPORTS,
    "DeletePreauthenticatedRequest around": (ended(),),
    "PublishMessage": (*EXPORTS, ended(), ended(well=False), rejected),
    "GetImage": (read_image, over_http(opc_dry_run="true"), direct(dry_run=True), ended(compartment=False)),
    "GetWorkRequest": (read(), ended()),
    "ListWorkRequests": (ended(), ended(well=False)),
    "ListWorkRequestErrors": (read("/errors"), ended(well=False)),
    "ListWorkRequestLogs": (read("/logs"),),
    "GetObject": (*EXPORTS, ended()),
    "PutObject around": (*EXPORTS, *BY_URL, ended()),
    "HeadObject": (ended(),),
}


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talkative]:
    """With records, all of the log, and a gateway that keeps nothing from the function."""
    config = {**WITH_RECORDS, "LOG_LEVEL": "DEBUG"}
    folder = tmp_path_factory.mktemp("buckets")
    with LocalPlatform(folder, config=config, advance="at once", seed=1, gateway_policies=False) as platform:
        platform.cloud.topic_rate = 1_000_000
        platform.cloud.events.deliver_to(lambda _: True)
        yield Talkative(platform)


def secrets_of(platform: LocalPlatform, calls: int, pars: int) -> list[str]:
    """What must not be heard: the planted, the principal's, and what was signed and made since then."""
    cloud, credentials = platform.cloud, platform.credentials
    key = (credentials / "private.pem").read_text("ascii").splitlines()[1:-1]
    token = (credentials / "rpst").read_text("ascii")
    made = [par.token for par in cloud.pars[pars:]]
    signed = "".join(call.headers.get("authorization", "") for call in cloud.calls[calls:])
    return [*PLANTED, *made, token, *key, *re.findall(r'signature="([^"]+)"', signed)]


# Each answer with each deed: at the first turn, each of both once at least.
TURNS = [
    pytest.param(scene, turn, marks=pytest.mark.slow if turn else ())
    for scene, deeds in SCENES.items()
    for turn in range(len(deeds))
]


@pytest.mark.parametrize(("scene", "turn"), TURNS)
def test_no_secret_is_heard_whatever_a_service_answers(talkative: Talkative, scene: str, turn: int) -> None:
    platform, cloud, deeds = talkative.platform, talkative.cloud, SCENES[scene]
    operation, _, around = scene.partition(" ")
    set_switches(platform, Switches(refuses_tuples=around == "around"))
    quotings = sorted(QUOTINGS)
    for number, (kind, answer) in enumerate(ANSWERS.items(), turn):
        quoting = quotings[(number + len(operation)) % len(quotings)]
        calls, pars, lines, messages = map(len, (cloud.calls, cloud.pars, platform.host.logs, cloud.messages))
        talkative.heard.clear()
        deed = deeds[number % len(deeds)](talkative)
        talkative.armed = (operation, scene == "ExportImage around", answer, quoting)
        deed()
        assert talkative.armed is None, f"{operation} was not called"
        cloud.faults.clear()
        heard = "\n".join([*talkative.heard, *talkative.published_and_logged(messages, lines)])
        # JSON has more than one way to write a slash.
        heard = heard.replace("\\/", "/").replace("\\u002f", "/")
        found = [leak for secret in secrets_of(platform, calls, pars) for leak in leaks(secret, heard)]
        assert found == [], f"{operation} {kind}, {quoting}: {found}"


@pytest.mark.parametrize("place", ["key", "value", "type"])
def test_a_refused_request_repeats_no_secret(talkative: Talkative, place: str) -> None:
    secret = par_url(CALLERS_TOKEN)
    bent: dict[str, Any] = {
        "key": {secret: 1, f"x{CALLERS_TOKEN[:40]}": 2, "destinationUri": secret},
        "value": {"objectName": secret + "/.."},
        "type": {"destinationType": secret},
    }[place]
    lines, messages = len(talkative.platform.host.logs), len(talkative.cloud.messages)
    talkative.heard.clear()
    details = talkative.details() | bent
    talkative.http("POST", f"images/{talkative.image()}/actions/export", details)
    talkative.invoke({"imageId": talkative.image(), "exportImageDetails": details})
    talkative.invoke({"imageId": secret, "exportImageDetails": {}, secret: secret}, DETACHED)
    talkative.invoke({"eventType": f"a kind of {secret}", "cloudEventsVersion": secret})
    heard = [*talkative.heard, *talkative.published_and_logged(messages, lines)]
    assert leaks(CALLERS_TOKEN, "\n".join(heard)) == []
