"""What subscribers get, held against golden files; and that no secret and no second line is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from handlers import redaction
from handlers.errors import CannotParse, NotAllowed
from handlers.exports import announcement
from handlers.exports.announcement import Message
from handlers.exports.commands import CreatedImage, Started, Trigger
from tests.fakes import COMPARTMENT_ID, IMAGE_ID, PAR_TOKEN, START, answer, not_found
from tests.unit.exports.examples import SOURCE, announce_ending, start_export, start_export_of_event

GOLDEN = Path(__file__).parent / "golden"
WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa1"
IMAGE = {"displayName": "web 1", "compartmentId": COMPARTMENT_ID}
WORK_REQUEST = {
    "id": WORK_REQUEST_ID,
    "operationType": "ExportImage",
    "compartmentId": COMPARTMENT_ID,
    "timeAccepted": "2026-01-31T11:00:00.000Z",
    "timeFinished": "2026-01-31T11:59:00.000Z",
}
SUCCEEDED = WORK_REQUEST | {
    "status": "SUCCEEDED",
    "timeStarted": "2026-01-31T11:00:05.000Z",
    "percentComplete": 100.0,
}
FAILED = WORK_REQUEST | {"status": "FAILED", "percentComplete": 12.5}


def started(work_request_id: str | None = WORK_REQUEST_ID, **image: Any) -> Started:
    return Started(work_request_id, answer(IMAGE | image, etag="etag-1"))


def accepted(begun: Started, **command: Any) -> Message:
    return announcement.accepted(start_export(**command), begun, SOURCE, START)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.json").read_text(encoding="utf-8").rstrip("\n")


MESSAGES = {
    "accepted": ("Image export accepted: web 1", accepted(started())),
    "accepted_running_already": (
        "Image export accepted: web 1",
        announcement.accepted(
            start_export_of_event(export_format="VMDK"), Started(WORK_REQUEST_ID, None), SOURCE, START
        ),
    ),
    "succeeded": (
        "Image export succeeded: web 1",
        announcement.ended(announce_ending(), SUCCEEDED, [], SOURCE, START),
    ),
    "failed": (
        f"Image export failed: {IMAGE_ID}",
        announcement.ended(
            announce_ending(image_name=None, compartment_id=None),
            FAILED,
            [{"code": "InternalError", "message": "The bucket was deleted."}],
            SOURCE,
            START,
        ),
    ),
    "rejected": (
        f"Image export rejected: {IMAGE_ID}",
        announcement.rejected(
            not_found("Compute"), Trigger("event", "event-1"), start_export_of_event(), SOURCE, START
        ),
    ),
    "rejected_unread": (
        "Image export rejected: call-1",
        announcement.rejected(
            CannotParse("The body must be a JSON object."),
            Trigger("direct", "call-1"),
            None,
            "image-export",
            START,
        ),
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_as_its_golden_file(name: str) -> None:
    title, message = MESSAGES[name]
    assert message.title == title
    assert message.body == golden(name)


def test_every_golden_file_is_of_a_message() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(MESSAGES)


def test_an_image_without_a_name_is_announced_by_its_id() -> None:
    message = accepted(Started(WORK_REQUEST_ID, answer({})))
    assert message.title == f"Image export accepted: {IMAGE_ID}"
    data = json.loads(message.body)["data"]
    assert (data["imageName"], data["compartmentId"]) == (None, None)


def test_where_compute_says_less_than_the_event_the_event_is_believed() -> None:
    message = announcement.accepted(
        start_export_of_event(event=CreatedImage("named by the event", "compartment", START)),
        Started(WORK_REQUEST_ID, answer({})),
        SOURCE,
        START,
    )
    data = json.loads(message.body)["data"]
    assert (data["imageName"], data["compartmentId"]) == ("named by the event", "compartment")


def test_a_missing_work_request_id_is_null_and_the_event_still_has_an_id() -> None:
    event = json.loads(accepted(started(None)).body)
    assert event["data"]["workRequestId"] is None
    assert event["id"] == start_export().retry_token


def test_a_canceled_export_is_announced_as_failed_with_its_status() -> None:
    message = announcement.ended(announce_ending(), WORK_REQUEST | {"status": "CANCELED"}, [], SOURCE, START)
    event = json.loads(message.body)
    assert event["type"] == "imageexport.failed"
    assert event["data"]["status"] == "CANCELED"


def test_an_ending_that_is_rejected_names_its_image_and_no_destination() -> None:
    message = announcement.rejected(
        not_found("Compute"), Trigger("event", "event-2"), announce_ending(), SOURCE, START
    )
    event = json.loads(message.body)
    assert event["subject"] == event["data"]["imageId"] == IMAGE_ID
    assert event["data"]["destination"] is None


def test_the_same_thing_announced_again_has_the_same_id_and_type() -> None:
    first, second = (
        json.loads(announcement.accepted(start_export(), started(), SOURCE, time).body)
        for time in (START, START.replace(hour=23))
    )
    assert (first["id"], first["type"]) == (second["id"], second["type"])
    assert first["time"] != second["time"]


@pytest.mark.parametrize(
    "space", ["\n", "\r\n", "\t", "\0", "\x1b", "\x7f", "\u0085", "\u2028", "\u2029", "  "]
)
def test_a_title_is_one_line(space: str) -> None:
    message = accepted(started(displayName=f"web{space}1"))
    assert message.title == "Image export accepted: web 1"
    assert json.loads(message.body)["data"]["imageName"] == f"web{space}1"


def test_a_title_has_at_most_200_characters() -> None:
    title = accepted(started(displayName="x" * 1000)).title
    assert len(title) == 200
    assert title.startswith("Image export accepted: xxx")


def test_a_message_has_at_most_64_kib() -> None:
    message = announcement.ended(
        announce_ending(),
        FAILED,
        [{"code": "InternalError", "message": "x" * 100_000}] * 10,
        SOURCE,
        START,
    )
    assert len(json.dumps({"title": message.title, "body": message.body})) <= 65_536


def test_no_secret_is_in_a_title_or_a_message() -> None:
    redaction.learn("learnt-in-this-call")
    url = f"https://objectstorage.example/p/{PAR_TOKEN}/n/a/b/c/o/d"
    texts = (f"see {url}", "see learnt-in-this-call")
    for text in texts:
        messages = (
            accepted(started(displayName=text)),
            announcement.ended(
                announce_ending(image_name=text), FAILED, [{"code": text, "message": text}], SOURCE, START
            ),
            announcement.rejected(NotAllowed(text), Trigger("event", text), None, SOURCE, START),
        )
        for message in messages:
            assert PAR_TOKEN not in message.title + message.body
            assert "learnt-in-this-call" not in message.title + message.body


def test_a_secret_is_taken_out_before_a_text_is_cut() -> None:
    redaction.learn("learnt-in-this-call")
    # Cut first, half of the secret would stand at the end of the title, and nobody would know it.
    name = "x" * (200 - len("Image export accepted: ") - 10) + "learnt-in-this-call"
    assert "learnt" not in accepted(started(displayName=name)).title
    long = "x" * (32_768 - 10) + "learnt-in-this-call" + "x" * 100_000
    message = announcement.rejected(NotAllowed(long), Trigger("event", "e"), None, SOURCE, START)
    assert "learnt" not in message.body
