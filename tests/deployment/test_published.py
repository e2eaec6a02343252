"""What the README says is published is what the messages are made of."""

import json
from collections.abc import Mapping
from typing import get_type_hints

import pytest

from handlers.messages import AcceptedData, EndedData, RejectedData
from tests.deployment.document import code, readme

README = readme()
SHOWN = json.loads(README.named("imageexport.succeeded").content)
ROWS = README.table("What is published", "type").rows
SHAPES: Mapping[str, type] = {
    "imageexport.accepted": AcceptedData,
    "imageexport.succeeded": EndedData,
    "imageexport.failed": EndedData,
    "imageexport.rejected": RejectedData,
}


def test_the_table_has_every_type_and_no_other() -> None:
    assert [code(row["type"])[0] for row in ROWS] == list(SHAPES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: code(row["type"])[0])
def test_the_keys_are_those_of_the_message(row: dict[str, str]) -> None:
    told = row["keys of `data`"]
    keys = code(told)
    if told.startswith(("those of the example", "the same without ")):
        keys = [key for key in SHOWN["data"] if key not in keys]
    has = list(get_type_hints(SHAPES[code(row["type"])[0]]))
    # Only a success has an object, and the shape of both endings is one.
    assert keys == [key for key in has if key != "object" or row["type"].endswith("succeeded`")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: code(row["type"])[0])
def test_the_id_ends_as_the_type_does(row: dict[str, str]) -> None:
    assert code(row["`id`"]) == ["/" + code(row["type"])[0].removeprefix("imageexport.")]


def test_the_example_s_id_says_what_it_announces() -> None:
    assert SHOWN["id"] == f"{SHOWN['data']['workRequestId']}/succeeded"
    assert list(SHOWN["data"]) == list(get_type_hints(EndedData))


def test_the_example_s_object_is_named_by_the_default_template() -> None:
    assert SHOWN["data"]["destination"]["objectName"].endswith(f"-{SHOWN['data']['imageId'][-8:]}.oci")
