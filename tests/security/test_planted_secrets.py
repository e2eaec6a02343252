"""A cloud that repeats every secret it is told, in every kind of answer: the function repeats none."""

import base64
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.local.oci import Call, Cloud, Fault
from tests.local.platform import LocalPlatform
from tests.platform import UNLIMITED, WITH_RECORDS, Platforms
from tests.security.callers_par import destination_uri
from tests.security.secrets_to_plant import QUOTINGS, leaks, par_url
from tests.unit.world import BUCKET, RECORDS, Answer, World, tuple_details

# Secrets that the function never had, which others may quote all the same.
OTHER_TOKEN = secrets.token_urlsafe(48)
OTHER_WEB_TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(60)}"
OTHER_KEY = base64.b64encode(b"0\x82" + secrets.token_bytes(180)).decode()
CALLERS_TOKEN = secrets.token_urlsafe(48)
CALLERS_CREDENTIALS = base64.b64encode(secrets.token_bytes(30)).decode() + "1="
PLANTED = (OTHER_TOKEN, OTHER_WEB_TOKEN, OTHER_KEY, CALLERS_TOKEN, CALLERS_CREDENTIALS)
URL = par_url(OTHER_TOKEN)


class Told(NamedTuple):
    """What a careless service could say about a request: all that it knows of, and what the caller knows."""

    all: str
    known: str


def repeated(call: Call, quoting: str) -> Told:
    quote = QUOTINGS[quoting]
    # Without the URL around them, tokens are only known by having been sent.
    tokens = re.findall(r"/p/([\w-]+)/n/", call.body.decode())
    known = [*tokens, *re.findall(r'keyId="ST\$([^"]+)', call.headers.get("authorization", ""))]
    quoted = (
        f"authorization: {call.headers.get('authorization', '')}",
        f"keyId=ST${OTHER_WEB_TOKEN}",
        f"while writing to {URL}, and to {URL[:-60]}",
        f"-----BEGIN PRIVATE KEY-----\n{OTHER_KEY}\n-----END PRIVATE KEY-----",
        *(f"{token}, or {token[:40]}…, has expired" for token in tokens),
    )
    told = "\n".join([f"Could not do it with {call.body.decode()}", *map(quote, quoted)])
    return Told(told, quote(" and ".join(known)))


# What an operation may answer, and in which headers. What people wrote, and random characters of a service's,
# are no secret by their shape.
FIELDS = "id compartmentId messageId accessUri message code timeAccepted"
HEADERS = "etag opc-request-id opc-work-request-id retry-after"
UNSHAPED_HEADERS = "opc-next-page content-md5"


def document(told: Told) -> dict[str, Any]:
    """What any operation may answer, with all of that in each of its fields."""
    fixed = {"operationType": "ExportImage", "status": "FAILED", "lifecycleState": told.all[:4000]}
    named = {"displayName": told.known, "freeformTags": {f"{told.known}!": [told.known]}}
    return dict.fromkeys([*FIELDS.split(), told.all], told.all) | fixed | named


# What a fault of an operation is.
Saying = Callable[[Told], dict[str, Any]]


def refused(status: int, code: str = f"In https://a.example/p/{OTHER_TOKEN}/n/a", **more: Any) -> Saying:
    return lambda told: {"status": status, "code": code, "message": told.all, **more}


def answered(content: Callable[[Told], object], status: int = 200) -> Saying:
    """With that as its body: as it is, or as JSON what is no text."""

    def saying(told: Told) -> dict[str, Any]:
        said = content(told)
        return {"status": status, "body": (said if isinstance(said, str) else json.dumps(said)).encode()}

    return saying


def in_headers(told: Told) -> dict[str, Any]:
    headers = dict.fromkeys(HEADERS.split(), URL) | dict.fromkeys(UNSHAPED_HEADERS.split(), told.known)
    return {"after_work": True, "headers": headers}


def in_a_broken_head(told: Told) -> dict[str, Any]:
    """urllib3 logs by itself what it can't read."""
    return {"raw": f"HTTP/1.1 200 OK\r\nno header, but {told.all}\r\n\r\n".encode()}


