"""An event of OCI Events: what it leads to, whatever of it is missing, null or spelt otherwise."""

import json
from typing import Any

import pytest

from handlers.errors import CannotParse, InvalidParameter, TooLarge
from handlers.operations import Result
from handlers.operations.announce_ending import AnnounceEnding
from handlers.operations.export_image import ExportImage, retry_token
from handlers.operations.export_image.attempt import Export
from handlers.operations.ignore import Ignore
from handlers.triggers.event import Event
from tests import events
from tests.fakes import BUCKET, CALL_ID, COMPARTMENT_ID, IMAGE_ID, NAMESPACE, PAR_TOKEN, context, refusal
from tests.unit.examples import invocation

EVENT_ID = "6f2c0d3e-1c7a-4b61-9a5e-0d5d1f1f6a11"
WAS_CREATED = "com.oraclecloud.computeapi.createimage.end"
NAME = "web-1-20260131T115930Z-denimage.oci"


def event(payload: object) -> Event:
    return Event(invocation(events.read(payload) if isinstance(payload, str) else payload))


def operation(payload: object, **configuration: str) -> Any:
    found = event(payload)
    return found.operation(context(kind="event", requester_id=found.requester.id, **configuration))


def export(payload: object = "createimage.end", **configuration: str) -> Export:
    found = operation(payload, **configuration)
    assert isinstance(found, ExportImage)
    return found.export


def refused(payload: object, **configuration: str) -> str:
    with pytest.raises(InvalidParameter) as raised:
        operation(payload, **configuration)
    return raised.value.message


def changed(**fields: Any) -> dict[str, Any]:
    return {**events.load("createimage.end"), **fields}


def test_a_created_image_is_exported_to_the_configured_destination() -> None:
    made = export()
    assert (made.image_id, str(made.destination)) == (IMAGE_ID, f"{NAMESPACE}/{BUCKET}/{NAME}")
    assert (made.export_format, made.if_match, made.through_par) == ("OCI", None, False)
    assert made.created is not None
    assert made.created[:2] == ("web 1", COMPARTMENT_ID)
    assert made.created.time.isoformat() == "2026-01-31T11:59:30.123000+00:00"


def test_the_same_event_delivered_again_is_the_same_request() -> None:
    made = export()
    assert made == export()
    place = f"{NAMESPACE}/{BUCKET}/{NAME}"
    assert made.retry_token == retry_token.for_event(EVENT_ID, IMAGE_ID, place, "OCI")
    assert made.token_of == "event"  # noqa: S105  # no token


DATA = events.load("createimage.end")["data"]


@pytest.mark.parametrize(
    ("payload", "configuration"),
    [
        pytest.param(changed(eventID="another"), {}, id="event"),
        pytest.param(changed(data={**DATA, "resourceId": IMAGE_ID + "2"}), {}, id="image"),
        pytest.param("createimage.end", {"EXPORT_BUCKET": "another"}, id="bucket"),
        pytest.param("createimage.end", {"EXPORT_OBJECT_NAME": "another"}, id="object"),
        pytest.param("createimage.end", {"EXPORT_FORMAT": "VHD"}, id="format"),
    ],
)
def test_another_request_has_another_retry_token(payload: object, configuration: dict[str, str]) -> None:
    assert export(payload, **configuration).retry_token != export().retry_token


@pytest.mark.parametrize(
    "payload",
    [
        "createimage.end.other-casing",
        changed(eventType=WAS_CREATED.upper()),
        changed(eventID=None, eventId=EVENT_ID),
        b"\xef\xbb\xbf" + events.read("createimage.end"),
        changed(tags="x" * 200_000),
    ],
    ids=["other casing", "upper case", "null in one spelling", "a byte order mark", "200 KB of tags"],
)
def test_an_event_is_the_same_however_it_is_spelt(payload: object) -> None:
    assert export(payload) == export()


@pytest.mark.parametrize("payload", ["createimage.end.nulls", "createimage.end.sparse"])
def test_every_key_of_the_data_but_the_image_may_be_missing_or_null(payload: str) -> None:
    made = export(payload)
    assert made.image_id == IMAGE_ID
    # Without a name, the image's OCID stands in.
    assert made.destination.object_name == f"{IMAGE_ID}-20260131T115930Z-denimage.oci"
    assert made.created is not None
    assert made.created[:2] == (None, None)


def test_the_object_name_is_made_of_the_event_alone() -> None:
    template = "{compartment_name}/{image_id}/{event_id}/{format}/{image_name}.{event_time}.{extension}"
    made = export(EXPORT_OBJECT_NAME=template, EXPORT_FORMAT="vmdk")
    assert made.destination.object_name == (f"images/{IMAGE_ID}/{EVENT_ID}/VMDK/web-1.20260131T115930Z.vmdk")


