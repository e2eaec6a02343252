"""An event of OCI Events: what it leads to, whatever of it is missing, null or spelt otherwise."""

from typing import Any

import pytest

from handlers.destinations import Destination
from handlers.operations.export_image import token_of_event
from tests.local.oci import Call
from tests.unit.world import BUCKET, CALL_ID, EVENT_ID, NAMESPACE, TOKEN, URL, Answer, World

CREATED = "com.oraclecloud.computeapi.createimage.end"


def exported(world: World, answer: Answer) -> Call:
    """The only call of ExportImage, of an event that was answered as exported."""
    assert (answer.status, answer.document["status"]) == (200, "exported")
    (call,) = world.calls("ExportImage")
    return call


def test_a_created_image_is_exported_to_the_configured_destination_under_the_events_token(
    world: World,
) -> None:
    world.configure(EXPORT_FORMAT="VMDK")
    answer = world.event("createimage.end")
    call = exported(world, answer)
    name = f"web-1-20260131T120000Z-{world.image['id'][-8:]}.vmdk"
    assert call.json == {
        "destinationType": "objectStorageTuple",
        "namespaceName": NAMESPACE,
        "bucketName": BUCKET,
        "objectName": name,
        "exportFormat": "VMDK",
    }
    place = Destination(NAMESPACE, BUCKET, name)
    assert call.headers["opc-retry-token"] == token_of_event(EVENT_ID, world.image["id"], place, "VMDK")
    assert "if-match" not in call.headers
    assert answer.document == {
        "status": "exported",
        "workRequestId": world.cloud.exports[0].work_request_id,
        "messageId": world.cloud.messages[0].message_id,
        "eventId": EVENT_ID,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"eventType": CREATED.upper()},
        {"eventID": None, "eventId": EVENT_ID},
        {"eventTime": "2026-01-31T13:00:00+01:00"},
    ],
    ids=["upper case", "the other spelling of its id", "another offset"],
)
def test_an_event_is_the_same_however_it_is_spelt(changes: dict[str, Any], world: World) -> None:
    world.event("createimage.end")
    assert world.event("createimage.end", **changes).document["eventId"] == EVENT_ID
    first, second = world.calls("ExportImage")
    assert first.json == second.json
    assert first.headers["opc-retry-token"] == second.headers["opc-retry-token"]


@pytest.mark.parametrize("others", [(), ("resourceName", "compartmentId", "compartmentName")])
def test_every_key_of_the_data_but_the_image_may_be_missing_or_null(
    others: tuple[str, ...], world: World
) -> None:
    image_id = world.image["id"]
    given = {**dict.fromkeys(others), "resourceId": image_id}
    call = exported(world, world.event("createimage.end", data=given))
    # Without a name, the image's OCID stands in.
    assert call.json["objectName"] == f"{image_id}-20260131T120000Z-{image_id[-8:]}.oci"


def test_the_object_name_is_made_of_the_event_alone(world: World) -> None:
    template = "{compartment_name}/{image_id}/{event_id}/{format}/{image_name}.{event_time}.{extension}"
    world.configure(EXPORT_OBJECT_NAME=template)
    data = {"resourceId": world.image["id"], "resourceName": "a/p b", "compartmentName": "images"}
    answer = world.event("createimage.end", eventTime="2026-02-01T01:59:59.999+02:00", data=data)
    name = f"images/{world.image['id']}/{EVENT_ID}/OCI/a-p-b.20260131T235959Z.oci"
    assert exported(world, answer).json["objectName"] == name


@pytest.mark.parametrize("kind", ["computeapi.exportimage.begin", "objectstorage.createobject"])
def test_any_other_event_is_ignored_and_nothing_else_in_it_looked_at(kind: str, world: World) -> None:
    kind, data = f"com.oraclecloud.{kind}", {"resourceId": "x" * 300, "compartmentId": 7}
    answer = world.event("createimage.end", eventType=kind, eventTime=7, data=data)
    assert (answer.status, answer.document["status"]) == (200, "ignored")
    assert kind in answer.document["reason"]
    assert (answer.line["level"], answer.line["message"]) == ("INFO", "event ignored")
    assert world.cloud.calls == []


def test_an_endless_event_type_is_repeated_in_part_and_without_secrets(world: World) -> None:
    reason = world.event("createimage.end", eventType=URL + "x" * 5000).document["reason"]
    assert len(reason) < 200
    assert TOKEN[:12] not in reason


NO_IMAGE = "data.resourceId must be the OCID of an image."
NO_TIME = "eventTime is missing or unreadable."
SHORT = "must be a string of at most 255 characters"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({"data": about}, NO_IMAGE) for about in (None, {"resourceId": "ocid1.instance.oc1.iad.aaaa"})),
        ({"eventID": None, "eventTime": None}, f"eventID is missing or unreadable; {NO_TIME}"),
        ({"eventTime": "yesterday"}, NO_TIME),
        (
            {"eventTime": 2026, "data": {"resourceId": {}, "resourceName": ["web"]}},
            f"eventTime {SHORT}; data.resourceId {SHORT}; data.resourceName must be a string.",
        ),
        ({"eventType": None}, "eventType must be a string."),
        ({"eventID": "x" * 256}, f"eventID {SHORT}."),
        ({"data": 7}, "data must be an object."),
        (
            {"data": {"resourceId": "ocid1.image.oc1.iad.aaaa", "resourceName": "x" * 300}},
            "The object name must be 1 to 1024 bytes of UTF-8.",
        ),
    ],
)
def test_an_event_that_can_never_be_acted_upon_is_rejected_for_good(
    changes: dict[str, Any], message: str, world: World
) -> None:
    world.configure(EXPORT_OBJECT_NAME="/".join(["{image_name}"] * 5))
    answer = world.event("createimage.end", **changes)
    assert (answer.status, answer.document["status"]) == (200, "rejected")
    assert (answer.document["code"], answer.document["message"]) == ("InvalidParameter", message)
    assert world.announced("rejected")[0]["data"]["message"] == message
    assert world.calls("ExportImage") == []


@pytest.mark.parametrize(
    ("changes", "event_id"),
    [
        ({"eventID": "a"}, "a"),
        ({"eventID": "", "eventId": "b"}, "b"),
        *(({"eventID": odd}, CALL_ID) for odd in (None, 7, "x" * 256)),
    ],
)
def test_an_event_without_a_usable_id_goes_by_its_call_id(
    changes: dict[str, Any], event_id: str, world: World
) -> None:
    answer = world.event("updateimage", **changes)
    assert (answer.line["trigger"], answer.line["triggerId"]) == ("event", event_id)
    assert answer.document["eventId"] == event_id


@pytest.mark.parametrize(("named", "name"), [("web 2", "web 2"), (7, None)])
def test_a_rejection_has_the_events_image_name(named: Any, name: str | None, world: World) -> None:
    world.event("createimage.end", data={"resourceName": named})
    assert world.announced("rejected")[0]["data"]["imageName"] == name
    assert world.cloud.messages[0].title == f"Image export rejected: {name or EVENT_ID}"
