"""Object names: what Object Storage takes, and what a template makes of an event."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from handlers.destinations import object_name

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


@pytest.mark.parametrize(
    "name", ["a", "a/b/c.oci", "/a", "a//b", "a/", "...", ".hidden", "a/..b/c", "ü" * 512, "a\tb", "a" * 1024]
)
def test_what_object_storage_takes_is_an_object_name(name: str) -> None:
    assert object_name.check(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "1 to 1024 bytes"),
        ("a" * 1025, "1 to 1024 bytes"),
        ("ü" * 513, "1 to 1024 bytes"),
        ("a\0b", "NUL, CR or LF"),
        ("a\rb", "NUL, CR or LF"),
        ("a\nb", "NUL, CR or LF"),
        ("a\n", "NUL, CR or LF"),
        (".", "segment"),
        ("..", "segment"),
        ("a/../b", "segment"),
        ("a/./b", "segment"),
        ("../a", "segment"),
        ("a/..", "segment"),
        ("a\ud800", "valid Unicode"),
    ],
)
def test_what_object_storage_refuses_is_refused_with_the_reason(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        object_name.check(name)


@pytest.mark.parametrize("placeholder", object_name.PLACEHOLDERS)
def test_every_placeholder_is_filled(placeholder: str) -> None:
    name = object_name.render(f"x-{{{placeholder}}}", VALUES)
    assert name == "x-" + str(VALUES[placeholder]).replace(" ", "-")


def test_the_contracts_placeholders_are_all_there_are() -> None:
    assert set(object_name.PLACEHOLDERS) == set(VALUES)


def test_every_format_has_its_extension() -> None:
    assert object_name.EXTENSIONS == {
        "OCI": "oci",
        "QCOW2": "qcow2",
        "VDI": "vdi",
        "VHD": "vhd",
        "VMDK": "vmdk",
    }


def test_a_template_makes_a_name_of_its_parts() -> None:
    name = object_name.render("{image_name}-{event_time}-{image_suffix}.{extension}", VALUES)
    assert name == "web-1-20260131T235959Z-aaaaaaaa.qcow2"


def test_doubled_braces_are_braces() -> None:
    assert object_name.render("{{{format}}}", VALUES) == "{QCOW2}"


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("web_1.2-x", "web_1.2-x"),
        ("web 1", "web-1"),
        ("a/b", "a-b"),
        ("../../etc", "..-..-etc"),
        ("..", "-"),
        (".", "-"),
        ("...", "-"),
        ("", "-"),
        (None, "-"),
        ("Bücher\r\n", "B-cher--"),
        ("{image_id}", "-image_id-"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_value_keeps_only_what_cannot_change_the_name_around_it(value: str | None, safe: str) -> None:
    assert object_name.render("{image_name}", {"image_name": value}) == safe


def test_a_placeholder_without_a_value_becomes_a_dash() -> None:
    assert object_name.render("{compartment_name}/x", {}) == "-/x"


def test_values_that_come_to_a_name_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 1024 bytes"):
        object_name.render("{image_name}" * 5, {"image_name": "x" * 255})


@pytest.mark.parametrize(
    "template",
    [
        "{image_name.__class__}",
        "{image_name[0]}",
        "{image_name!r}",
        "{image_name:>99}",
        "{image_name:{format}}",
        "{}",
        "{0}",
        "{ image_name }",
        "{Image_Name}",
        "{tenancy}",
    ],
)
def test_a_template_reaches_nothing_but_placeholders(template: str) -> None:
    with pytest.raises(ValueError, match=r"^may use only \{image_name\}, "):
        object_name.check_template(template)


@pytest.mark.parametrize("template", ["{image_name", "image_name}", "{image_name}}"])
def test_a_template_with_unbalanced_braces_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="unbalanced braces"):
        object_name.check_template(template)


@pytest.mark.parametrize("template", ["", "a/../{image_name}", "a\n{image_name}", "x" * 1025])
def test_a_template_that_makes_no_object_name_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="must "):
        object_name.check_template(template)


@pytest.mark.parametrize(
    "template", ["x", "{image_name}", "a/{format}/{image_id}.{extension}", ".{extension}"]
)
def test_a_good_template_passes(template: str) -> None:
    object_name.check_template(template)


def test_a_time_in_a_name_is_compact_and_in_utc() -> None:
    there = datetime(2026, 2, 1, 1, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    assert object_name.compact_time(there) == "20260131T235959Z"
    assert object_name.compact_time(there.astimezone(UTC)) == "20260131T235959Z"