SAYINGS: Mapping[str, Saying] = {
    "refused": refused(400),
    "not found": refused(404),
    "in conflict": refused(409, "Conflict"),
    "token spent": refused(409, "InvalidatedRetryToken"),
    "not authenticated": refused(401),
    "failed": refused(500),
    "elsewhere": refused(307, headers={"location": URL}),
    "a page": answered(lambda told: f"<html>{told.all}</html>", 403),
    "no JSON": answered(lambda told: f'{{"told": {told.all}'),
    "a document": answered(document),
    "a list": answered(lambda told: [document(told), told.all]),
    "a key twice": answered(lambda told: f'{{"id": {json.dumps(told.all)}, "id": "a", "messageId": "b"}}'),
    "in its headers": in_headers,
}


def secrets_of(cloud: Cloud, calls: int, pars: int, principal: Path) -> list[str]:
    """What must not be heard: the planted, the principal's, and what was signed and made since then."""
    made = [par.token for par in cloud.pars[pars:]]
    signed = "".join(call.headers.get("authorization", "") for call in cloud.calls[calls:])
    lines = (principal / "private.pem").read_text("ascii").splitlines()[1:-1]
    signatures = re.findall(r'signature="([^"]+)"', signed)
    return [*PLANTED, *made, (principal / "rpst").read_text("ascii"), *lines, *signatures]


class Talkative:
    """A world whose cloud answers the next call of one operation with all that it was told.

    ``heard``: what callers, subscribers, readers of the log and of the record get.
    """

    def __init__(self, world: World) -> None:
        self.world, self.cloud = world, world.cloud
        self.armed: tuple[str, bool, Saying, str] | None = None
        self.heard: list[str] = []
        self._number = 0
        self._url = destination_uri(self.cloud, CALLERS_TOKEN, "a.oci", BUCKET)
        self.cloud.on("*", "received", self.tell)

    def tell(self, call: Call) -> None:
        operation, around, saying, quoting = self.armed or ("", False, None, "")
        if saying and call.operation == operation and (not around or b"destinationUri" in call.body):
            self.armed = None
            self.cloud.faults.add(Fault(operation, **saying(repeated(call, quoting))))

    def prepare(self, ends: str) -> None:
        """Another image in a compartment of its own, whose export ends "well" or "badly", if any."""
        self._number += 1
        self.compartment_id = f"ocid1.compartment.oc1..aaaaaaaa{self._number}"
        self.world.image = self.cloud.images.add("golden", compartment_id=self.compartment_id)
        if ends == "badly":
            self.cloud.faults.add(Fault("EndExport", code="Failed", message=f"Could not write to {URL}"))
        if ends:
            self.invoke()

    def details(self, by_url: bool = False) -> dict[str, str]:
        if by_url:
            return {"destinationType": "objectStorageUri", "destinationUri": self._url}
        return tuple_details("a.oci")

    def export(self, by_url: bool = False, **headers: str) -> None:
        path = f"images/{self.world.image['id']}/actions/export"
        self.http("POST", path, self.details(by_url), **headers)

    def http(self, method: str, path: str, asked: object = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"authorization": f"Basic {CALLERS_CREDENTIALS}", "opc-request-id": URL[:98]}
        named |= {"opc-retry-token": f"token {self._number}"}
        self._hear(self.world.http(method, f"/20160918/{path}", asked, named))

    def invoke(self, by_url: bool = False, *, detached: bool = False, **changes: object) -> None:
        asked = {"imageId": self.world.image["id"], "exportImageDetails": self.details(by_url), **changes}
        self.call(asked, detached=detached)

    def call(self, asked: object, *, detached: bool = False) -> None:
        self._hear(self.world.call(asked, detached=detached, call_id=f"call {self._number}"))

    def catch_up(self) -> None:
        self.cloud.clock.advance(2 * 3600)
        self.call({"catchUp": {"compartmentId": self.compartment_id}})

    def event(self, kind: str, **changes: Any) -> None:
        # It comes a moment after what it tells of.
        about = {"resourceId": self.world.image["id"], "resourceName": "golden"}
        about |= {"compartmentId": self.compartment_id, **changes}
        event_id = f"event {self._number} {URL}"
        self._hear(self.world.event(kind, data=about, eventID=event_id, eventTime=self.world.later(1)))

    def end_unlisted(self) -> None:
        self.cloud.faults.add(Fault("ListWorkRequests", 403, times=2))
        self.event("exportimage.end")

    def follow(self, part: str = "") -> None:
        self.http("GET", f"workRequests/{self.cloud.exports[-1].work_request_id}{part}")

    def _hear(self, answer: Answer) -> None:
        self.heard += [answer.body.decode(), *answer.headers.values(), json.dumps(answer.log)]


