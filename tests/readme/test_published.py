"""What the README says is published is what the announcements are made of."""

import json
from datetime import datetime
from typing import Any

import pytest

from handlers.errors import NotAllowed
from handlers.exports import announcement
from handlers.exports.announcement import Message
from handlers.exports.commands import AnnounceEnding, Started, StartExport, Trigger
from handlers.exports.destination import Destination
from tests.fakes import answer
from tests.readme.document import code, readme

README = readme()
SHOWN: dict[str, Any] = json.loads(README.named("imageexport.accepted").content)
ROWS = README.table("What is published", "type").rows
DATA = SHOWN["data"]
TRIGGER = Trigger(**DATA["trigger"])
NOW = datetime.fromisoformat(SHOWN["time"])
COMMAND = StartExport(
    DATA["imageId"],
    Destination(*DATA["destination"].values()),
    DATA["exportFormat"],
    "token",
    TRIGGER,
)
ENDING = AnnounceEnding(DATA["imageId"], DATA["compartmentId"], DATA["imageName"], None, TRIGGER)


def accepted() -> Message:
    image = answer(
        {"displayName": DATA["imageName"], "compartmentId": DATA["compartmentId"]},
        **{"etag": DATA["etag"], "opc-request-id": DATA["opcRequestId"]},
    )
    return announcement.accepted(COMMAND, Started(DATA["workRequestId"], image), SHOWN["source"], NOW)


def ended(status: str) -> Message:
    work_request = {"id": DATA["workRequestId"], "status": status}
    return announcement.ended(ENDING, work_request, [], SHOWN["source"], NOW)


MESSAGES = {
    "imageexport.accepted": accepted(),
    "imageexport.succeeded": ended("SUCCEEDED"),
    "imageexport.failed": ended("FAILED"),
    "imageexport.rejected": announcement.rejected(NotAllowed("No."), TRIGGER, COMMAND, SHOWN["source"], NOW),
}


def test_the_example_is_what_the_function_publishes_letter_by_letter() -> None:
    assert MESSAGES["imageexport.accepted"].body == README.named("imageexport.accepted").content.rstrip("\n")


def test_the_table_has_every_type_and_no_other() -> None:
    assert [code(row["type"])[0] for row in ROWS] == list(MESSAGES)


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[code(row["type"])[0] for row in ROWS])
def test_the_keys_are_those_of_the_message(number: int) -> None:
    event = json.loads(MESSAGES[code(ROWS[number]["type"])[0]].body)
    told = ROWS[number]["keys of `data`"]
    keys = code(ROWS[number - 1]["keys of `data`"] if told == "the same" else told)
    assert event["type"] == code(ROWS[number]["type"])[0]
    assert list(event["data"]) == keys


@pytest.mark.parametrize("row", ROWS, ids=lambda row: code(row["type"])[0])
def test_the_id_is_whose_the_table_says(row: dict[str, str]) -> None:
    ids = {"the work request's": DATA["workRequestId"], "the event's, or the call's": TRIGGER.id}
    assert json.loads(MESSAGES[code(row["type"])[0]].body)["id"] == ids[row["`id`"]]


def test_the_title_is_as_the_page_says() -> None:
    assert MESSAGES["imageexport.accepted"].title == "Image export accepted: web"
