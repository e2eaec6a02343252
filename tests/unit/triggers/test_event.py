"""An event of OCI Events: what it leads to, whatever of it is missing, null or spelt otherwise."""

from typing import Any

import pytest

from handlers.errors import ExportError, InvalidParameter, Misconfigured, NotAllowed
from handlers.exports import retry_token
from handlers.exports.commands import (
    Announced,
    AnnounceEnding,
    Described,
    Ignore,
    Ignored,
    Outcome,
    Started,
    StartExport,
    Trigger,
)
from handlers.triggers import event
from tests import events
from tests.fakes import BUCKET, COMPARTMENT_ID, IMAGE_ID, NAMESPACE, policy
from tests.unit.triggers.invocations import CALL_ID, invocation

EVENT_ID = "6f2c0d3e-1c7a-4b61-9a5e-0d5d1f1f6a11"
WAS_CREATED = "com.oraclecloud.computeapi.createimage.end"


def command(payload: str | dict[str, Any], **configuration: str) -> Any:
    body = events.read(payload) if isinstance(payload, str) else payload
    return event.command(invocation(body), policy(**configuration))


def refusal(payload: str | dict[str, Any]) -> ExportError:
    with pytest.raises(InvalidParameter) as refused:
        command(payload)
    assert not refused.value.passing
    return refused.value


def changed(**fields: Any) -> dict[str, Any]:
    return {**events.load("createimage.end"), **fields}


def test_a_created_image_is_exported_to_the_configured_destination() -> None:
    export = command("createimage.end")
    assert isinstance(export, StartExport)
    assert export.image_id == IMAGE_ID
    assert str(export.destination) == f"{NAMESPACE}/{BUCKET}/web-1-20260131T115930Z.oci"
    assert (export.export_format, export.if_match, export.dry_run) == ("OCI", None, False)
    assert export.trigger == Trigger("event", EVENT_ID)


def test_the_same_event_delivered_again_is_the_same_request() -> None:
    first = command("createimage.end")
    assert first == command("createimage.end")
    place = f"{NAMESPACE}/{BUCKET}/web-1-20260131T115930Z.oci"
    assert first.retry_token == retry_token.for_event(EVENT_ID, IMAGE_ID, place, "OCI")


@pytest.mark.parametrize(
    ("payload", "configuration"),
    [
        (changed(eventID="another"), {}),
        (changed(data={**events.load("createimage.end")["data"], "resourceId": IMAGE_ID + "2"}), {}),
        ("createimage.end", {"EXPORT_BUCKET": "another"}),
        ("createimage.end", {"EXPORT_OBJECT_NAME": "another"}),
        ("createimage.end", {"EXPORT_FORMAT": "VHD"}),
    ],
    ids=["event", "image", "bucket", "object", "format"],
)
def test_another_request_has_another_retry_token(
    payload: str | dict[str, Any], configuration: dict[str, str]
) -> None:
    assert command(payload, **configuration).retry_token != command("createimage.end").retry_token


def test_keys_are_read_in_both_spellings() -> None:
    assert command("createimage.end.other-casing") == command("createimage.end")


@pytest.mark.parametrize("payload", ["createimage.end.nulls", "createimage.end.sparse"])
def test_every_key_of_the_data_but_the_image_may_be_missing_or_null(payload: str) -> None:
    export = command(payload)
    assert (export.image_id, export.trigger) == (IMAGE_ID, Trigger("event", EVENT_ID))
    # Without a name, the image's OCID stands in.
    assert export.destination.object_name == f"{IMAGE_ID}-20260131T115930Z.oci"


def test_the_object_name_is_made_of_the_event_alone() -> None:
    template = "{compartment_name}/{image_id}/{event_id}/{format}/{image_name}.{event_time}.{extension}"
    export = command("createimage.end", EXPORT_OBJECT_NAME=template, EXPORT_FORMAT="vmdk")
    assert export.destination.object_name == (
        f"images/{IMAGE_ID}/{EVENT_ID}/VMDK/web-1.20260131T115930Z.vmdk"
    )


def test_the_type_of_an_event_is_read_whatever_its_case() -> None:
    assert command(changed(eventType=WAS_CREATED.upper())) == command("createimage.end")


def test_an_export_that_ended_is_to_be_announced() -> None:
    ending = command("exportimage.end")
    assert isinstance(ending, AnnounceEnding)
    assert (ending.image_id, ending.compartment_id, ending.image_name) == (IMAGE_ID, COMPARTMENT_ID, "web 1")
    assert ending.time is not None
    assert ending.time.isoformat() == "2026-01-31T12:00:05+00:00"
    assert ending.trigger == Trigger("event", EVENT_ID)


