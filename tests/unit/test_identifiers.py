"""OCIDs and names: only what is one from beginning to end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.identifiers import check_bucket, check_namespace, image_in, is_ocid
from tests.security.spellings import misspelt

IMAGES = [
    "ocid1.image.oc1.iad.aaaaaaaaexample",
    "ocid1.image.oc1..aaaaaaaaexample",  # no region
    "ocid1.image.oc19.eu-frankfurt-2.futureuse.aaaaaaaaexample",
    "ocid1.image.region1.sea.Upper-and_lower",
    "ocid1.image.oc1.iad." + "a" * 235,
]
NO_OCIDS = {
    "empty": "",
    "another word first": "ocid2.image.oc1.iad.aaaa",
    "no realm": "ocid1.image..iad.aaaa",
    "no unique part": "ocid1.image.oc1.iad.",
    "too few parts": "ocid1.image.oc1.aaaa",
    "too many parts": "ocid1.image.oc1.iad.future.more.aaaa",
    "upper case type": "ocid1.IMAGE.oc1.iad.aaaa",
    "an encoded slash": "ocid1.image.oc1.iad.aaaa%2Fx",
    "a newline after it": "ocid1.image.oc1.iad.aaaa\n",
    "a space before it": " ocid1.image.oc1.iad.aaaa",
    "letters of another script": "ocid1.image.oc1.iad.ааaa",
    "longer than 255 characters": "ocid1.image.oc1.iad." + "a" * 236,
}


@pytest.mark.parametrize("text", IMAGES)
def test_an_ocid_is_one_in_every_realm_and_region(text: str) -> None:
    assert is_ocid(text)
    assert image_in(text) == text


@pytest.mark.parametrize("text", NO_OCIDS.values(), ids=NO_OCIDS.keys())
def test_what_only_looks_like_an_ocid_is_none(text: str) -> None:
    assert not is_ocid(text)


@pytest.mark.parametrize(
    "value", ["ocid1.instance.oc1.iad.aaaa", "ocid1.image2.oc1.iad.aaaa", None, 7, [IMAGES[0]]]
)
def test_an_ocid_of_another_type_is_no_image(value: object) -> None:
    assert image_in(value) is None


@given(misspelt(st.sampled_from(IMAGES)) | st.text(max_size=40))
def test_what_passes_for_an_ocid_is_one_segment_of_plain_characters(text: str) -> None:
    if is_ocid(text):
        assert len(text) <= 255
        assert re.fullmatch("ocid1[A-Za-z0-9._-]+", text)
        assert 4 <= text.count(".") <= 5


@pytest.mark.parametrize("name", ["acme-images", "a" * 256, "A_1"])
def test_a_name_of_a_namespace_is_one_of_a_bucket_too(name: str) -> None:
    assert check_namespace(name) == check_bucket(name) == name


@pytest.mark.parametrize("name", ["my.bucket_1", ".a", "..."])
def test_dots_are_for_buckets_and_not_alone(name: str) -> None:
    with pytest.raises(ValueError, match=r"^must be 1 to 256 letters"):
        check_namespace(name)
    if name.strip("."):
        assert check_bucket(name) == name
    else:
        with pytest.raises(ValueError, match=r"not dots alone$"):
            check_bucket(name)


@pytest.mark.parametrize("name", ["", "a/b", "a\n", "a b", "ä", "a%2e", "a" * 257])
def test_any_other_name_is_refused(name: str) -> None:
    for check in (check_namespace, check_bucket):
        with pytest.raises(ValueError, match=r"^must be 1 to 256 letters, digits, "):
            check(name)
