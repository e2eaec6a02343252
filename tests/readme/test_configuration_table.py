"""The table of configuration keys is the settings model, in words."""

import pytest

from handlers import settings
from handlers.exports import object_name
from handlers.settings import Settings
from tests.readme.document import README as README_FILE
from tests.readme.document import code, readme

README = readme()
ROWS = {code(row["key"])[0]: row for row in README.table("Configure", "key").rows}
FIELDS = {str(field.alias): field for field in Settings.model_fields.values()}
OF_THE_REGION = "the region's"


def test_the_table_has_every_key_in_the_models_order_and_no_other() -> None:
    assert list(ROWS) == list(FIELDS)


@pytest.mark.parametrize("key", FIELDS)
def test_a_default_is_the_models(key: str) -> None:
    cell, default = ROWS[key]["default"], FIELDS[key].get_default()
    if FIELDS[key].is_required() or not default:
        assert cell == (OF_THE_REGION if key.endswith("_ENDPOINT") else "")
    elif hasattr(default, "entries"):
        assert (cell, default.entries) == ("", ())
    else:
        (told,) = code(cell)
        given = {"TOPIC_ID": "ocid1.onstopic.oc1.phx.example"}
        assert settings.read(given | {key: told}) == settings.read(given)


@pytest.mark.parametrize("key", FIELDS)
def test_what_is_required_is_so_in_the_model(key: str) -> None:
    assert (ROWS[key]["required"] == "yes") is FIELDS[key].is_required()


def test_what_events_require_is_what_the_model_calls_their_destination() -> None:
    given = {"TOPIC_ID": "ocid1.onstopic.oc1.phx.example"}
    keys = {key: "x" for key, row in ROWS.items() if row["required"] == "for events"}
    assert settings.read(given).event_destination is None
    assert settings.read(given | keys).event_destination == ("x", "x")


def test_the_placeholders_are_those_that_the_template_takes() -> None:
    lines = README_FILE.read_text(encoding="utf-8").splitlines()
    (paragraph,) = [line for line in lines if line.startswith("`EXPORT_OBJECT_NAME` may use")]
    told = code(paragraph.partition("and nothing else in braces")[0])[1:]
    assert told == [f"{{{name}}}" for name in object_name.PLACEHOLDERS]
    object_name.check_template(code(paragraph)[-1])
