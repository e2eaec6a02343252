"""However a destination is spelt, an image goes to a listed place or nowhere.

What was checked is what is used."""

from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from handlers.errors import ExportError, InvalidParameter, MissingParameter, NotAllowed
from handlers.exports import object_url
from handlers.exports.commands import StartExport, Trigger
from handlers.exports.destination import AllowList, Destination
from handlers.exports.start import details
from handlers.triggers import export_request
from tests.security.allowed import (
    BUCKET,
    DEDICATED,
    HOST,
    IMAGE_ID,
    NAMESPACE,
    OPEN_BUCKET,
    POLICY,
    PREFIX,
    is_inside,
)
from tests.security.spellings import NASTY, misspelt, percent_encoded

TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
VALID_URLS = [
    f"https://{host}{door}/n/{NAMESPACE}/b/{bucket}/o/{name}"
    for host in (HOST, DEDICATED)
    for door in ("", f"/p/{TOKEN}")
    for bucket, name in (
        (BUCKET, f"{PREFIX}/a.oci"),
        (BUCKET, f"{PREFIX}/a%20b/c%2Fd.oci"),
        (BUCKET, f"{PREFIX}-elsewhere/a.oci"),
        (OPEN_BUCKET, "a.oci"),
        ("closed", f"{PREFIX}/a.oci"),
    )
]
SEGMENTS = st.sampled_from(
    (*NASTY, "on-demand", "team", "a.oci", "images", "...", ".a", "a.", "%2e%2e", "ü", "日本")
)
PATHS = st.lists(SEGMENTS, max_size=6).map("/".join)
OBJECT_NAMES = PATHS | PATHS.map(f"{PREFIX}/".__add__) | st.text(max_size=30)


def asked_for(details: dict[str, Any]) -> StartExport | None:
    """The export that a caller gets who asks for this; None where it is refused."""
    document = {"imageId": IMAGE_ID, "exportImageDetails": details}
    try:
        request = export_request.validate(document, POLICY.hosts)
        return export_request.command(request, Trigger("direct", "call"), POLICY)
    except (MissingParameter, InvalidParameter, NotAllowed):
        return None


def to_url(url: str) -> StartExport | None:
    return asked_for({"destinationType": "objectStorageUri", "destinationUri": url})


def to_tuple(namespace: str, bucket: str, name: str) -> StartExport | None:
    place = {"namespaceName": namespace, "bucketName": bucket, "objectName": name}
    return asked_for({"destinationType": "objectStorageTuple", **place})


def used_place(command: StartExport) -> tuple[str, str, str]:
    """Host and place as other parsers than ours read what Compute is sent."""
    sent = details(command)["destinationUri"]
    url, other = parse_url(sent), httpx.URL(sent)
    assert url.scheme == other.scheme == "https"
    assert url.host == other.host
    assert url.auth is url.port is url.query is url.fragment is None
    assert (other.userinfo, other.port, other.query, other.fragment) == (b"", None, b"", "")
    # urllib3 takes dot segments out of a path: nothing of it may be gone.
    assert url.path == other.raw_path.decode() == "/" + sent.split("/", 3)[3]
    segments = url.path.split("/")[1:]
    if segments[0] == "p":
        segments = segments[2:]
    assert segments[0::2][:3] == ["n", "b", "o"]
    namespace, bucket, name = segments[1], segments[3], unquote("/".join(segments[5:]), errors="strict")
    assert url.host in (HOST, f"{namespace.lower()}.{DEDICATED.partition('.')[2]}")
    return namespace, bucket, name


@given(misspelt(st.sampled_from(VALID_URLS)) | st.text())
def test_an_accepted_url_is_inside_the_allow_list_however_it_is_spelt(url: str) -> None:
    command = to_url(url)
    if command:
        assert is_inside(*used_place(command))


@given(misspelt(st.sampled_from(VALID_URLS)))
def test_what_was_checked_of_a_url_is_what_is_used(url: str) -> None:
    command = to_url(url)
    if command:
        place = command.destination
        assert used_place(command) == (place.namespace, place.bucket, place.object_name)
        assert object_url.parse(object_url.build(place), POLICY.hosts) == place
        # And what the caller's own text says to a reader that normalises it.
        theirs = parse_url(url)
        assert (theirs.host or "").lower() == parse_url(object_url.build(place)).host