class Deed(NamedTuple):
    """What is done once the cloud is armed. ``ends``: how an export ends that was accepted beforehand."""

    act: Callable[[Talkative], None]
    ends: str = ""


OVER_HTTP, DIRECT = Deed(Talkative.export), Deed(Talkative.invoke)
DETACHED = Deed(lambda it: it.invoke(detached=True))
CREATED = Deed(lambda it: it.event("createimage.end"))
EXPORTS = (OVER_HTTP, DIRECT, DETACHED, CREATED)
BY_URL = (
    Deed(lambda it: it.export(by_url=True)),
    Deed(lambda it: it.invoke(by_url=True)),
    Deed(lambda it: it.invoke(by_url=True, detached=True)),
)
DRY_RUNS = (Deed(lambda it: it.export(opc_dry_run="true")), Deed(lambda it: it.invoke(dryRun=True)))
READ_IMAGE = Deed(lambda it: it.http("GET", f"images/{it.world.image['id']}"))
CAUGHT_UP = Deed(Talkative.catch_up)
REJECTED = Deed(lambda it: it.call({"imageId": URL}, detached=True))
ENDED, ENDED_BADLY = (Deed(lambda it: it.event("exportimage.end"), ends) for ends in ("well", "badly"))
ENDED_SOMEWHERE = Deed(lambda it: it.event("exportimage.end", compartmentId=None), "well")
# What talks, and what comes to it; "around": only once the function goes around the known issue.
SCENES: Mapping[str, tuple[Deed, ...]] = {
    "ExportImage": (*EXPORTS, CAUGHT_UP),
    "ExportImage by URL": BY_URL,
    "ExportImage around": EXPORTS,
    "CreatePreauthenticatedRequest around": EXPORTS,
    "DeletePreauthenticatedRequest around": (ENDED,),
    "PublishMessage": (*EXPORTS, ENDED, ENDED_BADLY, REJECTED),
    "GetImage": (READ_IMAGE, *DRY_RUNS, ENDED_SOMEWHERE),
    "ListImages": (CAUGHT_UP,),
    "GetWorkRequest": (Deed(Talkative.follow, "badly"), Deed(Talkative.end_unlisted, "well")),
    "ListWorkRequests": (ENDED, ENDED_BADLY),
    "ListWorkRequestErrors": (Deed(lambda it: it.follow("/errors"), "badly"), ENDED_BADLY),
    "ListWorkRequestLogs": (Deed(lambda it: it.follow("/logs"), "badly"),),
    "GetObject": (*EXPORTS, ENDED),
    "PutObject around": (*EXPORTS, *BY_URL, ENDED),
    "HeadObject": (ENDED,),
}


@pytest.fixture
def talkative(world: World) -> Talkative:
    """With records, and all of the log."""
    world.configure(EXPORT_RECORDS=RECORDS, LOG_LEVEL="DEBUG")
    world.cloud.advance, world.cloud.topic_rate = "at once", UNLIMITED
    return Talkative(world)


@pytest.mark.parametrize("scene", SCENES)
def test_no_secret_is_heard_whatever_a_service_answers(talkative: Talkative, scene: str) -> None:
    world, cloud = talkative.world, talkative.cloud
    operation, _, around = scene.partition(" ")
    cloud.switches.refuses_tuples = around == "around"
    principal = Path(os.environ["OCI_RESOURCE_PRINCIPAL_RPST"]).parent
    turns = [(kind, deed) for kind in SAYINGS for deed in SCENES[scene]]
    for number, (kind, deed) in enumerate(turns):
        quoting = sorted(QUOTINGS)[number % len(QUOTINGS)]
        calls, pars, messages = map(len, (cloud.calls, cloud.pars, cloud.messages))
        talkative.heard.clear()
        talkative.prepare(deed.ends)
        talkative.armed = (operation, scene == "ExportImage around", SAYINGS[kind], quoting)
        deed.act(talkative)
        assert talkative.armed is None, f"{operation} was not called"
        cloud.faults.clear()
        published = [f"{message.title}\n{message.body}" for message in cloud.messages[messages:]]
        heard = "\n".join([*talkative.heard, *published, json.dumps(world.record())])
        planted = secrets_of(cloud, calls, pars, principal)
        found = [leak for secret in planted for leak in leaks(secret, heard)]
        assert found == [], f"{operation} {kind}, {quoting}: {found}"


