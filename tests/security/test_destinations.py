"""However a destination is spelt, an image goes to a listed place or nowhere. What was checked is used."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.destinations import AllowList, Destination, parse_places
from handlers.destinations.url import ObjectUrl
from handlers.errors import NotAllowed
from tests.local.oci import Cloud
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from tests.platform import RECORDS, UNLIMITED, Request
from tests.security.spellings import NASTY, misspelt, percent_encoded
from tests.unit.world import Answer, World, tuple_details

HOST = f"objectstorage.{Cloud.region}.{Cloud.realm_domain}"
NAMESPACE, BUCKET, OPEN_BUCKET, EVENTS_BUCKET = Cloud.namespace, "exports", "open.bucket", "of-events"
DEDICATED = f"{NAMESPACE}.objectstorage.{Cloud.region}.oci.customer-oci.com"
PREFIX, RECORDS_PREFIX = "on-demand/team", "of-the/function"
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
# As the operator wrote it: everything below these paths is allowed, but for the records.
LISTED = (f"{NAMESPACE}/{BUCKET}/{PREFIX}", f"{NAMESPACE}/{OPEN_BUCKET}", f"{NAMESPACE}/{EVENTS_BUCKET}")
KEPT = f"{NAMESPACE}/{EVENTS_BUCKET}"
CONFIGURATION = {
    "EXPORT_BUCKET": EVENTS_BUCKET,
    "ALLOWED_DESTINATIONS": f"{LISTED[0]}, {LISTED[1]}\n",
    "EXPORT_RECORDS": f"{KEPT}/{RECORDS_PREFIX}",
}
BASES = [
    f"https://{host}{access}" for host in (HOST, HOST.upper(), DEDICATED) for access in ("", f"/p/{TOKEN}")
]
VALID_PATHS = (
    *(
        f"{BUCKET}/o/{PREFIX}/a%20b/c%2Fd.oci",
        f"{BUCKET}/o/{PREFIX}-elsewhere/a.oci",
        f"{OPEN_BUCKET}/o/a.oci",
    ),
    *(f"{EVENTS_BUCKET}/o/{RECORDS_PREFIX}/a.json", f"closed/o/{PREFIX}/a.oci"),
)
VALID_URLS = [f"{base}/n/{NAMESPACE}/b/{path}" for base in BASES for path in VALID_PATHS]
SEGMENTS = (*NASTY, "on-demand", "team", "of-the", "function", "a.oci", "...", ".a", "%2e%2e", "日本")
PATHS = st.lists(st.sampled_from(SEGMENTS), max_size=6).map("/".join)
FOLDERS = st.sampled_from(("", f"{PREFIX}/", f"{RECORDS_PREFIX}/"))
OBJECT_NAMES = st.builds(str.__add__, FOLDERS, PATHS) | st.text(max_size=30)
BUCKETS = st.sampled_from((BUCKET, OPEN_BUCKET, EVENTS_BUCKET, "closed"))


@pytest.fixture
def bank(world: World) -> World:
    """A world with these places, none of which is refused by anybody but the function."""
    world.cloud.advance, world.cloud.topic_rate = "at once", UNLIMITED
    for namespace in (NAMESPACE, "other"):
        for bucket in (BUCKET, OPEN_BUCKET, EVENTS_BUCKET, "closed"):
            world.cloud.buckets.add(bucket, namespace)
    world.configure(**CONFIGURATION)
    return world


def is_inside(namespace: str, bucket: str, object_name: str) -> bool:
    """A judge that shares no code with the function."""
    plain = not set(namespace + bucket) & set("/\\%?#@: ") and not set(object_name.split("/")) & {".", ".."}
    place = f"{namespace}/{bucket}/{object_name}/"
    decoded = object_name
    while (once := unquote(decoded)) != decoded:
        decoded = once
    tidy = "/".join(segment for segment in decoded.split("/") if segment.strip("."))
    is_kept = f"{namespace}/{bucket}/{tidy}/".startswith(f"{KEPT}/{RECORDS_PREFIX}/")
    return plain and not is_kept and any(place.startswith(f"{path}/") for path in LISTED)


def sent_after(bank: World, ask: Any) -> Mapping[str, str] | None:
    """What Compute is sent by an invocation; None where it is refused, for then nothing is called."""
    before = len(bank.cloud.calls)
    answer: Answer = ask()
    made = bank.cloud.calls[before:]
    exports = [call.json for call in made if call.operation == "ExportImage"]
    if not exports:
        assert [call.operation for call in made] in ([], ["PublishMessage"])
        assert answer.line["code"] in ("InvalidParameter", "NotAllowed", "CannotParseRequest")
        return None
    assert answer.line["destination"] == "/".join(used_place(exports[0]))
    return dict(exports[0])


def asked_for(bank: World, details: Mapping[str, str]) -> Mapping[str, str] | None:
    document = {"imageId": bank.image["id"], "exportImageDetails": details}
    # Each has a retry token of its own, which is made of the call's id.
    return sent_after(bank, lambda: bank.call(document, call_id=f"call {len(bank.cloud.calls)}"))


def to_url(bank: World, text: str) -> str | None:
    sent = asked_for(bank, {"destinationType": "objectStorageUri", "destinationUri": text})
    return sent and sent["destinationUri"]


def to_tuple(bank: World, namespace: str, bucket: str, name: str) -> Mapping[str, str] | None:
    return asked_for(bank, {**tuple_details(name, bucket=bucket), "namespaceName": namespace})


def used_place(details: Mapping[str, str]) -> tuple[str, str, str]:
    """The place that Compute is sent, a URL's as other parsers than ours read it."""
    if "destinationUri" not in details:
        return details["namespaceName"], details["bucketName"], details["objectName"]
    sent = details["destinationUri"]
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


