"""However a destination is spelt, an image goes to a listed place or nowhere. What was checked is used."""

import json
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.destinations import AllowList, Destination, Place, parse_places, url
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import InvalidParameter, MissingParameter, NotAllowed
from handlers.operations.export_image.attempt import Export, details
from handlers.triggers import export_request
from handlers.triggers.event import Event
from handlers.triggers.invocation import Invocation
from tests import events
from tests.fakes import IMAGE_ID, context
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


def asked_for(asked: dict[str, Any]) -> Export | None:
    """The export that a caller gets who asks for this; None where it is refused."""
    invocation = context(**CONFIGURATION)
    try:
        operation = export_request.operation({"imageId": IMAGE_ID, "exportImageDetails": asked}, invocation)
        # What the export itself does first.
        invocation.settings.allow_list.check(operation.export.destination)
    except (MissingParameter, InvalidParameter, NotAllowed):
        return None
    return operation.export


def to_url(text: str) -> Export | None:
    return asked_for({"destinationType": "objectStorageUri", "destinationUri": text})


def to_tuple(namespace: str, bucket: str, name: str) -> Export | None:
    place = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
    return asked_for({"destinationType": "objectStorageTuple", **place})


def used_place(place: Destination) -> tuple[str, str, str]:
    """The place as other parsers than ours read the URL that Compute is sent."""
    sent = details(Export(IMAGE_ID, place, "OCI", "token", "call"))["destinationUri"]
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
    export = to_url(text)
    if export:
        place = export.destination
        assert is_inside(*used_place(place))
        assert used_place(place) == (place.namespace, place.bucket, place.object_name)
        assert url.parse(url.build(place), HOSTS) == place
        # And what the caller's own text says to a reader that normalises it.
        assert (parse_url(text).host or "").lower() == parse_url(url.build(place)).host


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
    if by_url and by_name:
        assert by_url.destination.names == by_name.destination.names


@given(misspelt(st.sampled_from((NAMESPACE, "other"))), misspelt(BUCKETS), OBJECT_NAMES)
def test_a_tuple_is_inside_the_allow_list_and_sent_as_it_came_also_through_a_request_of_our_own(
    namespace: str, bucket: str, name: str
) -> None:
    export = to_tuple(namespace, bucket, name)
    if export:
        sent = details(export)
        assert (sent["namespaceName"], sent["bucketName"], sent["objectName"]) == (namespace, bucket, name)
        assert is_inside(namespace, bucket, name)
        assert used_place(Destination(namespace, bucket, name, f"https://{HOST}", TOKEN)) == (
            namespace,
            bucket,
            name,
        )


