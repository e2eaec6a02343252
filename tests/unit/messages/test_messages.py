"""What subscribers get, held against golden files; and that no secret and no second line is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from handlers import messages
from handlers.context import Context
from handlers.destinations import Destination
from handlers.errors import CannotParse, NotAllowed
from handlers.messages import CreatedImage, KnownExport, Message
from handlers.services import Answer, WorkRequest
from tests.fakes import (
    COMPARTMENT_ID,
    IMAGE_ID,
    PAR_TOKEN,
    START,
    FakeClock,
    FakeServices,
    answer,
    context,
    refusal,
)
from tests.unit.examples import PLACE, TOKEN, WORK_REQUEST_ID

GOLDEN = Path(__file__).parent / "golden"
WORK_REQUEST: WorkRequest = {
    "id": WORK_REQUEST_ID,
    "operationType": "ExportImage",
    "compartmentId": COMPARTMENT_ID,
    "timeAccepted": "2026-01-31T11:00:00.000Z",
    "timeFinished": "2026-01-31T11:59:00.000Z",
}
SUCCEEDED: WorkRequest = {
    **WORK_REQUEST,
    "status": "SUCCEEDED",
    "timeStarted": "2026-01-31T11:00:05.000Z",
    "percentComplete": 100.0,
}
FAILED: WorkRequest = {**WORK_REQUEST, "status": "FAILED", "percentComplete": 12.5}
KNOWN = KnownExport(
    PLACE.names,
    "OCI",
    {"kind": "event", "id": "event-1"},
    {"sizeInBytes": 4096, "etag": "e", "md5": "bWQ1-1", "timeModified": "2026-01-31T11:58:00.000Z"},
    "as recorded",
)
SECRET = "known-in-this-call"  # noqa: S105  # opens nothing


def accepted(asked: Context | None = None, image: Answer | None = None, **fields: Any) -> Message:
    given: dict[str, Any] = {
        "work_request_id": WORK_REQUEST_ID,
        "retry_token": TOKEN,
        "image_id": IMAGE_ID,
        "image": image or answer({"displayName": "web 1", "compartmentId": COMPARTMENT_ID}),
        "created": None,
        "destination": PLACE,
        "export_format": "OCI",
        "etag": "etag-1",
        "request_id": "request-of-the-service",
    }
    return messages.accepted(asked or context(kind="gateway"), **{**given, **fields})


def ended(work_request: WorkRequest = SUCCEEDED, *, asked: Context | None = None, **fields: Any) -> Message:
    errors, known = fields.pop("errors", []), fields.pop("known", KnownExport())
    given = {"image_id": IMAGE_ID, "image_name": "web 1", "compartment_id": COMPARTMENT_ID}
    return messages.ended(asked or context(kind="event"), work_request, errors, known, **{**given, **fields})


def rejected(asked: Context, error: Any, **fields: Any) -> Message:
    given: dict[str, Any] = {"image_id": None, "destination": None, "export_format": None}
    return messages.rejected(asked, error, **{**given, **fields})


def event_context() -> Context:
    return context(kind="event", requester_id="event-1")


MESSAGES = {
    "accepted": ("Image export accepted: web 1", accepted()),
    "accepted_nothing_known": (
        f"Image export accepted: {IMAGE_ID}",
        accepted(
            event_context(),
            Answer({}, b""),
            work_request_id=None,
            created=CreatedImage(None, None, START),
            export_format="VMDK",
            etag=None,
            request_id=None,
        ),
    ),
    "succeeded": ("Image export succeeded: web 1", ended(known=KNOWN)),
    "failed": (
        f"Image export failed: {IMAGE_ID}",
        ended(
            FAILED,
            image_name=None,
            compartment_id=None,
            errors=[{"code": "InternalError", "message": "The bucket was deleted."}],
        ),
    ),
    "rejected": (
        f"Image export rejected: {IMAGE_ID}",
        rejected(
            event_context(),
            refusal(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found."),
            image_id=IMAGE_ID,
            destination=PLACE,
            export_format="OCI",
        ),
    ),
    "rejected_unread": (
        "Image export rejected: 01KG0CALLOFTHISTEST",
        rejected(context(kind="event"), CannotParse("The body is not JSON in UTF-8.")),
    ),
}


def event(message: Message) -> Any:
    return json.loads(message.body)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_as_its_golden_file(name: str) -> None:
    title, message = MESSAGES[name]
    assert message.title == title
    assert message.body == (GOLDEN / f"{name}.json").read_text(encoding="utf-8").rstrip("\n")


def test_every_golden_file_is_of_a_message() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize(
    ("image", "created", "name", "compartment_id"),
    [
        ({"displayName": "Compute's", "compartmentId": "c"}, ("event's", "e"), "Compute's", "c"),
        ({}, ("event's", "e"), "event's", "e"),
        ({"displayName": 7, "compartmentId": None}, None, None, None),
    ],
)
def test_where_compute_tells_less_than_the_event_the_event_is_believed(
    image: dict[str, Any], created: tuple[str, str] | None, name: str | None, compartment_id: str | None
) -> None:
    message = accepted(image=answer(image), created=CreatedImage(*created, START) if created else None)
    data = event(message)["data"]
    assert (data["imageName"], data["compartmentId"]) == (name, compartment_id)


def test_a_canceled_export_is_announced_as_failed_with_its_status() -> None:
    message = event(ended({**WORK_REQUEST, "status": "CANCELED"}, known=KNOWN))
    assert (message["type"], message["data"]["status"]) == ("imageexport.failed", "CANCELED")
    assert message["id"] == f"{WORK_REQUEST_ID}/failed"
    assert "object" not in message["data"]
    assert message["data"]["destination"] == PLACE.names


def test_the_name_of_an_ended_exports_image_is_the_events_or_the_records() -> None:
    assert event(ended(known=KNOWN))["data"]["imageName"] == "web 1"
    assert event(ended(known=KNOWN, image_name=None))["data"]["imageName"] == "as recorded"


def test_the_same_thing_announced_again_has_the_same_id_and_type(
    services: FakeServices, clock: FakeClock
) -> None:
    first = event(accepted(context(services)))
    clock.advance(3600)
    second = event(accepted(context(services)))
    assert (first["id"], first["type"]) == (second["id"], second["type"])
    assert first["time"] != second["time"]


def test_an_id_says_what_is_announced() -> None:
    ids = {event(message)["id"] for _, message in MESSAGES.values()}
    assert ids == {
        f"{WORK_REQUEST_ID}/accepted",
        f"{TOKEN}/accepted",
        f"{WORK_REQUEST_ID}/succeeded",
        f"{WORK_REQUEST_ID}/failed",
        "event-1/rejected",
        "01KG0CALLOFTHISTEST/rejected",
    }


@pytest.mark.parametrize(
    "space", ["\n", "\r\n", "\t", "\0", "\x1b", "\x7f", "\u0085", "\u2028", "\u202e", "\u2066", "  "]
)
def test_a_title_is_one_printable_line(space: str) -> None:
    message = accepted(image=answer({"displayName": f"web{space}1"}))
    assert message.title == "Image export accepted: web 1"
    assert event(message)["data"]["imageName"] == f"web{space}1"


def test_a_title_has_at_most_200_characters() -> None:
    title = accepted(image=answer({"displayName": "x" * 1000})).title
    assert len(title) == 200
    assert title.startswith("Image export accepted: xxx")


@pytest.mark.parametrize(
    "message",
    [
        ended(FAILED, errors=[{"code": "InternalError", "message": "x" * 100_000}] * 10),
        rejected(event_context(), refusal(400, "C" * 70_000, "m" * 70_000)),
        accepted(etag="e" * 70_000, image=answer({"displayName": "n" * 70_000})),
    ],
    ids=["errors", "a rejection", "etag and name"],
)
def test_a_message_has_at_most_64_kib(message: Message) -> None:
    assert len(json.dumps({"title": message.title, "body": message.body})) <= 65_536
    assert event(message)["id"].split("/")[0] in (WORK_REQUEST_ID, "event-1")


def hiding(secret: str = SECRET, requester_id: str = "event-1") -> Context:
    asked = context(kind="event", requester_id=requester_id)
    asked.redactor.hide(secret)
    return asked


@pytest.mark.parametrize("text", [f"see https://host/p/{PAR_TOKEN}/n/a/b/c/o/d", f"see {SECRET}"])
def test_no_secret_is_in_a_title_or_a_message(text: str) -> None:
    place = Destination("ns", "b", f"x/{SECRET}")
    for message in (
        accepted(
            hiding(), answer({"displayName": text, "compartmentId": text}), destination=place, etag=text
        ),
        accepted(hiding(), work_request_id=text),
        ended(FAILED, asked=hiding(), image_name=text, errors=[{"code": text, "message": text}]),
        rejected(hiding(requester_id=text), refusal(400, text, text), destination=place),
    ):
        assert PAR_TOKEN not in message.title + message.body
        assert SECRET not in message.title + message.body


@pytest.mark.parametrize(
    "token", ["coreservicesworkrequest", IMAGE_ID, "workRequestId", "accepted", "imageexport", "exportFormat"]
)
def test_a_token_that_reads_like_our_own_words_changes_nothing(token: str) -> None:
    assert accepted(hiding(token)) == accepted(hiding("another-secret"))


def test_our_own_refusal_is_published_as_it_is() -> None:
    message = rejected(hiding("configuration"), NotAllowed("by the function's configuration"))
    assert event(message)["data"]["message"] == "by the function's configuration"


def test_a_secret_is_taken_out_before_a_text_is_cut() -> None:
    # Cut first, half of the secret would stand at the end of the title, and nobody would know it.
    name = "x" * (200 - len("Image export accepted: ") - 10) + SECRET
    assert "known" not in accepted(hiding(), answer({"displayName": name})).title
    long = "x" * (32_768 - 10) + SECRET + "x" * 100_000
    assert "known" not in rejected(hiding(), refusal(400, "C", long)).body
