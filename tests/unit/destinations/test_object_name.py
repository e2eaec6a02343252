"""Object names: what Object Storage takes, and what a template makes of an event."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.destinations import object_name
from tests.security.spellings import NASTY, misspelt

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
    assert object_name.check(name) == name


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
        object_name.check(name)
    if name.isprintable():
        with pytest.raises(ValueError, match=f"^{problem}$"):
            object_name.check_template(name)


def test_every_placeholder_is_filled_and_there_is_no_other() -> None:
    assert set(object_name.PLACEHOLDERS) == set(VALUES)
    template = "/".join(f"x-{{{placeholder}}}" for placeholder in VALUES)
    assert object_name.check_template(template) == template
    assert object_name.render(template, VALUES) == "/".join(
        f"x-{value}".replace(" ", "-") for value in VALUES.values()
    )


def test_doubled_braces_are_braces() -> None:
    assert object_name.render("{{{format}}}", VALUES) == "{QCOW2}"


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("web_1.2-x", "web_1.2-x"),
        ("a/b", "a-b"),
        ("../../etc", "..-..-etc"),
        ("..", "-"),
        ("...", "-"),
        ("", "-"),
        (None, "-"),
        ("Bücher\r\n", "B-cher--"),
        ("{event_id}{{x}}{0.__class__}", "-event_id---x---0.__class__-"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_value_keeps_only_what_cannot_change_the_name_around_it(value: str | None, safe: str) -> None:
    assert object_name.render("{image_name}/{event_id}", {"image_name": value}) == f"{safe}/-"


def test_values_that_come_to_a_name_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match=TOO_LONG):
        object_name.render("{image_name}" * 5, {"image_name": "x" * 255})


@pytest.mark.parametrize(
    "template",
    [
        *("{image_name.__class__}", "{image_name[0]}", "{image_name!r}", "{image_name:>99}", "{}", "{0}"),
        *("{image_name:{format}}", "{ image_name }", "{Image_Name}", "{tenancy}"),
        "{image_name.__init__.__globals__[os].environ[TOPIC_ID]}",
    ],
)
def test_a_template_reaches_nothing_but_placeholders(template: str) -> None:
    with pytest.raises(ValueError, match=r"^may use only \{image_name\}, "):
        object_name.check_template(template)


@pytest.mark.parametrize("template", ["{image_name", "image_name}", "{image_name}}"])
def test_a_template_with_unbalanced_braces_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"^has unbalanced braces$"):
        object_name.check_template(template)


PIECES = (
    "{",
    "}",
    "{{",
    "}}",
    "image_name",
    "{image_name}",
    "{event_id}",
    ".",
    "/",
    "[0]",
    "!r",
    ":x",
    "%(",
    "$",
)
TEMPLATES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
ANY_VALUES = st.fixed_dictionaries(
    dict.fromkeys(object_name.PLACEHOLDERS, st.none() | st.text(max_size=300) | st.sampled_from(NASTY))
)


@given(TEMPLATES | misspelt(TEMPLATES) | st.text(max_size=20), ANY_VALUES)
def test_an_accepted_template_has_nothing_but_placeholders_and_makes_an_object_name(
    template: str, values: dict[str, str | None]
) -> None:
    try:
        object_name.check_template(template)
    except ValueError:
        return
    rest = template.replace("{{", "").replace("}}", "")
    for placeholder in object_name.PLACEHOLDERS:
        rest = rest.replace(f"{{{placeholder}}}", "")
    assert not set(rest) & set("{}")
    try:
        name = object_name.render(template, values)
    except ValueError as refusal:
        assert str(refusal) == TOO_LONG  # noqa: PT017  # any other refusal would be the template's
        return
    assert object_name.check(name) == name
    assert name.count("/") == template.count("/")


def test_every_format_has_its_extension() -> None:
    formats = {"OCI": "oci", "QCOW2": "qcow2", "VDI": "vdi", "VHD": "vhd", "VMDK": "vmdk"}
    assert formats == object_name.EXTENSIONS


def test_a_time_in_a_name_is_compact_and_in_utc() -> None:
    there = datetime(2026, 2, 1, 1, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    assert object_name.compact_time(there) == "20260131T235959Z"