def test_an_ending_needs_nothing_but_the_image() -> None:
    ending = command("exportimage.end.nulls")
    assert (ending.image_id, ending.compartment_id, ending.image_name, ending.time) == (
        IMAGE_ID,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "payload", ["createimage.begin", "exportimage.begin", "updateimage", "deleteimage", "object-created"]
)
def test_any_other_event_is_ignored(payload: str) -> None:
    ignored = command(payload)
    assert isinstance(ignored, Ignore)
    assert events.load(payload)["eventType"] in ignored.reason


def test_an_endless_event_type_is_repeated_in_part() -> None:
    assert len(command(changed(eventType="x" * 5000)).reason) < 200


@pytest.mark.parametrize(
    "payload",
    ["createimage.end.without-image", "createimage.end.of-an-instance", "createimage.end.null-data"],
)
def test_an_event_about_no_image_is_refused_for_good(payload: str) -> None:
    assert refusal(payload).message == "data.resourceId must be the OCID of an image."


def test_a_created_images_event_without_id_and_time_is_refused_for_good() -> None:
    message = refusal("createimage.end.without-id-and-time").message
    assert message == "eventID is missing or unreadable; eventTime is missing or unreadable."
    message = refusal(changed(eventTime="yesterday")).message
    assert message == "eventTime is missing or unreadable."


def test_keys_of_a_wrong_type_are_all_named() -> None:
    message = refusal("createimage.end.wrong-types").message
    assert (
        message
        == "; ".join(
            f"{key} is of a wrong type or too long"
            for key in ("eventTime", "data.resourceId", "data.resourceName")
        )
        + "."
    )


@pytest.mark.parametrize("event_type", [None, 5, ["x"]])
def test_an_event_type_that_is_no_text_is_refused_for_good(event_type: object) -> None:
    assert refusal(changed(eventType=event_type)).message.startswith("eventType is")


def test_an_object_name_that_comes_out_too_long_is_refused_for_good() -> None:
    with pytest.raises(InvalidParameter, match=r"^The object name must be 1 to 1024 bytes of UTF-8\.$"):
        command(
            changed(data={"resourceId": IMAGE_ID, "resourceName": "x" * 255}),
            EXPORT_OBJECT_NAME="/".join(["{image_name}"] * 5),
        )


def test_an_event_without_a_configured_destination_names_the_missing_keys() -> None:
    with pytest.raises(Misconfigured, match="EXPORT_NAMESPACE and EXPORT_BUCKET are needed"):
        command("createimage.end", EXPORT_NAMESPACE="", EXPORT_BUCKET="")


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
    assert event.trigger(invocation(document)) == Trigger("event", event_id)


@pytest.mark.parametrize(
    ("outcome", "document"),
    [
        pytest.param(
            Started("w", None, "m"),
            {"status": "exported", "workRequestId": "w", "messageId": "m"},
            id="exported",
        ),
        pytest.param(
            Started(None, None, "m"), {"status": "exported", "messageId": "m"}, id="no work request id"
        ),
        pytest.param(
            Announced("w", "FAILED", "m"),
            {"status": "announced", "workRequestId": "w", "messageId": "m", "exportStatus": "FAILED"},
            id="announced",
        ),
        pytest.param(Ignored("why"), {"status": "ignored", "reason": "why"}, id="ignored"),
    ],
)
def test_the_reply_says_what_became_of_the_event(outcome: Outcome, document: dict[str, Any]) -> None:
    reply = event.reply(outcome, invocation(events.read("createimage.end")))
    assert (reply.status, reply.document) == (200, {**document, "eventId": EVENT_ID})


def test_an_outcome_that_no_event_asks_for_is_a_bug() -> None:
    with pytest.raises(TypeError, match="Described"):
        event.reply(Described(b"{}"), invocation(events.read("createimage.end")))


def test_a_refused_event_is_answered_as_dealt_with() -> None:
    reply = event.refusal(NotAllowed("Not there."), invocation(events.read("createimage.end")))
    assert reply.status == 200
    assert reply.document == {
        "status": "rejected",
        "code": "NotAllowed",
        "message": "Not there.",
        "eventId": EVENT_ID,
    }


def test_an_id_that_is_null_in_one_spelling_is_read_in_the_other() -> None:
    export = command(changed(eventID=None, eventId=EVENT_ID))
    assert export.trigger == Trigger("event", EVENT_ID)
