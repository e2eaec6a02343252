"""A template names placeholders and nothing else, and what it makes is always an object's name."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.destinations import object_name
from tests.security.spellings import NASTY, misspelt

TEMPLATES = st.sampled_from(
    (
        *(
            "{image_name}-{event_time}-{image_suffix}.{extension}",
            "{image_name}",
            "a/{compartment_name}/{event_id}",
        ),
        *(
            "{image_name.__class__}",
            "{image_name[0]}",
            "{image_name!r}",
            "{image_name:>999999999}",
            "{0}",
            "{}",
        ),
        *("{image_name:{event_id}}", "{{image_name}}", "{environ}", "%(image_name)s", "${image_name}"),
        "{image_name.__init__.__globals__[os].environ[TOPIC_ID]}",
    )
)
PIECES = st.lists(
    st.sampled_from(("{", "}", "{{", "}}", "image_name", ".", "/", "[0]", "!r", ":x", "{event_id}", "a")),
    max_size=9,
).map("".join)
ANY_TEMPLATE = misspelt(TEMPLATES) | PIECES | st.text(max_size=20)
VALUES = st.fixed_dictionaries(
    dict.fromkeys(object_name.PLACEHOLDERS, st.none() | st.text(max_size=300) | st.sampled_from(NASTY))
)


def is_accepted(template: str) -> bool:
    try:
        object_name.check_template(template)
    except ValueError:
        return False
    return True


@given(ANY_TEMPLATE, VALUES)
def test_an_accepted_template_has_nothing_but_placeholders_and_makes_an_object_name(
    template: str, values: dict[str, str | None]
) -> None:
    if not is_accepted(template):
        return
    rest = template.replace("{{", "").replace("}}", "")
    for placeholder in object_name.PLACEHOLDERS:
        rest = rest.replace(f"{{{placeholder}}}", "")
    assert not set(rest) & set("{}")
    try:
        name = object_name.render(template, values)
    except ValueError as refusal:
        assert "1024 bytes" in str(refusal)  # noqa: PT017  # any other refusal would be the template's
        return
    assert 1 <= len(name.encode()) <= 1024
    assert not set(name) & set("\0\r\n")
    assert not {".", ".."} & set(name.split("/"))


@given(VALUES)
def test_a_value_never_leaves_its_segment(values: dict[str, str | None]) -> None:
    first, *rest = object_name.render("below/{image_name}/{event_id}", values).split("/")
    assert (first, len(rest)) == ("below", 2)
    for segment in rest:
        assert segment.strip(".")
        assert len(segment) <= 255
        assert all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in segment)


def test_braces_in_a_value_are_no_template() -> None:
    values = {"image_name": "{event_id}{{x}}{0.__class__}", "event_id": "secret"}
    assert object_name.render("{image_name}", values) == "-event_id---x---0.__class__-"