def test_a_token_of_the_principals_that_came_meanwhile_is_not_heard_either(talkative: Talkative) -> None:
    token = Path(os.environ["OCI_RESOURCE_PRINCIPAL_RPST"])

    def rotate(_: Call) -> None:
        talkative.cloud.stop_watching()
        talkative.cloud.resource_principal.rotate(token.parent)
        talkative.cloud.on("GetImage", "received", talkative.tell)

    talkative.prepare(ends="")
    talkative.cloud.stop_watching()
    talkative.armed = ("GetImage", False, SAYINGS["a document"], "as it is")
    talkative.cloud.on("GetImage", "received", rotate)
    READ_IMAGE.act(talkative)
    assert talkative.armed is None
    assert leaks(token.read_text("ascii"), "\n".join(talkative.heard)) == []


def test_a_refused_request_repeats_no_secret(talkative: Talkative) -> None:
    secret = par_url(CALLERS_TOKEN)
    bent: tuple[dict[str, Any], ...] = (
        {secret: 1, f"x{CALLERS_TOKEN[:40]}": 2, "destinationUri": secret},
        {"objectName": secret + "/.."},
        {"destinationType": secret},
    )
    for changes in bent:
        details = talkative.details() | changes
        talkative.http("POST", f"images/{talkative.world.image['id']}/actions/export", details)
        talkative.invoke(exportImageDetails=details)
    talkative.call({"imageId": secret, "exportImageDetails": {}, secret: secret}, detached=True)
    talkative.call({"eventType": f"a kind of {secret}", "cloudEventsVersion": secret})
    assert talkative.cloud.messages
    heard = [*talkative.heard, *(message.body for message in talkative.cloud.messages)]
    assert leaks(CALLERS_TOKEN, "\n".join(heard)) == []


@pytest.fixture
def platform(platforms: Platforms) -> Iterator[LocalPlatform]:
    """With records, all of the log, and a gateway that keeps nothing from the function."""
    config = {**WITH_RECORDS, "LOG_LEVEL": "DEBUG"}
    with platforms.borrow(config=config, gateway_policies=False) as platform:
        yield platform


@pytest.mark.parametrize("saying", [*SAYINGS.values(), in_a_broken_head], ids=[*SAYINGS, "in a broken head"])
def test_the_running_function_repeats_no_secret(platform: LocalPlatform, saying: Saying) -> None:
    cloud, lines = platform.cloud, len(platform.host.logs)
    calls, pars = len(cloud.calls), len(cloud.pars)
    # The image is read for a dry run, which makes nothing that another test could meet.
    url = f"{platform.gateway.url}/20160918/images/{cloud.images.add('golden')['id']}/actions/export"
    uri = destination_uri(cloud, CALLERS_TOKEN, "a.oci", cloud.bucket)
    details = {"destinationType": "objectStorageUri", "destinationUri": uri}
    own = {"opc-dry-run": "true", "authorization": f"Basic {CALLERS_CREDENTIALS}", "opc-request-id": URL[:98]}

    def tell(call: Call) -> None:
        cloud.stop_watching()
        cloud.faults.add(Fault("GetImage", **saying(repeated(call, "as it is"))))

    cloud.on("GetImage", "received", tell)
    response = httpx.post(url, json=details, headers=own, timeout=60)
    assert not cloud.app.watches
    platform.host.log.wait_for(lambda _: any("deadlineLeftMs" in line for line in platform.host.logs[lines:]))
    logged = platform.host.logs[lines:]
    assert any("Failed to parse headers" in line for line in logged) == (saying is in_a_broken_head)
    heard = "\n".join([response.text, *response.headers.values(), *logged])
    planted = secrets_of(cloud, calls, pars, platform.credentials)
    assert [leak for secret in planted for leak in leaks(secret, heard)] == []
