"""What subscribers get: whole documents, one line of title, 64 KiB in all, and nothing in it that acts."""

import json
from pathlib import Path
from typing import Any

import pytest

from handlers import messages
from handlers.errors import ServiceRefusal
from tests.unit.world import EVENT_ID, World

GOLDEN = Path(__file__).parent / "messages"
KIB = 1024
SECRET = "known-in-this-invocation"  # noqa: S105  # opens nothing


def accepted(world: World) -> None:
    world.event("createimage.end")


def rejected(world: World) -> None:
    world.cloud.images.remove(world.image["id"])
    world.cloud.clock.advance(600)
    world.event("createimage.end", eventTime="2026-01-31T12:00:00Z")


def succeeded(world: World) -> None:
    world.event("createimage.end")
    world.cloud.clock.advance(60)
    world.cloud.work_requests.advance(world.cloud.exports[0].work_request_id)
    world.event("exportimage.end", eventID="event-2")


def failed(world: World) -> None:
    world.configure()
    world.event("createimage.end")
    world.cloud.work_requests.fail(world.cloud.exports[0].work_request_id, "InternalError", "No space <left>")
    world.event("exportimage.end", eventID="event-2")


@pytest.mark.parametrize("happens", [accepted, rejected, succeeded, failed])
def test_a_message_reads_as_its_golden_file(recording: World, happens: Any) -> None:
    happens(recording)
    message = recording.cloud.messages[-1]
    kind = happens.__name__
    assert message.title == f"Image export {kind}: web 1"
    body = message.body
    # What is random is named.
    export, image = recording.cloud.exports, recording.cloud.images
    names = {
        recording.image["id"]: "{image}",
        recording.image["id"][-8:]: "{suffix}",
        recording.image["compartmentId"]: "{compartment}",
        recording.cloud.function_id: "{function}",
        **({export[0].work_request_id: "{work request}"} if export else {}),
        **({image.etag(recording.image["id"]): "{etag}"} if image else {}),
        **{stored.etag: "{object's etag}" for _, stored in recording.cloud.buckets.written},
        **{stored.md5: "{object's md5}" for _, stored in recording.cloud.buckets.written},
        json.loads(body)["data"].get("opcRequestId") or "-": "{request}",
    }
    for random, name in names.items():
        body = body.replace(random, name) if random != "-" else body
    assert body == (GOLDEN / f"{kind}.json").read_text(encoding="utf-8").rstrip("\n")


def publish(world: World, name: str | None = "web 1", secret: str = SECRET, **data: Any) -> dict[str, Any]:
    """Publishes the failure of an export: the message's body, parsed."""
    context = world.context("event", EVENT_ID)
    context.redactor.add(secret)
    ids = {"workRequestId": "w" * 255, "imageId": "i" * 255, "destination": {"objectName": "ü" * 512}}
    messages.publish(context, "failed", "w" * 255, {**ids, "imageName": name, **data})
    body: dict[str, Any] = json.loads(world.cloud.messages[-1].body)
    assert {key: body["data"][key] for key in ids} == ids
    assert (body["id"], body["subject"]) == ("w" * 255 + "/failed", "i" * 255)
    assert len(world.calls("PublishMessage")[-1].body) <= 64 * KIB
    return body


def title(world: World) -> str:
    return str(world.cloud.messages[-1].title)


def errors(count: int, length: int) -> list[dict[str, str]]:
    return [{"code": f"Code{number}", "message": str(number) + "x" * length} for number in range(count)]


@pytest.mark.parametrize(
    "space",
    ["\n", "\r\n", "\t", "\0", "\x1b", "\x7f", "\u0085", "\u2028", "\u202e", "\u2066", "\u200b", "  "],
)
def test_a_title_is_one_printable_line(world: World, space: str) -> None:
    body = publish(world, f"web{space}1")
    assert title(world) == "Image export failed: web 1"
    assert body["data"]["imageName"] == f"web{space}1"
    publish(world, space)
    assert title(world) == "Image export failed:"


def test_a_title_has_at_most_200_characters(world: World) -> None:
    publish(world, "x" * 1000)
    assert title(world) == "Image export failed: " + "x" * (200 - len("Image export failed: "))
    publish(world, "x" * (199 - len("Image export failed: ")) + " xxx")
    assert len(title(world)) == 199


@pytest.mark.parametrize("character", ["<", "&", "\u202e", "\u200b", "\x85", "\U000e0001"])
def test_what_acts_turns_or_hides_in_a_chat_or_mail_client_is_escaped(world: World, character: str) -> None:
    body = publish(world, f"a{character}b", errors=[{"code": character, "message": "größer, 🚀"}])
    assert body["data"]["imageName"] == f"a{character}b"
    assert body["data"]["errors"] == [{"code": character, "message": "größer, 🚀"}]
    text = world.cloud.messages[-1].body
    assert character not in text
    assert "größer, 🚀" in text


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
    publish(world, "x" * (200 - len("Image export failed: ") - 10) + SECRET)
    publish(world, note="x" * (32_768 - 10) + SECRET + "x" * 100_000)
    for message in world.cloud.messages:
        assert "known" not in str(message.title) + message.body
        assert "x" * 30 + "/n/" not in message.body


@pytest.mark.parametrize("secret", [SECRET, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_the_id_of_a_rejection_has_no_secret_in_it(world: World, secret: str) -> None:
    context = world.context("event", secret)
    context.redactor.add(SECRET)
    messages.publish_rejection(context, ServiceRefusal(400, secret, "m" * 100_000, service="Compute"))
    (body,) = world.announced()
    assert body["id"] == "***/rejected"
    assert secret not in title(world) + json.dumps(body)
