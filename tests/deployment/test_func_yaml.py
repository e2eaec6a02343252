"""`func.yaml` is what the `fn` command line reads, and survives its being written anew."""

import json
import re
from pathlib import Path

import yaml

from tests.deployment.document import CHECKOUT, code, page

KNOWN = json.loads(Path(__file__).with_name("func_yaml_fields.json").read_text("utf-8"))
TEXT = (CHECKOUT / "func.yaml").read_text(encoding="utf-8")
FUNC = yaml.safe_load(TEXT)


def test_every_key_is_the_command_line_s_and_every_value_one_that_the_platform_has() -> None:
    assert [key for key, value in FUNC.items() if type(value).__name__ != KNOWN["fields"].get(key)] == []
    assert FUNC["schema_version"] == KNOWN["schema_version"]
    assert FUNC["runtime"] in KNOWN["runtimes"]
    assert FUNC["memory"] in KNOWN["memory"]
    assert 30 <= FUNC["timeout"] <= KNOWN["longest_timeout"]


def test_the_entry_point_is_the_usual_one_and_in_the_file_that_it_names() -> None:
    assert FUNC["entrypoint"] == KNOWN["entrypoint"]
    _, path, name = FUNC["entrypoint"].split()
    assert f"import {name}" in (CHECKOUT / Path(path).name).read_text(encoding="utf-8")


def test_nothing_is_lost_when_it_is_written_anew() -> None:
    """`fn deploy` decodes it and encodes it again, in the order of the command line's fields."""
    in_order = {key: FUNC[key] for key in KNOWN["fields"] if key in FUNC}
    assert yaml.safe_dump(in_order, sort_keys=False) == TEXT


def test_it_is_explained_as_it_is() -> None:
    rows = page(".github/CONTRIBUTING.md").table("The build", "key")
    told = [f"{code(row['key'])[0]}: {code(row['value'])[0]}" for row in rows]
    assert told == TEXT.splitlines()


def test_its_version_is_the_newest_release() -> None:
    newest, *_ = re.findall(r"^- \*\*([\d.]+)\*\*", page(".github/CHANGELOG.md").text, re.MULTILINE)
    assert FUNC["version"] == newest
