"""OCIDs: only what is one from beginning to end."""

import pytest

from handlers.identifiers import is_ocid

IMAGES = [
    "ocid1.image.oc1.iad.aaaaaaaaexample",
    "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaexample",
    "ocid1.image.oc1..aaaaaaaaexample",  # no region
    "ocid1.image.oc19.eu-frankfurt-2.futureuse.aaaaaaaaexample",
    "ocid1.image.region1.sea.Upper-and_lower",
]
NO_OCIDS = {
    "empty": "",
    "another word first": "ocid2.image.oc1.iad.aaaa",
    "no realm": "ocid1.image..iad.aaaa",
    "no unique part": "ocid1.image.oc1.iad.",
    "too few parts": "ocid1.image.oc1.aaaa",
    "too many parts": "ocid1.image.oc1.iad.future.more.aaaa",
    "upper case type": "ocid1.IMAGE.oc1.iad.aaaa",
    "a slash": "ocid1.image.oc1.iad.aaaa/../../x",
    "an encoded slash": "ocid1.image.oc1.iad.aaaa%2Fx",
    "a query": "ocid1.image.oc1.iad.aaaa?x=1",
    "a newline after it": "ocid1.image.oc1.iad.aaaa\n",
    "a space before it": " ocid1.image.oc1.iad.aaaa",
    "letters of another script": "ocid1.image.oc1.iad.ааaa",
    "longer than 255 characters": "ocid1.image.oc1.iad." + "a" * 236,
}


@pytest.mark.parametrize("text", IMAGES)
def test_an_ocid_is_one_in_every_realm_and_region(text: str) -> None:
    assert is_ocid(text)
    assert is_ocid(text, "image")


@pytest.mark.parametrize("text", NO_OCIDS.values(), ids=NO_OCIDS.keys())
def test_what_only_looks_like_an_ocid_is_none(text: str) -> None:
    assert not is_ocid(text)


def test_an_ocid_of_255_characters_is_one() -> None:
    assert is_ocid("ocid1.image.oc1.iad." + "a" * 235)


def test_an_ocid_of_another_type_is_no_image() -> None:
    assert not is_ocid("ocid1.instance.oc1.iad.aaaa", "image")
    assert not is_ocid("ocid1.image2.oc1.iad.aaaa", "image")
