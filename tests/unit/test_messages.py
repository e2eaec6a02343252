"""What subscribers get: one line of title, 64 KiB in all, and nothing in it that acts."""

import json
from typing import Any

import pytest

from handlers import messages
from handlers.errors import NotFound
from tests.unit.world import EVENT_ID, World

KIB = 1024
BEGINNING = "Image export failed: "
SECRET = "known-in-this-invocation"  # noqa: S105  # opens nothing


def publish(world: World, name: str = "web 1", **data: Any) -> dict[str, Any]:
    """Publishes the failure of an export: the message's body, parsed."""
    context = world.context("event", EVENT_ID)
    context.redactor.add(SECRET)
    ids = {"workRequestId": "w" * 255, "imageId": "i" * 255, "destination": {"objectName": "ü" * 512}}
    messages.publish(context, "failed", "w" * 255, {**ids, "imageName": name, **data})
    body: dict[str, Any] = json.loads(world.cloud.messages[-1].body)
    assert {key: body["data"][key] for key in ids} == ids
    assert (body["id"], body["subject"]) == ("w" * 255 + "/failed", "i" * 255)
    assert len(world.calls("PublishMessage")[-1].body) <= 64 * KIB
    return body


def errors(count: int, length: int) -> list[dict[str, str]]:
    return [{"code": f"Code{number}", "message": str(number) + "x" * length} for number in range(count)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("web\r\n\u202e  1", f"{BEGINNING}web 1", id="odd space"),
        pytest.param("\n", BEGINNING.strip(), id="no name"),
        pytest.param("x" * 1000, BEGINNING.ljust(200, "x"), id="too long"),
        pytest.param("x" * 178 + " xxx", BEGINNING.ljust(199, "x"), id="cut at a space"),
    ],
)
def test_a_title_is_one_printable_line_of_at_most_200_characters(world: World, name: str, shown: str) -> None:
    assert publish(world, name)["data"]["imageName"] == name
    assert world.cloud.messages[-1].title == shown


def test_what_acts_in_a_chat_or_mail_client_is_escaped_and_what_people_write_is_not(world: World) -> None:
    publish(world, "<größer> 🚀")
    assert '\n    "imageName": "\\u003cgrößer\\u003e 🚀"\n' in world.cloud.messages[-1].body


def test_the_limit_is_that_of_the_request_as_a_whole(world: World) -> None:
    publish(world, note="")
    room = 64 * KIB - len(world.calls("PublishMessage")[-1].body)
    assert publish(world, note="x" * room)["data"]["note"] == "x" * room
    assert len(world.calls("PublishMessage")[-1].body) == 64 * KIB
    assert publish(world, note="x" * (room + 1))["data"]["note"] == "x" * 32_768 + "…"


@pytest.mark.parametrize("character", ["x", "ü", "\N{ROCKET}", '"', "\\", "\n", "\0", "<"])
def test_whatever_the_texts_are_the_message_fits_and_keeps_the_ids(world: World, character: str) -> None:
    publish(world, character * 255, errors=[{"code": "c", "message": character * 100_000}] * 10)


def test_the_longest_text_is_cut_first_and_no_more_than_is_needed(world: World) -> None:
    data = publish(world, "n" * 8000, note="m" * 100_000)["data"]
    assert (data["imageName"], data["note"]) == ("n" * 8000, "m" * 32_768 + "…")
    data = publish(world, errors=errors(3, 40_000))["data"]
    assert [len(error["message"]) for error in data["errors"]] == [8193] * 3


def test_errors_are_left_out_from_the_end_once_their_texts_are_cut(world: World) -> None:
    kept = publish(world, errors=errors(50, 5_000))["data"]["errors"]
    assert [(error["code"], len(error["message"])) for error in kept] == [
        (f"Code{n}", 1025) for n in range(50)
    ]
    kept = publish(world, errors=errors(3_000, 200))["data"]["errors"]
    assert kept == errors(3_000, 200)[: len(kept)]
    assert len(kept) >= 100


def test_no_secret_is_in_a_title_or_a_message_also_where_it_would_be_cut(world: World) -> None:
    url = f"https://host/p/{'x' * 30}/n/a/b/c/o/d"
    publish(world, f"see {SECRET}", errors=[{"code": SECRET, "message": f"see {url} {SECRET}"}])
    # Cut first, half of the secret would stand at the end, and nobody would know it.
    publish(world, "x" * (200 - len(BEGINNING) - 10) + SECRET)
    publish(world, note="x" * (32_768 - 10) + SECRET + "x" * 100_000)
    for message in world.cloud.messages:
        assert "known" not in str(message.title) + message.body
        assert "x" * 30 + "/n/" not in message.body


def test_neither_the_id_of_a_rejection_nor_a_title_made_of_it_has_a_secret_in_it(world: World) -> None:
    context = world.context("event", SECRET)
    context.redactor.add(SECRET)
    messages.publish_rejection(context, NotFound("No."))
    assert world.announced()[0]["id"] == "***/rejected"
    assert world.cloud.messages[0].title == "Image export rejected: ***"
