"""`func.yaml` is what the `fn` command line reads, and survives its being written anew."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.document import CHECKOUT, code, page

KNOWN: dict[str, Any] = json.loads(Path(__file__).with_name("func_yaml_fields.json").read_text("utf-8"))
TEXT = (CHECKOUT / "func.yaml").read_text(encoding="utf-8")
FUNC: dict[str, Any] = yaml.safe_load(TEXT)


@pytest.mark.parametrize("key", FUNC)
def test_every_key_is_one_of_the_command_line_s_and_of_its_type(key: str) -> None:
    assert type(FUNC[key]).__name__ == KNOWN["fields"].get(key)


def test_the_values_are_some_that_the_platform_has() -> None:
    assert FUNC["schema_version"] == KNOWN["schema_version"]
    assert FUNC["runtime"] in KNOWN["runtimes"]
    assert FUNC["memory"] in KNOWN["memory"]
    assert 30 <= FUNC["timeout"] <= KNOWN["longest_timeout"]
    assert FUNC["entrypoint"] == KNOWN["entrypoint"]


def test_the_entry_point_is_in_the_file_that_is_named() -> None:
    _, path, name = FUNC["entrypoint"].split()
    assert f"import {name}" in (CHECKOUT / Path(path).name).read_text(encoding="utf-8")


def test_nothing_is_lost_when_it_is_written_anew() -> None:
    """`fn deploy` decodes it and encodes it again, in the order of the command line's fields."""
    in_order = {key: FUNC[key] for key in KNOWN["fields"] if key in FUNC}
    assert yaml.safe_dump(in_order, sort_keys=False) == TEXT


def test_it_is_explained_as_it_is() -> None:
    rows = page(".github/CONTRIBUTING.md").table("The build", "key").rows
    told = {code(row["key"])[0]: code(row["value"])[0] for row in rows}
    assert list(told.items()) == [tuple(line.split(": ", 1)) for line in TEXT.splitlines()]
