"""OCIDs and names: only what is one from beginning to end; and what a template makes of an event."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.names import (
    EXTENSIONS,
    PLACEHOLDERS,
    check_bucket,
    check_namespace,
    check_object_name,
    check_template,
    image_in,
    is_ocid,
    render_object_name,
)
from tests.security.spellings import NASTY, misspelt

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


@pytest.mark.parametrize(
    ("name", "of_a_namespace", "of_a_bucket"),
    [
        *((name, True, True) for name in ("acme-images", "a" * 256, "A_1")),
        *((name, False, True) for name in ("my.bucket_1", ".a")),
        *((name, False, False) for name in ("", "a/b", "a\n", "a b", "ä", "a%2e", "...", "a" * 257)),
    ],
)
def test_a_namespace_and_a_bucket_have_plain_names(
    name: str, of_a_namespace: bool, of_a_bucket: bool
) -> None:
    for check, is_fine in ((check_namespace, of_a_namespace), (check_bucket, of_a_bucket)):
        if is_fine:
            assert check(name) == name
        else:
            with pytest.raises(ValueError, match=r"^must be 1 to 256 letters, digits, "):
                check(name)


VALUES: dict[str, str | None] = {
    "image_name": "web 1",
    "image_id": "ocid1.image.oc1.iad.aaaa",
    "image_suffix": "aaaaaaaa",
    "compartment_name": "images",
    "event_id": "60600c06-d6a7-4e85-b56a-1de3e6042f57",
    "event_time": "20260131T235959Z",
    "format": "QCOW2",
    "extension": "qcow2",
}
TOO_LONG, DOTS = "must be 1 to 1024 bytes of UTF-8", "must not have a segment that is . or .."
LINE_ENDS = "must not contain NUL, CR or LF"


@pytest.mark.parametrize(
    "name", ["a", "a/b/c.oci", "/a", "a//b", "a/", "...", ".hidden", "a/..b/c", "ü" * 512, "a\tb", "a" * 1024]
)
def test_what_object_storage_takes_is_an_object_name(name: str) -> None:
    assert check_object_name(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((name, TOO_LONG) for name in ("", "a" * 1025, "ü" * 513)),
        *((name, LINE_ENDS) for name in ("a\0b", "a\rb", "a\nb", "a\n")),
        *((name, DOTS) for name in (".", "..", "a/../b", "a/./b", "../a", "a/..")),
        ("a\ud800", "must be valid Unicode"),
    ],
)
def test_what_object_storage_refuses_is_refused_with_the_reason(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        check_object_name(name)
    if name.isprintable():
        with pytest.raises(ValueError, match=f"^{problem}$"):
            check_template(name)


def test_every_placeholder_is_filled_and_there_is_no_other() -> None:
    assert set(PLACEHOLDERS) == set(VALUES)
    template = "/".join(f"x-{{{placeholder}}}" for placeholder in VALUES)
    assert check_template(template) == template
    assert render_object_name(template, VALUES) == "/".join(
        f"x-{value}".replace(" ", "-") for value in VALUES.values()
    )
    # Doubled braces are braces.
    assert render_object_name("{{{format}}}", VALUES) == "{QCOW2}"


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("web_1.2-x", "web_1.2-x"),
        ("../../etc", "..-..-etc"),
        *((nothing, "-") for nothing in ("..", "...", "", None)),
        ("Bücher\r\n", "B-cher--"),
        ("{event_id}{{x}}{0.__class__}", "-event_id---x---0.__class__-"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_value_keeps_only_what_cannot_change_the_name_around_it(value: str | None, safe: str) -> None:
    assert render_object_name("{image_name}/{event_id}", {"image_name": value}) == f"{safe}/-"


PLACEHOLDERS_ONLY, UNBALANCED = r"may use only \{image_name\}, ", "has unbalanced braces$"


@pytest.mark.parametrize(
    ("problem", "template"),
    [
        *(
            (PLACEHOLDERS_ONLY, f"{{image_name{more}}}")
            for more in (".__class__", "[0]", "!r", ":>99", ":{format}")
        ),
        *((PLACEHOLDERS_ONLY, name) for name in ("{}", "{0}", "{ image_name }", "{Image_Name}", "{tenancy}")),
        *((UNBALANCED, template) for template in ("{image_name", "image_name}", "{image_name}}")),
    ],
)
def test_a_template_reaches_nothing_but_placeholders(problem: str, template: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"):
        check_template(template)


PIECES = (
    *("{", "}", "{{", "}}", "image_name", "{image_name}", "{event_id}"),
    *(".", "/", "[0]", "!r", ":x", "%(", "$"),
)
TEMPLATES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
ANY_VALUES = st.fixed_dictionaries(
    dict.fromkeys(PLACEHOLDERS, st.none() | st.text(max_size=300) | st.sampled_from(NASTY))
)


@given(TEMPLATES | misspelt(TEMPLATES) | st.text(max_size=20), ANY_VALUES)
def test_an_accepted_template_has_nothing_but_placeholders_and_makes_an_object_name(
    template: str, values: dict[str, str | None]
) -> None:
    try:
        check_template(template)
    except ValueError:
        return
    assert not set(re.sub(f"{{{{|}}}}|{{({'|'.join(PLACEHOLDERS)})}}", "", template)) & set("{}")
    try:
        name = render_object_name(template, values)
    except ValueError as refusal:
        assert str(refusal) == TOO_LONG  # noqa: PT017  # any other refusal would be the template's
        return
    assert name.count("/") == template.count("/")


def test_every_format_has_its_extension() -> None:
    formats = {"OCI": "oci", "QCOW2": "qcow2", "VDI": "vdi", "VHD": "vhd", "VMDK": "vmdk"}
    assert formats == EXTENSIONS
