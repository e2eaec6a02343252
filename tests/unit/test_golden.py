"""What goes in and what comes out, whole: the reply, what is published, and the line in the log.

Each case has a file in ``golden/``, its keys in their order; what is not in it must not come out.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.world import Answer, World, tuple_details

GOLDEN = Path(__file__).parent / "golden"
_OF_THE_FDK = ("fn-fdk-version", "fn-fdk-runtime")


def gateway_export(world: World) -> Answer:
    etag = world.cloud.images.etag(world.image["id"])
    headers = {"if-match": etag, "opc-retry-token": "nightly-1", "opc-request-id": "the-callers"}
    return world.export(tuple_details("on-demand/web 1.qcow2", exportFormat="QCOW2"), headers)


def event_missing_image(world: World) -> Answer:
    world.cloud.images.remove(world.image["id"])
    return world.event("createimage.end", eventTime="2026-01-31T11:00:00Z")


def event_export_failed(world: World) -> Answer:
    """Without records: nobody knows who asked, and for what."""
    world.configure()
    world.event("createimage.end")
    world.cloud.work_requests.fail(world.cloud.exports[0].work_request_id, "InternalError", "No space.")
    world.cloud.messages.clear()
    return world.event("exportimage.end", eventID="event-2")


def event_export_succeeded(world: World) -> Answer:
    """Both messages."""
    world.event("createimage.end")
    world.cloud.clock.advance(60)
    world.cloud.work_requests.advance(world.cloud.exports[0].work_request_id)
    return world.event("exportimage.end", eventID="event-2")


CASES = (gateway_export, event_missing_image, event_export_failed, event_export_succeeded)


def outcome(answer: Answer, world: World) -> str:
    """All that came out but for times of the log. What the cloud made up has a name."""
    cloud, image_id, line = world.cloud, world.image["id"], answer.line
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_FDK}
    is_image = answer.document.get("id") == image_id
    made_up = {
        image_id: "IMAGE",
        cloud.compartment_id: "COMPARTMENT",
        cloud.function_id: "FUNCTION",
        line["opcRequestId"] or "-": "REQUEST",
        **{event["data"].get("opcRequestId") or "-": "REQUEST" for event in world.announced()},
        **{event["data"].get("etag") or "-": "ETAG" for event in world.announced()},
        **{export.work_request_id: "WORK-REQUEST" for export in cloud.exports},
        **{message.message_id: "MESSAGE" for message in cloud.messages},
        **{stored.etag: "OBJECT-ETAG" for _, stored in cloud.buckets.written},
        **{stored.md5: "OBJECT-MD5" for _, stored in cloud.buckets.written},
    }
    whole = {
        "reply": {
            "status": answer.status,
            "headers": headers,
            "body": "the image" if is_image else answer.document,
        },
        "published": [
            {"title": message.title, "body": json.loads(message.body)} for message in cloud.messages
        ],
        "log": {key: value for key, value in line.items() if key != "time"},
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    for value, name in made_up.items():
        text = text.replace(f'"{value}', f'"{name}')
    return text.replace(image_id[-8:], "SUFFIX")


@pytest.mark.parametrize("case", CASES)
def test_what_comes_out_is_in_its_golden_file(case: Callable[[World], Answer], recording: World) -> None:
    text = outcome(case(recording), recording)
    assert text == (GOLDEN / f"{case.__name__}.json").read_text(encoding="utf-8")


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {case.__name__ for case in CASES}
