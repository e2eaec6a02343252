"""Where images may go: nothing is allowed by default, and prefixes are whole path segments."""

from typing import Any

import pytest

from handlers.destinations import AllowList, Destination, Place, parse_places
from handlers.errors import NotAllowed


def destination(text: str) -> Destination:
    return Destination(*text.split("/", 2))


def is_allowed(asked: str, listed: str, records: str | None = None) -> bool:
    allow_list = AllowList(parse_places(listed), records and Place.parse(records))
    try:
        return allow_list.check(destination(asked)) == destination(asked)
    except NotAllowed:
        return False


@pytest.mark.parametrize(
    ("listed", "asked", "allowed"),
    [
        *(("ns/b", asked, True) for asked in ("ns/b/anything", "ns/b/deep/er.oci")),
        *((listed, "ns/b/images/a.oci", True) for listed in ("ns/b/images", "ns/b/images/")),
        ("ns/b/images", "ns/b/images", True),
        ("ns/b/images/golden", "ns/b/images/golden/a.oci", True),
        *((listed, "ns/b/x", True) for listed in ("\n  other/b ,\n\tns/b,,\n", "other/b,ns/b")),
        ("", "ns/b/x", False),
        *(("ns/b", asked, False) for asked in ("ns/bb/x", "ns/B/x", "nsx/b/x")),
        *(("ns/b/images", f"ns/b/{name}", False) for name in ("images-old/a.oci", "image", "x/images/a.oci")),
        *(("ns/b/images", f"ns/b/{name}", False) for name in ("/images/a", "Images/a", "%69mages/a")),
        ("ns/b/images/golden", "ns/b/images", False),
    ],
)
def test_an_export_may_go_to_a_listed_place_and_nowhere_else(listed: str, asked: str, allowed: bool) -> None:
    assert is_allowed(asked, listed) is allowed


def test_a_refusal_tells_neither_what_is_listed_nor_what_was_asked_for() -> None:
    with pytest.raises(NotAllowed) as refused:
        AllowList(parse_places("ns/b")).check(destination("ns/c/x"))
    text = "Exporting to this destination is not allowed by the function's configuration."
    assert refused.value.message == text


@pytest.mark.parametrize(
    ("allowed", "name"),
    [
        *((False, name) for name in ("records", "records/x.json", "records//x", "records/%2e%2e/x")),
        *((False, f"{name}/x") for name in ("%72ecords", "%2572ecords", "%%37%32ecords")),
        *((False, f"records{slash}x") for slash in ("%2F", "%252f")),
        *((False, f"{before}records/x") for before in ("/", "%2F", "%2e/", "%2e%2E/", ".../")),
        *((True, name) for name in ("records-of-others/x", "x/records/y", "%7records/x", "Records/x")),
        (True, "records%2G"),
    ],
)
def test_the_place_of_the_records_is_no_destination_in_any_spelling(allowed: bool, name: str) -> None:
    assert is_allowed(f"ns/b/{name}", "ns/b", "ns/b/records") is allowed
    assert is_allowed(f"ns/b/{name}", "ns/b", "ns/b//records/") is allowed
    assert is_allowed(f"ns/b/{name}", "ns/b", "ns/other/records")


@pytest.mark.parametrize(
    "listed",
    [
        *("ns", "ns/", "/b", "ns//x", "n s/..", "ns/..", "n.s/b", "ns/b\\c", "ns/b*", "https://ns/b"),
        *("ns/b/../c", "ns/b/", "ns/b//", "ns/b/,images/"),
    ],
)
def test_a_list_with_something_that_is_no_place_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse_places(f"ns/c/images {listed}")


DOCUMENT = {"namespaceName": "ns", "bucketName": "b", "objectName": "x/y"}


def test_a_destination_is_read_and_written_in_the_apis_names() -> None:
    assert Destination.of({**DOCUMENT, "more": 1}) == Destination("ns", "b", "x/y")
    assert Destination("ns", "b", "x/y").document == DOCUMENT
    assert f"{Destination('ns', 'b', 'x/y')}" == "ns/b/x/y"


@pytest.mark.parametrize(
    "document",
    [None, [], "ns/b/x", {}, *({**DOCUMENT, key: wrong} for key in DOCUMENT for wrong in (None, "", 1))],
)
def test_what_names_no_destination_is_none(document: Any) -> None:
    assert Destination.of(document) is None