def test_two_images_of_the_same_name_and_second_have_two_object_names() -> None:
    other = changed(data={**DATA, "resourceId": IMAGE_ID[:-1] + "f"})
    assert export(other).destination != export().destination


def test_a_secret_in_a_name_is_none_in_the_object_name() -> None:
    url = f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"
    name = export(changed(data={**DATA, "resourceName": url})).destination.object_name
    assert PAR_TOKEN[:12] not in name


def test_an_export_that_ended_is_to_be_announced() -> None:
    ending = operation("exportimage.end")
    assert isinstance(ending, AnnounceEnding)
    assert (ending.image_id, ending.compartment_id, ending.image_name) == (IMAGE_ID, COMPARTMENT_ID, "web 1")
    assert ending.time is not None
    assert ending.time.isoformat() == "2026-01-31T12:00:05+00:00"


@pytest.mark.parametrize(
    "payload", ["createimage.begin", "exportimage.begin", "updateimage", "deleteimage", "object-created"]
)
def test_any_other_event_is_ignored(payload: str) -> None:
    ignored = operation(payload)
    assert isinstance(ignored, Ignore)
    assert events.load(payload)["eventType"] in ignored.reason


def test_of_an_event_that_is_ignored_nothing_else_is_looked_at() -> None:
    kind = "com.oraclecloud.objectstorage.createobject"
    data = {"resourceId": "/n/ns/bucket/b/o/" + "x" * 300, "compartmentId": 7}
    assert isinstance(operation(changed(eventType=kind, eventTime=7, data=data)), Ignore)


def test_an_endless_event_type_is_repeated_in_part_and_without_secrets() -> None:
    kind = f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d" + "x" * 5000
    reason = operation(changed(eventType=kind)).reason
    assert len(reason) < 200
    assert PAR_TOKEN[:12] not in reason


NO_IMAGE = "data.resourceId must be the OCID of an image."
NO_TIME = "eventTime is missing or unreadable."
WRONG = "is of a wrong type or too long"


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("createimage.end.without-image", NO_IMAGE),
        ("createimage.end.of-an-instance", NO_IMAGE),
        ("createimage.end.null-data", NO_IMAGE),
        ("createimage.end.without-id-and-time", f"eventID is missing or unreadable; {NO_TIME}"),
        (changed(eventTime="yesterday"), NO_TIME),
        (
            "createimage.end.wrong-types",
            f"eventTime {WRONG}; data.resourceId {WRONG}; data.resourceName {WRONG}.",
        ),
        (changed(eventType=None), f"eventType {WRONG}."),
        (changed(eventID="x" * 256), f"eventID {WRONG}."),
        (changed(data=7), f"data {WRONG}."),
    ],
)
def test_an_event_that_can_never_be_acted_upon_is_refused_for_good(payload: object, message: str) -> None:
    assert refused(payload) == message


def test_an_object_name_that_comes_out_too_long_is_refused_for_good() -> None:
    data = {"resourceId": IMAGE_ID, "resourceName": "x" * 255}
    message = refused(changed(data=data), EXPORT_OBJECT_NAME="/".join(["{image_name}"] * 5))
    assert message == "The object name must be 1 to 1024 bytes of UTF-8."


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (events.read("createimage.end")[:-3], CannotParse),
        (changed(tags="x" * 1024 * 1024), TooLarge),
    ],
)
def test_an_event_that_cannot_be_read_is_refused_under_its_call_id(payload: object, problem: type) -> None:
    assert event(payload).requester == ("event", CALL_ID)
    with pytest.raises(problem):
        operation(payload)


@pytest.mark.parametrize(
    ("document", "event_id"),
    [
        ({"eventID": "a"}, "a"),
        ({"eventId": "b"}, "b"),
        ({"eventID": None, "eventId": "b"}, "b"),
        ({}, CALL_ID),
        ({"eventID": 7}, CALL_ID),
        ({"eventID": "x" * 256}, CALL_ID),
    ],
)
def test_an_event_without_a_usable_id_goes_by_its_call_id(document: dict[str, Any], event_id: str) -> None:
    assert event(document).requester == ("event", event_id)


def test_the_reply_has_the_ids_that_there_are() -> None:
    result = Result(
        "export accepted", summary={"status": "exported", "workRequestId": None, "messageId": "m"}
    )
    reply = event("createimage.end").reply(result, context(kind="event"))
    assert (reply.status, json.loads(reply.body)) == (
        200,
        {"status": "exported", "messageId": "m", "eventId": EVENT_ID},
    )


def test_a_refused_event_is_answered_so_that_it_is_not_delivered_again() -> None:
    asked = context(kind="event")
    asked.redactor.hide(EVENT_ID)
    reply = event("createimage.end").refusal(refusal(404, "NotFound", f"No {EVENT_ID}."), asked)
    assert (reply.status, json.loads(reply.body)) == (
        200,
        {"status": "rejected", "code": "NotFound", "message": "No ***.", "eventId": "***"},
    )
