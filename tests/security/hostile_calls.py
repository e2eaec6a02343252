"""Invocations that nobody well-meaning makes: seeded, so that a failure can be seen again.

Each starts as a right one of some trigger, and is then bent: its JSON as a tree, its bytes, its headers, its
path.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.local.gateway.fn_headers import Pairs, to_function

LARGEST_BODY = 64 * 1024

# What a client may try to be taken for.
SPOOFED = {
    "fn-intent": ("httprequest", "cloudevent", "", "HTTPREQUEST"),
    "fn-invoke-type": ("detached", "sync"),
    "fn-deadline": ("2000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", ""),
    "fn-call-id": ("another-call", "", "x" * 300),
    "fn-http-method": ("GET", "DELETE"),
    "fn-http-request-url": ("/20160918/workRequests/ocid1.coreservicesworkrequest.oc1..a", ""),
    "fn-http-status": ("200", "999"),
    "fn-http-h-fn-intent": ("cloudevent",),
    "fn-http-h-content-type": ("text/plain",),
    "oci-subject-id": ("ocid1.user.oc1..somebodyelse",),
    "oci-subject-type": ("user",),
    "x-b3-sampled": ("yes",),
}
TEXTS = (
    *(
        "",
        " ",
        "a",
        "..",
        "a\nb",
        "a\0b",
        "\u202e",
        "\u2028",
        "\ud83d\ude00",
        "x" * 300,
        "x" * 5000,
        "{}",
        "null",
        "%00",
    ),
    *(
        "{0.__class__}",
        "%s%n",
        "'; --",
        "<script>",
        "../../etc/passwd",
        "ocid1.image.oc1..a/../b",
        "1" * 400,
        "é" * 200,
    ),
    *(
        "objectStorageTuple",
        "objectStorageUri",
        "https://evil.example/n/a/b/c/o/d",
        "OCI",
        "qcow2",
        "true",
        "*",
    ),
)
NUMBERS = (0, -1, 1.5, 1e308, -0.0, 2**31, 2**63, 2**64, 10**40)
KEYS = (
    "__proto__",
    "__class__",
    "constructor",
    "eventType",
    "cloudEventsVersion",
    "imageId",
    "",
    "data",
    "\u202e",
    "a.b",
)
HEADERS: Mapping[str, tuple[str, ...]] = {
    "content-type": (
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "",
        "application/JSON",
        ";",
    ),
    "if-match": ("*", "", '"etag"', "é", "a\tb", "x" * 4000),
    "opc-retry-token": ("token", "", "x" * 64, "x" * 65, "é", "a b", "\t"),
    "opc-request-id": ("request", "", "x" * 98, "x" * 99, "é", "a b", "%0d%0a", "\u00a0"),
    "opc-dry-run": ("true", "false", "TRUE", "", "1", "yes", "true, true"),
    "accept": ("text/html", "*/*"),
    "authorization": ("Bearer x", "Basic eDp5", ""),
    "expect": ("100-continue",),
    "x-" + "y" * 500: ("z",),
    "transfer-coding": ("gzip",),
}
LITERALS = (
    *(
        b"",
        b" ",
        b"null",
        b"true",
        b"0",
        b'""',
        b"[]",
        b"{}",
        b"{",
        b"[[]",
        b"NaN",
        b"Infinity",
        b"-Infinity",
    ),
    *(
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a":1e999}',
        b"{'a': 1}",
        b'{"a":1,}',
        b'{"a":1}{"b":2}',
        b'\xef\xbb\xbf{"a":1}',
    ),
    *(
        b'{"imageId": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\x01"}',
    ),
    *(
        b'{"imageId": 1, "imageId": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"\x00",
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
    ),
    *(
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"[" * 900 + b"]" * 900,
        # Deeper than one parser goes, but not the other.
        b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
        b"[" * 30_000,
        b'{"a":' * 12_000,
        b"[" * 5000 + b"]" * 5000,
    ),
    *(
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":"' + b"x" * LARGEST_BODY + b'"}',
        b" " * LARGEST_BODY,
        b" " * (LARGEST_BODY + 1),
    ),
    *(
        b'{"a":"' + b"\\u0000" * 900 + b'"}',
        b"x" * 1_000_000,
        json.dumps({f"key{n}": n for n in range(3000)}).encode(),
    ),
)


@dataclass(frozen=True)
class Aim:
    """What the calls are about: real ids, and places where the function may export, or may not."""

    image_ids: tuple[str, ...]
    work_request_ids: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]
    endpoint: str
    compartment_id: str


@dataclass(frozen=True)
class HostileCall:
    """``headers``: as the platform's, for the function's socket."""

    door: str
    body: bytes = field(repr=False)
    headers: list[tuple[str, str | bytes]] = field(repr=False)


def make(random: Random, aim: Aim) -> HostileCall:
    """One hostile call."""
    door = random.choice(("gateway", "gateway, client first", "direct", "event", "detached"))
    document = _right(random, aim, door)
    for _ in range(random.choice((0, 0, 1, 1, 2, 5))):
        document = _bent(random, document)
    body = _spelt(random, document)
    if random.random() < 0.2:
        body = random.choice(LITERALS)
    elif random.random() < 0.15:
        body = _broken(random, body)
    client = _client_headers(random)
    if door.startswith("gateway"):
        method, url = _target(random, aim)
        headers: Pairs = to_function(
            client,
            body,
            method=method,
            url=url,
            client="127.0.0.1",
            request_id="gateway-request",
            client_first="first" in door,
        )
    else:
        # A direct caller's own headers are the platform's only where its API has a parameter for them.
        headers = [pair for pair in client if not pair[0].lower().startswith("fn-")]
        headers += [("fn-invoke-type", "detached" if door == "detached" else "sync")]
    return HostileCall(door, body, [(name, value.encode("utf-8", "replace")) for name, value in headers])


def _right(random: Random, aim: Aim, door: str) -> Any:
    image_id, place = random.choice(aim.image_ids), random.choice(aim.places)
    details = _details(random, aim, place)
    direct = {"imageId": image_id, "exportImageDetails": details, "opcRetryToken": f"token{random.random()}"}
    data = {"resourceId": image_id, "resourceName": random.choice(TEXTS), "compartmentId": aim.compartment_id}
    event = {
        "eventType": f"com.oraclecloud.computeapi.{random.choice(('createimage', 'exportimage'))}.end",
        "cloudEventsVersion": "0.1",
        "eventID": f"event{random.random()}",
        "eventTime": "2026-01-31T23:59:59Z",
        "data": data,
    }
    return {"direct": direct, "event": event, "detached": random.choice((direct, event))}.get(door, details)


def _details(random: Random, aim: Aim, place: tuple[str, str, str]) -> dict[str, Any]:
    namespace, bucket, name = place
    if random.random() < 0.5:
        place_names = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
        return {"destinationType": "objectStorageTuple", **place_names}
    door = random.choice(("", "", "/p/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
    url = f"{aim.endpoint}{door}/n/{namespace}/b/{bucket}/o/{name}"
    for _ in range(random.choice((0, 0, 1, 3))):
        at = random.randint(0, len(url))
        url = (
            url[:at]
            + random.choice(("/../", "%2e%2e", "%2f", "@", "\\", "?", "#", ":", "//", "%", "\n", "é"))
            + url[at:]
        )
    return {"destinationType": "objectStorageUri", "destinationUri": url, "exportFormat": "QCOW2"}


def _bent(random: Random, document: Any) -> Any:
    """The document with one change somewhere in its tree."""
    if isinstance(document, dict) and document and random.random() < 0.8:
        key = random.choice(sorted(document))
        changes: tuple[Callable[[], dict[str, Any]], ...] = (
            lambda: {**document, key: _bent(random, document[key])},
            lambda: {**document, key: _anything(random)},
            lambda: {name: value for name, value in document.items() if name != key},
            lambda: {**document, random.choice(KEYS): _anything(random)},
            lambda: {**document, key.upper(): document[key]},
        )
        return random.choice(changes)()
    return _anything(random)


def _anything(random: Random, depth: int = 0) -> Any:
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: random.choice(TEXTS),
        lambda: random.choice(NUMBERS),
        lambda: random.choice((None, True, False)),
        lambda: [_anything(random, depth + 1) for _ in range(random.randint(0, 3))],
        lambda: {random.choice(KEYS): _anything(random, depth + 1) for _ in range(random.randint(0, 3))},
    )
    return random.choice(kinds[: 3 if depth > 3 else None])()


def _spelt(random: Random, document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=random.random() < 0.7, indent=random.choice((None, 2)))
    if random.random() < 0.05:
        # The same key twice.
        text = text.replace("{", '{"imageId": "first", "imageId": "second", ', 1)
    encoding = random.choice(("utf-8",) * 9 + ("utf-16", "utf-8-sig", "utf-32", "latin-1", "utf-7"))
    return text.encode(encoding, "replace")


def _broken(random: Random, body: bytes) -> bytes:
    at = random.randint(0, len(body))
    return random.choice(
        (
            body[:at],
            body[at:],
            body[:at] + random.randbytes(random.randint(1, 9)) + body[at:],
            body + body,
            body[::-1],
        )
    )


def _client_headers(random: Random) -> Pairs:
    chosen: Pairs = [("content-type", "application/json")] if random.random() < 0.8 else []
    for table, most in ((HEADERS, 3), (SPOOFED, 3)):
        for _ in range(random.randint(0, most)):
            name = random.choice(sorted(table))
            # Sometimes twice, and in another case.
            for _ in range(random.choice((1, 1, 1, 2))):
                chosen.append((name.title() if random.random() < 0.3 else name, random.choice(table[name])))
    random.shuffle(chosen)
    return chosen


def _target(random: Random, aim: Aim) -> tuple[str, str]:
    """Method and URL: mostly the route of an export."""
    image, work_request = random.choice(aim.image_ids), random.choice(aim.work_request_ids)
    export = f"/image-export/20160918/images/{image}/actions/export"
    followed = f"/v1/20160918/workRequests/{work_request}"
    if random.random() < 0.6:
        return "POST", export
    paths = (
        *(
            followed,
            f"{followed}/errors",
            f"{followed}/logs",
            f"{followed}/other",
            "/openapi.json",
            "/",
            "",
            export + "/",
        ),
        *(
            export.replace(image, "ocid1.image.oc1..none"),
            export.replace(image, "..%2f.."),
            export.replace(image, "%00"),
        ),
        *(
            export.replace("/actions", "%2Factions"),
            export + "?x=y",
            export + "#x",
            export.replace("2016", "%32016"),
        ),
        *(
            f"{followed}%2f..%2f..%2finstances",
            followed.replace(work_request, image),
            "//",
            "/%ff",
            "*",
            "http://x/y",
        ),
    )
    return random.choice(
        ("POST", "GET", "GET", "GET", "PUT", "DELETE", "post", "HEAD", "OPTIONS")
    ), random.choice(paths)
