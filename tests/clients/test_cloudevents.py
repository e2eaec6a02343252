"""Every published message is an event of CloudEvents 1.0: by its library, its schema and its unique id."""

import json
from collections import Counter
from pathlib import Path

import httpx
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema_rs import Draft202012Validator

from tests import events
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.unit.world import tuple_details

SCHEMA = json.loads(Path(__file__).with_name("cloudevents.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, validate_formats=True)


@pytest.fixture(scope="module")
def bodies(platform: LocalPlatform, http: httpx.Client) -> list[str]:
    """Messages of every type: two exports that end, one of them well, and two events that are refused."""
    before = len(platform.cloud.messages)
    exports = []
    for _ in range(2):
        image_id = platform.cloud.images.add(display_name="golden-ol9")["id"]
        path = f"/20160918/images/{image_id}/actions/export"
        started = http.post(path, json=tuple_details(f"{ALLOWED_PREFIX}/a.oci")).raise_for_status()
        exports.append(started.headers["opc-work-request-id"])
    platform.cloud.work_requests.advance(exports[0])
    platform.cloud.work_requests.fail(exports[1], "ExportFailed", "The bucket is full.")
    event = events.load("createimage.end")
    event["data"]["resourceId"] = "ocid1.image.oc1.phx.aaaaaaaanosuchimage"
    assert platform.deliver(event)
    unreadable = b'[{"eventType": "of an event in a list", "cloudEventsVersion": "0.1"}]'
    assert not platform.host.invoke(unreadable, [("content-type", "application/json")]).failed
    assert platform.cloud.settle()
    return [message.body for message in platform.cloud.messages[before:]]


def test_every_type_of_message_is_published(bodies: list[str]) -> None:
    types = Counter(json.loads(body)["type"] for body in bodies)
    assert types == {
        "imageexport.accepted": 2,
        "imageexport.succeeded": 1,
        "imageexport.failed": 1,
        "imageexport.rejected": 2,
    }


def test_every_message_is_what_the_schema_and_the_library_of_cloudevents_say(bodies: list[str]) -> None:
    assert [error.message for body in bodies for error in VALIDATOR.iter_errors(json.loads(body))] == []
    for body in bodies:
        event = JSONFormat().read(CloudEvent, body)
        assert event.get_specversion() == "1.0"
        assert event.get_type().startswith("imageexport.")
        assert event.get_subject() == json.loads(body)["data"]["imageId"]
        assert event.get_data() == json.loads(body)["data"]


def test_source_and_id_together_are_unique_for_each_event(bodies: list[str]) -> None:
    read = [json.loads(body) for body in bodies]
    assert len({(event["source"], event["id"]) for event in read}) == len(read)
