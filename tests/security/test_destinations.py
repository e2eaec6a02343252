"""However a destination is spelt, an image goes to a listed place or nowhere. What was checked is used."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.context import Context
from handlers.destinations import AllowList, Destination, parse_places, url
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import InvalidParameter, MissingParameter, NotAllowed
from handlers.operations import Operation
from handlers.triggers import export_request
from handlers.triggers.event import Event
from handlers.triggers.invocation import Invocation
from tests import events
from tests.fakes import IMAGE_ID, FakeServices, context
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from tests.platform import RECORDS, WITH_RECORDS, Platforms, Request
from tests.security.spellings import NASTY, misspelt, percent_encoded

HOST = "objectstorage.eu-frankfurt-1.oraclecloud.com"
DEDICATED = "imgns.objectstorage.eu-frankfurt-1.oci.customer-oci.com"
NAMESPACE, BUCKET, OPEN_BUCKET, EVENTS_BUCKET = "imgns", "exports", "open.bucket", "of-events"
PREFIX, RECORDS_PREFIX = "on-demand/team", "of-the/function"
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
# As the operator wrote it: everything below these paths is allowed, but for the records.
LISTED = (f"{NAMESPACE}/{BUCKET}/{PREFIX}", f"{NAMESPACE}/{OPEN_BUCKET}", f"{NAMESPACE}/{EVENTS_BUCKET}")
KEPT = f"{NAMESPACE}/{EVENTS_BUCKET}/{RECORDS_PREFIX}"
CONFIGURATION = {
    "EXPORT_NAMESPACE": NAMESPACE,
    "EXPORT_BUCKET": EVENTS_BUCKET,
    "ALLOWED_DESTINATIONS": f"{LISTED[0]}, {LISTED[1]}\n",
    "EXPORT_RECORDS": KEPT,
}
HOSTS = ObjectStorageHosts(endpoint=f"https://{HOST}", regional=HOST, region="eu-frankfurt-1")

VALID_URLS = [
    f"https://{host}{access}/n/{NAMESPACE}/b/{bucket}/o/{name}"
    for host in (HOST, DEDICATED)
    for access in ("", f"/p/{TOKEN}")
    for bucket, name in (
        (BUCKET, f"{PREFIX}/a%20b/c%2Fd.oci"),
        (BUCKET, f"{PREFIX}-elsewhere/a.oci"),
        (OPEN_BUCKET, "a.oci"),
        (EVENTS_BUCKET, f"{RECORDS_PREFIX}/a.json"),
        ("closed", f"{PREFIX}/a.oci"),
    )
]
SEGMENTS = st.sampled_from(
    (*NASTY, "on-demand", "team", "of-the", "function", "a.oci", "...", ".a", "%2e%2e", "日本")
)
PATHS = st.lists(SEGMENTS, max_size=6).map("/".join)
OBJECT_NAMES = (
    PATHS | PATHS.map(f"{PREFIX}/".__add__) | PATHS.map(f"{RECORDS_PREFIX}/".__add__) | st.text(max_size=30)
)
BUCKETS = st.sampled_from((BUCKET, OPEN_BUCKET, EVENTS_BUCKET, "closed"))


def is_inside(namespace: str, bucket: str, object_name: str) -> bool:
    """A judge that shares no code with the function."""
    plain = not set(namespace + bucket) & set("/\\%?#@: ") and not set(object_name.split("/")) & {".", ".."}
    place = f"{namespace}/{bucket}/{object_name}/"
    return plain and any(place.startswith(f"{path}/") for path in LISTED) and not place.startswith(f"{KEPT}/")


def sent_by(operation: Callable[[Context], Operation], **keys: str) -> dict[str, str] | None:
    """What Compute is sent for an operation; None where it is refused, for then nothing is called."""
    services = FakeServices()
    invocation = context(services, **CONFIGURATION, **keys)
    try:
        operation(invocation).run(invocation)
    except (MissingParameter, InvalidParameter, NotAllowed):
        assert services.calls() == []
        return None
    [call] = services.calls("export_image")
    return dict(call.arguments["details"])


def asked_for(asked: dict[str, Any]) -> dict[str, str] | None:
    document = {"imageId": IMAGE_ID, "exportImageDetails": asked}
    return sent_by(lambda invocation: export_request.operation(document, invocation))


def to_url(text: str) -> dict[str, str] | None:
    return asked_for({"destinationType": "objectStorageUri", "destinationUri": text})


def to_tuple(namespace: str, bucket: str, name: str) -> dict[str, str] | None:
    place = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
    return asked_for({"destinationType": "objectStorageTuple", **place})


def used_place(sent: str) -> tuple[str, str, str]:
    """The place as other parsers than ours read a URL that Compute is sent."""
    read, other = parse_url(sent), httpx.URL(sent)
    assert read.scheme == other.scheme == "https"
    assert read.host == other.host
    assert read.auth is read.port is read.query is read.fragment is None
    assert (other.userinfo, other.port, other.query, other.fragment) == (b"", None, b"", "")
    # urllib3 takes dot segments out of a path: nothing of it may be gone.
    assert read.path == other.raw_path.decode() == "/" + sent.split("/", 3)[3]
    segments = read.path.split("/")[1:]
    if segments[0] == "p":
        segments = segments[2:]
    assert segments[0::2][:3] == ["n", "b", "o"]
    namespace, bucket, name = segments[1], segments[3], unquote("/".join(segments[5:]), errors="strict")
    assert read.host in (HOST, f"{namespace.lower()}.{DEDICATED.partition('.')[2]}")
    return namespace, bucket, name


@given(misspelt(st.sampled_from(VALID_URLS)) | st.text())
def test_a_url_is_inside_the_allow_list_as_checked_and_as_used_however_it_is_spelt(text: str) -> None:
    if sent := to_url(text):
        uri = sent["destinationUri"]
        place = url.parse(uri, HOSTS)
        assert is_inside(*used_place(uri))
        assert used_place(uri) == (place.namespace, place.bucket, place.object_name)
        # And what the caller's own text says to a reader that normalises it.
        assert (parse_url(text).host or "").lower() == parse_url(uri).host


@given(st.data(), BUCKETS, OBJECT_NAMES, st.sampled_from((HOST, HOST.upper(), DEDICATED)), st.booleans())
def test_all_spellings_of_one_place_are_judged_alike(
    data: st.DataObject, bucket: str, name: str, host: str, par: bool
) -> None:
    try:
        spelt = data.draw(percent_encoded(name))
    except UnicodeEncodeError:
        return
    access = f"/p/{TOKEN}" if par else ""
    by_url = to_url(f"https://{host}{access}/n/{NAMESPACE}/b/{bucket}/o/{spelt}")
    by_name = to_tuple(NAMESPACE, bucket, name)
    assert (by_url is None) == (by_name is None)
    if by_url:
        assert used_place(by_url["destinationUri"]) == (NAMESPACE, bucket, name)


@given(misspelt(st.sampled_from((NAMESPACE, "other"))), misspelt(BUCKETS), OBJECT_NAMES)
def test_a_tuple_is_inside_the_allow_list_and_sent_as_it_came_also_through_a_request_of_our_own(
    namespace: str, bucket: str, name: str
) -> None:
    if sent := to_tuple(namespace, bucket, name):
        assert (sent["namespaceName"], sent["bucketName"], sent["objectName"]) == (namespace, bucket, name)
        assert is_inside(namespace, bucket, name)
        built = url.build(Destination(namespace, bucket, name, f"https://{HOST}", TOKEN))
        assert used_place(built) == (namespace, bucket, name)


@given(misspelt(st.sampled_from((f"{NAMESPACE}/{BUCKET}", LISTED[0]))), OBJECT_NAMES)
def test_a_misspelt_list_allows_no_more_than_what_it_says(listed: str, name: str) -> None:
    try:
        AllowList(parse_places(listed)).check(Destination(NAMESPACE, BUCKET, name))
    except (ValueError, NotAllowed):
        return
    entries = [entry.rstrip("/") for entry in listed.replace(",", " ").split()]
    assert any(f"{NAMESPACE}/{BUCKET}/{name}/".startswith(f"{entry}/") for entry in entries)


# Each is one trick that has worked somewhere; the rest of the URL is allowed.
PATH = f"/n/{NAMESPACE}/b/{OPEN_BUCKET}/o/a"
AUTHORITIES = (
    *(f"https://{HOST}@evil.example", f"https://evil.example\\@{HOST}", f"https://{HOST}\\.evil.example"),
    *(f"https://{HOST}.evil.example", f"https://{HOST}.", f"https://{HOST}:443", f"https://{HOST}:"),
    *(f"https://{HOST}%2eevil.example", f"https://{HOST}\t", f"https://{HOST.replace('.', chr(0x3002))}"),
    *(
        f"https://[{HOST}]",
        f"http://{HOST}",
        f"//{HOST}",
        f"https:/{HOST}",
        f"https:\\\\{HOST}",
        f"https://{HOST}/",
    ),
    *(f"https://{HOST}/p/x/..", f"https://{HOST}/p/%2e%2e", f"https://x.{DEDICATED}"),
)
PATHS_ELSEWHERE = (
    *("open.bucket/o/../../closed/o/a", "open.bucket/o/%2e%2e/a", "open.bucket%2f..%2fclosed/o/a", "../o/a"),
    *(
        "open.bucket/o/a?x=1",
        "open.bucket/o/a#x",
        "open.bucket/o/a%0d%0ax",
        "open.bucket/o/a%00",
        "open.bucket/o/",
    ),
    *(
        "exports/o/on-demand%2Fteam%2Delsewhere/a",
        "exports/o//on-demand/team/a",
        "exports/o/on-demand//team/a",
    ),
    *("exports/o/on-demand\\team\\a", "exports/o/On-Demand/team/a", "of-events/o/of-the%2Ffunction/a.json"),
)


@pytest.mark.parametrize(
    "text",
    [
        *(authority + PATH for authority in AUTHORITIES),
        *(f"https://{HOST}/n/{NAMESPACE}/b/{path}" for path in PATHS_ELSEWHERE),
        *(f"https://{HOST}/p/{TOKEN}/n/{NAMESPACE}/b/{path}" for path in PATHS_ELSEWHERE),
    ],
)
def test_known_tricks_are_refused(text: str) -> None:
    assert to_url(f"https://{HOST}{PATH}")
    assert to_url(text) is None


@given(st.sampled_from(("of-the/function", "of-the", "a", "")), st.sampled_from(NASTY) | st.text(max_size=9))
def test_an_event_leads_to_no_other_place_either(folder: str, image_name: str) -> None:
    data = {"resourceId": IMAGE_ID, "resourceName": image_name.encode("utf-8", "replace").decode()}
    body = json.dumps({**events.load("createimage.end"), "data": data}).encode()
    event = Event(Invocation(False, False, "call", "", "", "", "", {}, body))
    sent = sent_by(event.operation, EXPORT_OBJECT_NAME=f"{folder}/{{image_name}}")
    assert (sent is None) == (folder == "of-the/function")
    if sent:
        assert is_inside(sent["namespaceName"], sent["bucketName"], sent["objectName"])


@pytest.fixture
def platform(platforms: Platforms) -> Any:
    """With records in the events' bucket, which is allowed as a whole."""
    with platforms.borrow(config=WITH_RECORDS) as platform:
        yield platform