@settings(max_examples=100)
@given(misspelt(st.sampled_from(VALID_URLS)) | st.text())
def test_a_url_is_inside_the_allow_list_as_checked_and_as_used_however_it_is_spelt(
    bank: World, text: str
) -> None:
    if sent := to_url(bank, text):
        assert is_inside(*used_place({"destinationUri": sent}))
        # And what the caller's own text says to a reader that normalises it.
        assert (parse_url(text).host or "").lower() == parse_url(sent).host


@settings(max_examples=100)
@given(st.data(), BUCKETS, OBJECT_NAMES, st.sampled_from(BASES))
def test_all_spellings_of_one_place_are_judged_alike(
    bank: World, data: st.DataObject, bucket: str, name: str, base: str
) -> None:
    try:
        spelt = data.draw(percent_encoded(name))
    except UnicodeEncodeError:
        return
    by_url = to_url(bank, f"{base}/n/{NAMESPACE}/b/{bucket}/o/{spelt}")
    by_name = to_tuple(bank, NAMESPACE, bucket, name)
    assert (by_url is None) == (by_name is None)
    if by_url:
        assert used_place({"destinationUri": by_url}) == (NAMESPACE, bucket, name)


@given(misspelt(st.sampled_from((NAMESPACE, "other"))), misspelt(BUCKETS), OBJECT_NAMES)
def test_a_tuple_is_inside_the_allow_list_and_sent_as_it_came_also_through_a_request_of_our_own(
    bank: World, namespace: str, bucket: str, name: str
) -> None:
    if sent := to_tuple(bank, namespace, bucket, name):
        assert used_place(sent) == (namespace, bucket, name)
        assert is_inside(namespace, bucket, name)
        built = ObjectUrl(Destination(namespace, bucket, name), f"https://{HOST}", TOKEN).text
        assert used_place({"destinationUri": built}) == (namespace, bucket, name)


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
    *(f"https://{HOST}%2eevil.example", f"https://{HOST}\t", f"https://{HOST.replace('.', chr(0x3002))}"),
    *(f"https://[{HOST}]", f"//{HOST}", f"https:/{HOST}", f"https:\\\\{HOST}", f"https://{HOST}/"),
    *(f"https://{HOST}/p/{TOKEN}/..", f"https://{HOST}/p/%2e%2e", f"https://x.{DEDICATED}"),
)
PATHS_ELSEWHERE = (
    *("open.bucket/o/../../closed/o/a", "open.bucket%2f..%2fclosed/o/a", "open.bucket/o/a%0d%0ax", "../o/a"),
    *("exports/o/on-demand%2Fteam%2Delsewhere/a", "exports/o//on-demand/team/a", "exports/o/on-demand//team"),
    *("exports/o/on-demand\\team\\a", "exports/o/On-Demand/team/a", "of-events/o/of-the%2Ffunction/a.json"),
)


