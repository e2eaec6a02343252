"""Invocations that nobody well-meaning makes: seeded, so that a failure can be seen again.

Each starts as a right one of some trigger, and is then bent: its JSON as a tree, its bytes, its headers, its
path.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.local.gateway import Pairs, to_function

LARGEST_BODY, LARGEST_EVENT = 64 * 1024, 1024 * 1024

_WORDS = r"""
    a .. %00 %s%n {0.__class__} {} null ';-- <script> ../../etc/passwd ocid1.image.oc1..a/../b * OCI qcow2
    objectStorageTuple objectStorageUri https://evil.example/n/a/b/c/o/d eventType cloudEventsVersion imageId
    __proto__ data a.b true
"""
TEXTS = (*_WORDS.split(), *("", " ", "a\nb", "a\0b", "\u202e", "\u2028", "\U0001f600", "x" * 300, "é" * 5000))
NUMBERS = (0, -1, 1.5, 1e308, -0.0, 2**31, 2**63, 2**64, 10**40, None, True, False)
# What a client sends, and what it may try to be taken for.
HEADERS: dict[str, tuple[str, ...]] = {
    "content-type": ("application/json", "application/JSON; charset=utf-8", "text/plain", "", ";"),
    "if-match": ("*", "", '"etag"', "é", "a\tb", "x" * 4000),
    "opc-retry-token": ("token", "", "x" * 64, "x" * 65, "é", "a b", "\t"),
    "opc-request-id": ("request", "", "x" * 98, "x" * 99, "é", "%0d%0a", "\u00a0"),
    "opc-dry-run": ("true", "false", "TRUE", "", "1", "true, true"),
    "authorization": ("Bearer x", "Basic eDp5", ""),
    "expect": ("100-continue",),
    "x-" + "y" * 500: ("z",),
    "fn-intent": ("httprequest", "cloudevent", "", "HTTPREQUEST"),
    "fn-invoke-type": ("detached", "sync"),
    "fn-deadline": ("2000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", ""),
    "fn-call-id": ("another-call", "", "x" * 300),
    "fn-http-method": ("GET", "DELETE"),
    "fn-http-request-url": ("/20160918/workRequests/ocid1.coreservicesworkrequest.oc1..a", ""),
    "x-b3-sampled": ("yes",),
}
_BODIES = r"""
    null 0 "" [] { \x00 {"a":NaN} {"a":1e999} {'a':1} {"a":1,} {"imageId":"\ud800"} {"\udc00":1} ["a"]
    {"imageId":1,"imageId":2} ["eventType","cloudEventsVersion"] {"eventType":"cloudEventsVersion"}
"""
BODIES = (
    *_BODIES.encode().split(),
    *(b"", b"\0", b'\xef\xbb\xbf{"a":1}', b'{"a": "\xff"}', b"\x1f\x8b\x08\0", b'{"a":' + b"1" * 5000 + b"}"),
    # Deeper than one parser goes, but not the other, and deeper than any.
    *(b'{"a":' * 500 + b"1" + b"}" * 500, b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}", b"[" * 30_000),
    # Too long.
    *(b" " * LARGEST_BODY, b'{"a":"' + b"x" * LARGEST_BODY),
    b'"eventType cloudEventsVersion' + b"x" * LARGEST_EVENT,
)
_IN_URLS = ("/../", "%2e%2e", "%2f", "@", "\\", "?", "#", ":", "//", "%", "\n", "é")


@dataclass(frozen=True)
class Aim:
    """What the calls are about: real ids, and places where the function may export, or may not.

    ``now``: the time of an event of an export that just ended, in RFC 3339.
    """

    image_ids: tuple[str, ...]
    work_request_ids: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]
    endpoint: str
    compartment_id: str
    now: str


@dataclass(frozen=True)
class HostileCall:
    """``headers``: as the platform's, for the function's socket."""

    trigger: str
    body: bytes = field(repr=False)
    headers: list[tuple[str, str | bytes]] = field(repr=False)

    @property
    def is_gateway(self) -> bool:
        return self.trigger.startswith("gateway")


def make(random: Random, aim: Aim) -> HostileCall:
    """One hostile call."""
    trigger = random.choice(("gateway", "gateway, client first", "direct", "event", "detached"))
    document = _right(random, aim, trigger)
    for _ in range(random.choice((0, 0, 1, 1, 2, 5))):
        document = _bent(random, document)
    body = _spelt(random, document)
    headers: Pairs = [("content-type", "application/json")] if random.random() < 0.8 else []
    for _ in range(random.randint(0, 6)):
        name = random.choice(sorted(HEADERS))
        headers.append((random.choice((name, name, name.title())), random.choice(HEADERS[name])))
    random.shuffle(headers)
    if trigger.startswith("gateway"):
        method, url = _target(random, aim)
        more = {"client_first": "first" in trigger, "client": "127.0.0.1", "request_id": "gateway-request"}
        headers = to_function(headers, body, method=method, url=url, **more)
    else:
        # A direct caller's own headers are the platform's only where its API has a parameter for them.
        headers = [pair for pair in headers if not pair[0].lower().startswith("fn-")]
        headers += [("fn-invoke-type", "detached" if trigger == "detached" else "sync")]
    return HostileCall(trigger, body, [(name, value.encode("utf-8", "replace")) for name, value in headers])


def _right(random: Random, aim: Aim, trigger: str) -> Any:
    image_id, (namespace, bucket, name) = random.choice(aim.image_ids), random.choice(aim.places)
    details = {"destinationType": "objectStorageTuple", "namespaceName": namespace, "bucketName": bucket}
    details["objectName"] = name
    if random.random() < 0.5:
        url = aim.endpoint + random.choice(("", "/p/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
        url += f"/n/{namespace}/b/{bucket}/o/{name}"
        for _ in range(random.choice((0, 0, 1, 3))):
            at = random.randint(0, len(url))
            url = url[:at] + random.choice(_IN_URLS) + url[at:]
        details = {"destinationType": "objectStorageUri", "destinationUri": url, "exportFormat": "QCOW2"}
    catch_up = {"catchUp": {"compartmentId": aim.compartment_id, "dryRun": random.random() < 0.5}}
    direct = {"imageId": image_id, "exportImageDetails": details, "opcRetryToken": f"token{random.random()}"}
    data = {"resourceId": image_id, "resourceName": random.choice(TEXTS), "compartmentId": aim.compartment_id}
    kind, time = random.choice((("createimage", "2026-01-31T23:59:59Z"), ("exportimage", aim.now)))
    event = {"eventType": f"com.oraclecloud.computeapi.{kind}.end", "cloudEventsVersion": "0.1"}
    event |= {"eventID": f"event{random.random()}", "eventTime": time, "data": data}
    if trigger == "direct" and random.random() < 0.1:
        return catch_up
    documents = {"direct": direct, "event": event, "detached": random.choice((direct, event))}
    return documents.get(trigger, details)


def _bent(random: Random, document: Any) -> Any:
    """The document with one change somewhere in its tree."""
    if not isinstance(document, dict) or not document or random.random() < 0.2:
        return _anything(random)
    key = random.choice(sorted(document))
    changes: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: {**document, key: _bent(random, document[key])},
        lambda: {**document, key: _anything(random)},
        lambda: {name: value for name, value in document.items() if name != key},
        lambda: {**document, random.choice(TEXTS): _anything(random)},
        lambda: {**document, key.upper(): document[key]},
    )
    return random.choice(changes)()


def _anything(random: Random, depth: int = 0) -> Any:
    inner = [_anything(random, depth + 1) for _ in range(random.randint(0, 3))] if depth < 3 else []
    named = {random.choice(TEXTS): each for each in inner}
    return random.choice((random.choice(TEXTS), random.choice(NUMBERS), inner, named))


def _spelt(random: Random, document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=random.random() < 0.7, indent=random.choice((None, 2)))
    if random.random() < 0.05:
        # The same key twice.
        text = text.replace("{", '{"imageId": "first", "imageId": "second", ', 1)
    encoding = random.choice(("utf-8",) * 9 + ("utf-16", "utf-8-sig", "utf-32", "latin-1", "utf-7"))
    body = text.encode(encoding, "replace")
    at, noise = random.randint(0, len(body)), random.randbytes(random.randint(1, 9))
    broken = (body[:at], body[at:], body[:at] + noise + body[at:], body + body, body[::-1])
    return random.choice((*[body] * 6, random.choice(BODIES), random.choice(BODIES), random.choice(broken)))


def _target(random: Random, aim: Aim) -> tuple[str, str]:
    """Method and URL: mostly the route of an export."""
    image, work_request = random.choice(aim.image_ids), random.choice(aim.work_request_ids)
    export = f"/image-export/20160918/images/{image}/actions/export"
    followed = f"/v1/20160918/workRequests/{work_request}"
    if random.random() < 0.6:
        return "POST", export
    paths = (
        *(followed, f"{followed}/errors", f"{followed}/logs?limit=1&page=%0d", f"{followed}/other"),
        *(f"/20160918/images/{image}", export + "/", export + "?x=y", export + "#x"),
        *("/openapi.json", "/", "", "//", "/%ff", "*", "http://x/y"),
        *(export.replace(image, other) for other in ("ocid1.image.oc1..none", "..%2f..", "%00")),
        *(export.replace("/actions", "%2Factions"), export.replace("2016", "%32016")),
        *(f"{followed}%2f..%2f..%2finstances", followed.replace(work_request, image)),
    )
    return random.choice(("POST", "GET", "GET", "GET", "PUT", "DELETE", "post", "HEAD")), random.choice(paths)
