"""The README's table of configuration keys is that of the settings, in words."""

import pytest

from handlers import settings
from handlers.names import PLACEHOLDERS, check_template
from tests.deployment.document import code, readme

README = readme()
ROWS = {code(row["key"])[0]: row for row in README.table("Configure", "key").rows}
KEYS = {key.name: key for key in settings.KEYS}
OF_THE_REGION = "the region's"
LEAST = {"TOPIC_ID": "ocid1.onstopic.oc1.phx.example"}


def test_the_table_has_every_key_in_the_settings_order_and_no_other() -> None:
    assert list(ROWS) == list(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_default_is_that_of_the_settings(key: str) -> None:
    cell, default = ROWS[key]["default"], KEYS[key].default
    if KEYS[key].is_required or not default:
        assert cell == (OF_THE_REGION if key.endswith("_ENDPOINT") else "")
    else:
        (told,) = code(cell)
        assert settings.read(LEAST | {key: told}) == settings.read(LEAST)


@pytest.mark.parametrize("key", KEYS)
def test_what_is_required_is_so_in_the_settings(key: str) -> None:
    assert (ROWS[key]["required"] == "yes") is KEYS[key].is_required


def test_what_events_require_is_what_the_settings_call_their_destination() -> None:
    given = {key: "x" for key, row in ROWS.items() if row["required"] == "for events"}
    assert settings.read(LEAST).event_destination is None
    assert settings.read(LEAST | given).event_destination == ("x", "x")


def test_the_placeholders_are_those_that_the_template_takes() -> None:
    told = [code(row["placeholder"])[0] for row in README.table("Configure", "placeholder").rows]
    assert sorted(told) == sorted(f"{{{name}}}" for name in PLACEHOLDERS)


def test_the_template_that_is_shown_is_a_right_one() -> None:
    (shown,) = [text for text in code(README.text) if text.startswith("{compartment_name}/")]
    check_template(shown)