@given(st.lists(st.sampled_from((NAMESPACE, BUCKET, PREFIX, "", "a")), min_size=2, max_size=2), OBJECT_NAMES)
def test_nothing_is_allowed_by_default(parts: list[str], name: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList().check(Destination(*parts, name))


@given(misspelt(st.sampled_from((f"{NAMESPACE}/{BUCKET}", LISTED[0]))), OBJECT_NAMES)
def test_a_misspelt_list_allows_no_more_than_what_it_says(listed: str, name: str) -> None:
    try:
        AllowList(parse_places(listed)).check(Destination(NAMESPACE, BUCKET, name))
    except (ValueError, NotAllowed):
        return
    entries = [entry.rstrip("/") for entry in listed.replace(",", " ").split()]
    assert any(f"{NAMESPACE}/{BUCKET}/{name}/".startswith(f"{entry}/") for entry in entries)


@given(
    st.lists(st.sampled_from(("a", "b", "a-b")), max_size=3),
    st.lists(st.sampled_from(("a", "b", "a-b")), max_size=3),
)
def test_two_places_overlap_where_an_object_can_be_in_both(one: list[str], other: list[str]) -> None:
    places = [Place(NAMESPACE, BUCKET, tuple(prefix)) for prefix in (one, other)]
    inside = [Destination(NAMESPACE, BUCKET, "/".join([*prefix, "x"])) for prefix in (one, other)]
    is_in_both = any(all(place.has(destination) for place in places) for destination in inside)
    assert places[0].overlaps(places[1]) == places[1].overlaps(places[0]) == is_in_both


# Each is one trick that has worked somewhere.
@pytest.mark.parametrize(
    "text",
    [
        f"https://{HOST}@evil.example/n/imgns/b/open.bucket/o/a",
        f"https://evil.example\\@{HOST}/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}\\.evil.example/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}.evil.example/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}./n/imgns/b/open.bucket/o/a",
        f"https://{HOST}:443/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}:/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}%2eevil.example/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}\t/n/imgns/b/open.bucket/o/a",
        f"https://{HOST.replace('.', chr(0x3002))}/n/imgns/b/open.bucket/o/a",
        f"https://[{HOST}]/n/imgns/b/open.bucket/o/a",
        f"http://{HOST}/n/imgns/b/open.bucket/o/a",
        f"//{HOST}/n/imgns/b/open.bucket/o/a",
        f"https:/{HOST}/n/imgns/b/open.bucket/o/a",
        f"https:\\\\{HOST}/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}//n/imgns/b/open.bucket/o/a",
        f"https://{HOST}/p/x/../n/imgns/b/open.bucket/o/a",
        f"https://{HOST}/p/%2e%2e/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}/n/imgns/b/open.bucket/o/../../closed/o/a",
        f"https://{HOST}/n/imgns/b/open.bucket/o/%2e%2e/a",
        f"https://{HOST}/n/imgns/b/open.bucket%2f..%2fclosed/o/a",
        f"https://{HOST}/n/imgns/b/open.bucket/o/a?x=1",
        f"https://{HOST}/n/imgns/b/open.bucket/o/a#x",
        f"https://{HOST}/n/imgns/b/open.bucket/o/a%0d%0ax",
        f"https://{HOST}/n/imgns/b/open.bucket/o/a%00",
        f"https://{HOST}/n/imgns/b/open.bucket/o/%ff",
        f"https://{HOST}/n/imgns/b/open.bucket/o/%zz",
        f"https://{HOST}/n/imgns/b/open.bucket/o/",
        f"https://{HOST}/n/imgns/b/../o/a",
        f"https://{HOST}/n/IMGNS/b/open.bucket/o/a",
        f"https://{HOST}/n/imgns/b/open.bucket/u/a",
        f"https://{DEDICATED}/n/other/b/open.bucket/o/a",
        "https://objectstorage.us-ashburn-1.oraclecloud.com/n/imgns/b/open.bucket/o/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand%2Fteam%2Delsewhere/a",
        f"https://{HOST}/n/imgns/b/exports/o//on-demand/team/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand//team/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand\\team\\a",
        f"https://{HOST}/n/imgns/b/exports/o/On-Demand/team/a",
        f"https://{HOST}/n/imgns/b/of-events/o/of-the%2Ffunction/a.json",
        f"https://{HOST}/p/{TOKEN}/n/imgns/b/of-events/o/%6Ff-the/function",
    ],
)
def test_known_tricks_are_refused(text: str) -> None:
    assert to_url(text) is None


@pytest.mark.parametrize(
    "name", ["/n/imgns", "a/p/b", "%2e%2e/a", "a%2Fb", "a?b#c", "a b", "ü", "a//b", "a\\b"]
)
def test_what_is_only_unusual_arrives_as_it_is_meant(name: str) -> None:
    export = to_url(f"https://{HOST}/n/{NAMESPACE}/b/{OPEN_BUCKET}/o/{quote(name)}")
    assert export is not None
    assert used_place(export.destination) == (NAMESPACE, OPEN_BUCKET, name)


@given(st.sampled_from(("of-the/function", "of-the", "a", "")), st.sampled_from(NASTY) | st.text(max_size=9))
def test_an_event_leads_to_no_other_place_either(folder: str, image_name: str) -> None:
    invocation = context(kind="event", **CONFIGURATION, EXPORT_OBJECT_NAME=f"{folder}/{{image_name}}")
    data = {"resourceId": IMAGE_ID, "resourceName": image_name.encode("utf-8", "replace").decode()}
    document = {**events.load("createimage.end"), "data": data}
    body = json.dumps(document).encode()
    event = Event(Invocation(False, False, "call", "", "", "", "", {}, body))
    try:
        place = event.operation(invocation).export.destination
        invocation.settings.allow_list.check(place)
    except NotAllowed:
        assert folder == "of-the/function"
    else:
        assert is_inside(place.namespace, place.bucket, place.object_name)


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