@given(st.data(), OBJECT_NAMES, st.sampled_from((HOST, HOST.upper(), HOST.title(), DEDICATED)), st.booleans())
def test_all_spellings_of_one_place_are_judged_alike(
    data: st.DataObject, name: str, host: str, par: bool
) -> None:
    try:
        spelt = data.draw(percent_encoded(name))
    except UnicodeEncodeError:
        return
    door = f"/p/{TOKEN}" if par else ""
    command = to_url(f"https://{host}{door}/n/{NAMESPACE}/b/{BUCKET}/o/{spelt}")
    by_name = to_tuple(NAMESPACE, BUCKET, name)
    assert (command is None) == (by_name is None)
    if command and by_name:
        assert command.destination.names == by_name.destination.names


@given(
    misspelt(st.sampled_from((NAMESPACE, "other"))),
    misspelt(st.sampled_from((BUCKET, OPEN_BUCKET, "closed"))),
    OBJECT_NAMES,
)
def test_an_accepted_tuple_is_inside_the_allow_list_and_sent_as_it_came(
    namespace: str, bucket: str, name: str
) -> None:
    command = to_tuple(namespace, bucket, name)
    if command:
        sent = details(command)
        assert is_inside(sent["namespaceName"], sent["bucketName"], sent["objectName"])
        assert (sent["namespaceName"], sent["bucketName"], sent["objectName"]) == (namespace, bucket, name)


@given(OBJECT_NAMES)
def test_the_way_around_through_a_request_of_our_own_leads_to_the_same_place(name: str) -> None:
    by_name = to_tuple(NAMESPACE, BUCKET, name)
    if by_name:
        place = by_name.destination
        ours = Destination(place.namespace, place.bucket, place.object_name, f"https://{HOST}", TOKEN)
        command = StartExport(IMAGE_ID, ours, "OCI", "token", Trigger("direct", "call"))
        assert used_place(command) == (place.namespace, place.bucket, name)


@given(
    st.lists(st.sampled_from((NAMESPACE, BUCKET, PREFIX, "", "a", "b")), min_size=3, max_size=6), OBJECT_NAMES
)
def test_nothing_is_allowed_by_default(parts: list[str], name: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList().check(Destination(parts[0], parts[1], name))


@given(misspelt(st.sampled_from((f"{NAMESPACE}/{BUCKET}", f"{NAMESPACE}/{BUCKET}/{PREFIX}"))), OBJECT_NAMES)
def test_a_misspelt_list_allows_no_more_than_what_it_says(listed: str, name: str) -> None:
    try:
        allowed = AllowList.parse(listed)
    except ValueError:
        return
    try:
        allowed.check(Destination(NAMESPACE, BUCKET, name))
    except NotAllowed:
        return
    entries = [entry.rstrip("/") for entry in listed.replace(",", " ").split()]
    assert any(f"{NAMESPACE}/{BUCKET}/{name}/".startswith(f"{entry}/") for entry in entries)


# Each is one trick that has worked somewhere.
@pytest.mark.parametrize(
    "url",
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
        f"https://{HOST}/n/imgns/b/exports/o/on-demand/team-elsewhere/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand%2Fteam%2Delsewhere/a",
        f"https://{HOST}/n/imgns/b/exports/o//on-demand/team/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand//team/a",
        f"https://{HOST}/n/imgns/b/exports/o/on-demand\\team\\a",
        f"https://{HOST}/n/imgns/b/exports/o/On-Demand/team/a",
    ],
)
def test_known_tricks_are_refused(url: str) -> None:
    assert to_url(url) is None


@pytest.mark.parametrize(
    "name", ["/n/imgns", "a/p/b", "%2e%2e/a", "a%2Fb", "a?b#c", "a b", "ü", "a//b", "a\\b"]
)
def test_what_is_only_unusual_arrives_as_it_is_meant(name: str) -> None:
    command = to_url(f"https://{HOST}/n/{NAMESPACE}/b/{OPEN_BUCKET}/o/{quote(name)}")
    assert command is not None
    assert used_place(command) == (NAMESPACE, OPEN_BUCKET, name)


def test_the_refusal_of_a_url_repeats_nothing_of_it() -> None:
    with pytest.raises(ExportError) as refused:
        export_request.validate(
            {
                "imageId": IMAGE_ID,
                "exportImageDetails": {
                    "destinationType": "objectStorageUri",
                    "destinationUri": f"https://evil.example/p/{TOKEN}/n/imgns/b/open.bucket/o/a",
                },
            },
            POLICY.hosts,
        )
    assert TOKEN not in refused.value.message
    assert "evil" not in refused.value.message
