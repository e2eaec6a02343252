"""Where images may go: nothing is allowed by default, and prefixes are whole path segments."""

import pytest

from handlers.destinations import AllowList, Destination, Place, are_names, parse_places
from handlers.errors import NotAllowed
from tests.fakes import PAR_TOKEN


def place(text: str) -> Destination:
    return Destination(*text.split("/", 2))


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("ns/b", "ns/b/anything"),
        ("ns/b", "ns/b/deep/er.oci"),
        ("ns/b/", "ns/b/anything"),
        ("ns/b/images", "ns/b/images/a.oci"),
        ("ns/b/images/", "ns/b/images/a.oci"),
        ("ns/b/images", "ns/b/images"),
        ("ns/b/images/golden", "ns/b/images/golden/a.oci"),
        ("other/b ns/b", "ns/b/x"),
        ("other/b,ns/b", "ns/b/x"),
        ("\n  other/b ,\n\tns/b,,\n", "ns/b/x"),
    ],
)
def test_an_export_may_go_to_a_listed_place(listed: str, asked: str) -> None:
    assert AllowList(parse_places(listed)).check(place(asked)) == place(asked)


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("", "ns/b/x"),
        ("ns/b", "ns/bb/x"),
        ("ns/b", "ns/B/x"),
        ("ns/b", "nsx/b/x"),
        ("ns/b/images", "ns/b/images-old/a.oci"),
        ("ns/b/images", "ns/b/image"),
        ("ns/b/images", "ns/b/x/images/a.oci"),
        ("ns/b/images", "ns/b//images/a.oci"),
        ("ns/b/images", "ns/b/Images/a.oci"),
        ("ns/b/images/golden", "ns/b/images"),
        ("ns/b/images/golden", "ns/b/images/a.oci"),
    ],
)
def test_an_export_may_go_nowhere_else(listed: str, asked: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList(parse_places(listed)).check(place(asked))


@pytest.mark.parametrize("asked", ["ns/b/records/x.json", "ns/b/records", "ns/b/records/deep/x"])
def test_the_place_of_the_records_is_no_destination(asked: str) -> None:
    allowed = AllowList(parse_places("ns/b"), Place.parse("ns/b/records"))
    with pytest.raises(NotAllowed):
        allowed.check(place(asked))
    assert allowed.check(place("ns/b/records-of-others/x"))


def test_a_refusal_tells_neither_what_is_listed_nor_what_was_asked() -> None:
    with pytest.raises(NotAllowed) as refused:
        AllowList(parse_places("secret-ns/secret-bucket")).check(place("ns/b/x"))
    assert "secret" not in refused.value.message
    assert "ns" not in refused.value.message.split()


@pytest.mark.parametrize(
    "listed",
    ["ns", "ns/", "/b", "ns//x", "n s/..", "ns/..", "ns/b\\c", "ns/b*", "https://ns/b", "n.s/b", "ns/b/../c"],
)
def test_a_list_with_something_that_is_no_place_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="must "):
        parse_places(listed)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("ns/b", "ns/b/x", True),
        ("ns/b/x", "ns/b/x", True),
        ("ns/b/x", "ns/b/x/y", True),
        ("ns/b/x", "ns/b/xy", False),
        ("ns/b/x", "ns/b/y/x", False),
        ("ns/b", "ns/c", False),
        ("ns/b/x", "other/b/x", False),
    ],
)
def test_two_places_overlap_where_one_lies_inside_the_other(one: str, other: str, overlap: bool) -> None:
    assert Place.parse(one).overlaps(Place.parse(other)) is overlap
    assert Place.parse(other).overlaps(Place.parse(one)) is overlap


def test_a_destination_is_shown_without_its_token() -> None:
    destination = Destination("ns", "b", "x", "https://host", PAR_TOKEN)
    assert PAR_TOKEN not in f"{destination} {destination!r} {destination.names}"
    assert str(destination) == "ns/b/x"
    assert destination.names == {"namespaceName": "ns", "bucketName": "b", "objectName": "x"}


@pytest.mark.parametrize(
    ("namespace", "bucket", "judged"),
    [
        ("acme-images", "my.bucket_1", True),
        ("a" * 256, "b" * 256, True),
        ("a" * 257, "b", False),
        ("a", "b" * 257, False),
        ("", "b", False),
        ("a", "", False),
        ("a.b", "b", False),
        ("a", "b/c", False),
        ("a", "b\n", False),
        ("a\n", "b", False),
        ("a", ".", False),
        ("a", "..", False),
        ("ä", "b", False),
    ],
)
def test_names_of_namespaces_and_buckets(namespace: str, bucket: str, judged: bool) -> None:
    assert are_names(namespace, bucket) is judged