@pytest.mark.parametrize("text", [*(authority + PATH for authority in AUTHORITIES), *PATHS_ELSEWHERE])
def test_known_tricks_are_refused(bank: World, text: str) -> None:
    for access in ("", f"/p/{TOKEN}"):
        url = f"https://{HOST}{access}/n/{NAMESPACE}/b/{text}" if text in PATHS_ELSEWHERE else text
        assert to_url(bank, url) is None
    assert to_url(bank, f"https://{HOST}{PATH}")


@settings(max_examples=100)
@given(st.sampled_from(("of-the/function", "of-the", "a", "")), st.sampled_from(NASTY) | st.text(max_size=9))
def test_an_event_leads_to_no_other_place_either(bank: World, folder: str, image_name: str) -> None:
    bank.configure(**CONFIGURATION, EXPORT_OBJECT_NAME=f"{folder}/{{image_name}}")
    # Another image: a record of exports that were done would answer for this one.
    image = bank.cloud.images.add("web")
    name = image_name.encode("utf-8", "replace").decode()
    data = {"resourceId": image["id"], "resourceName": name}
    sent = sent_after(bank, lambda: bank.event("createimage.end", data=data))
    assert (sent is None) == (folder == "of-the/function")
    if sent:
        assert is_inside(*used_place(sent))


PLACES = {
    "another bucket": ("{own}", "closed", "a.oci"),
    "another namespace": ("other", ALLOWED_BUCKET, f"{ALLOWED_PREFIX}/a.oci"),
    "beside the prefix": ("{own}", ALLOWED_BUCKET, f"{ALLOWED_PREFIX}-elsewhere/a.oci"),
    "among the records": ("{own}", "{bucket}", f"{RECORDS}/a.json"),
    "among the records, encoded": ("{own}", "{bucket}", f"%72{RECORDS[1:]}/a.json"),
    "among the records, with an encoded slash": ("{own}", "{bucket}", f"{RECORDS}%2Fa.json"),
    "among the records, with a slash before it": ("{own}", "{bucket}", f"/{RECORDS}/a.json"),
    "among the records, with encoded dots before it": ("{own}", "{bucket}", f"%2e/{RECORDS}/a.json"),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_running_function_exports_to_no_other_place(
    recording: LocalPlatform, place: tuple[str, str, str]
) -> None:
    """With records in the events' bucket, which is allowed as a whole."""
    cloud, request = recording.cloud, Request(recording, "direct")
    namespace, bucket, name = (part.format(own=cloud.namespace, bucket=cloud.bucket) for part in place)
    named = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
    asked = [{**request.details, **named}]
    for access in ("", f"/p/{TOKEN}"):
        url = f"{cloud.endpoint}{access}/n/{namespace}/b/{bucket}/o/{name.replace('%', '%25')}"
        asked.append({"destinationType": "objectStorageUri", "destinationUri": url})
    calls = len(cloud.calls)
    for details in asked:
        refused = recording.invoke({"imageId": request.image_id, "exportImageDetails": details}).json()
        assert (refused["status"], refused["code"]) == (403, "NotAllowed")
    assert len(cloud.calls) == calls