def refusal(platform: LocalPlatform, asked: dict[str, Any]) -> Any:
    """The refusal of a direct call; for what the function would begin, it has begun nothing."""
    image_id = Request(platform, "direct").image_id
    calls = len(platform.cloud.calls)
    document = platform.invoke({"imageId": image_id, "exportImageDetails": asked}).json()
    assert len(platform.cloud.calls) == calls
    return document


PLACES = {
    "another bucket": ("{own}", "closed", "a.oci"),
    "another namespace": ("other", ALLOWED_BUCKET, f"{ALLOWED_PREFIX}/a.oci"),
    "beside the prefix": ("{own}", ALLOWED_BUCKET, f"{ALLOWED_PREFIX}-elsewhere/a.oci"),
    "among the records": ("{own}", "{bucket}", f"{RECORDS}/a.json"),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(
    "access", [None, "", f"/p/{TOKEN}"], ids=["by name", "by URL", "by a URL with a token"]
)
def test_the_running_function_exports_to_no_other_place(
    platform: LocalPlatform, place: tuple[str, str, str], access: str | None
) -> None:
    cloud = platform.cloud
    namespace, bucket, name = (part.format(own=cloud.namespace, bucket=cloud.bucket) for part in place)
    asked = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
    kind = "objectStorageTuple"
    if access is not None:
        kind = "objectStorageUri"
        asked = {"destinationUri": f"{cloud.endpoint}{access}/n/{namespace}/b/{bucket}/o/{name}"}
    refused = refusal(platform, {"destinationType": kind, **asked})
    assert (refused["status"], refused["code"]) == (403, "NotAllowed")
