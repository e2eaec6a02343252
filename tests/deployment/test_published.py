"""What the README says is published is what the messages have, in their golden documents."""

import json

import pytest

from tests.deployment.document import CHECKOUT, code, readme

README = readme()
SHOWN = json.loads(README.named("imageexport.succeeded").content)
ROWS = README.table("What is published", "type").rows
# The units hold these against what the function publishes.
GOLDEN = {
    event["type"]: event
    for path in (CHECKOUT / "tests" / "unit" / "messages").glob("*.json")
    if (event := json.loads(path.read_text(encoding="utf-8")))
}


def test_the_table_has_every_type_and_no_other() -> None:
    assert sorted(code(row["type"])[0] for row in ROWS) == sorted(GOLDEN)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: code(row["type"])[0])
def test_the_keys_are_those_of_the_message(row: dict[str, str]) -> None:
    told = row["keys of `data`"]
    keys = code(told)
    if told.startswith(("those of the example", "the same without ")):
        keys = [key for key in SHOWN["data"] if key not in keys]
    assert sorted(keys) == sorted(GOLDEN[code(row["type"])[0]]["data"])


def test_the_example_is_one_of_a_success() -> None:
    golden = GOLDEN["imageexport.succeeded"]
    assert SHOWN["id"] == f"{SHOWN['data']['workRequestId']}/succeeded"
    assert SHOWN["data"]["destination"]["objectName"].endswith(f"-{SHOWN['data']['imageId'][-8:]}.oci")
    assert list(SHOWN) == list(golden)
    assert list(SHOWN["data"]) == list(golden["data"])
