"""ExportImage as a whole: one request is one export, and the topic hears of it; and the dry run of it."""

from typing import Any

import pytest

from handlers.destinations.url import ObjectUrl
from handlers.errors import NotAllowed, ServiceRefusal
from handlers.operations.export_image import Export, check_export, export_image
from tests.local.oci import Fault
from tests.unit.operations.exports import (
    PLACE,
    SILENT,
    TOKEN,
    TOKEN_WAS_USED,
    WEB_TOKEN,
    context_of,
    export,
    lines,
    operations,
    run,
)
from tests.unit.world import BUCKET, NAMESPACE, World

UNREADABLE = Fault("ExportImage", after_work=True, body=b"no JSON")


def test_a_work_request_that_is_not_known_is_an_error_in_the_log_and_null_in_the_message(
    world: World,
) -> None:
    world.cloud.faults.add(Fault("ExportImage", without_headers=("opc-work-request-id",), times=2))
    assert run(world).accepted.work_request_id is None
    world.cloud.images.set_state(world.image["id"], "AVAILABLE")
    run(world, export(world, retry_token=WEB_TOKEN))
    first, second = world.announced("accepted")
    assert (first["id"], first["data"]["workRequestId"]) == (f"{TOKEN}/accepted", None)
    # A digest, where the token reads like a secret.
    assert (len(second["id"]), second["data"]["workRequestId"]) == (64 + len("/accepted"), None)
    assert lines(world, "ERROR") == ["the export was accepted, and its work request is not known"] * 2


def test_where_computes_answer_has_no_image_it_is_fetched(world: World) -> None:
    world.cloud.faults.add(UNREADABLE)
    accepted = run(world).accepted
    assert accepted.image
    assert accepted.image.document["displayName"] == "web 1"
    assert accepted.headers["opc-work-request-id"] == accepted.work_request_id
    assert operations(world) == ["ExportImage", "GetImage", "PublishMessage"]


def test_where_fetching_fails_too_the_export_is_still_accepted_and_announced(world: World) -> None:
    world.cloud.faults.add(UNREADABLE, Fault("GetImage", **SILENT))
    exported = run(world)
    assert (exported.accepted.image, bool(exported.message_id)) == (None, True)
    assert exported.accepted.work_request_id == world.cloud.exports[0].work_request_id
    [line] = lines(world, "WARNING")
    assert line.startswith("the image of an accepted export can't be read: ")


def test_an_image_is_fetched_also_where_the_works_time_is_used_up(world: World) -> None:
    world.seconds = 8
    world.cloud.faults.add(
        Fault("ExportImage", after_work=True, body=b"no JSON", delay=3.8), Fault("GetImage", delay=0.3)
    )
    asked = export(world)
    context = context_of(world, asked)
    # The work has 5.2 seconds in all.
    world.cloud.clock.advance(1.3)
    assert export_image(asked, context).accepted.image


@pytest.mark.parametrize(
    ("image", "token_of", "told"),
    [
        (b'{"displayName": "Compute\'s", "compartmentId": "c"}', "event", ("Compute's", "c")),
        (b"{}", "event", ("the event's", "compartment of the event")),
        (b'{"displayName": 7, "compartmentId": null}', "caller", (None, None)),
    ],
)
def test_where_compute_tells_less_than_the_event_the_event_is_believed(
    world: World, image: bytes, token_of: str, told: tuple[str | None, str | None]
) -> None:
    world.cloud.faults.add(Fault("ExportImage", after_work=True, body=image))
    run(world, export(world, token_of))
    [message] = world.announced("accepted")
    assert (message["data"]["imageName"], message["data"]["compartmentId"]) == told
    assert world.cloud.messages[0].title == f"Image export accepted: {told[0] or world.image['id']}"


@pytest.mark.parametrize(
    ("token_of", "called"), [("event", ["ExportImage"]), ("call", ["ExportImage", "GetImage"])]
)
def test_an_export_that_was_accepted_before_is_announced_like_any_other(
    world: World, token_of: str, called: list[str]
) -> None:
    """Nobody waits for the image of an event's."""
    world.cloud.faults.add(TOKEN_WAS_USED)
    exported = run(world, export(world, token_of))
    assert operations(world) == [*called, "PublishMessage"]
    [message] = world.announced("accepted")
    assert (message["id"], message["data"]["workRequestId"]) == (f"{TOKEN}/accepted", None)
    assert message["data"]["destination"] == PLACE.document
    assert exported.accepted.how == "export was accepted before"


@pytest.mark.parametrize("url", [None, ObjectUrl(PLACE, "https://host", "x" * 64)], ids=["tuple", "URL"])
@pytest.mark.parametrize(
    "keys",
    [
        {"EXPORT_NAMESPACE": None, "EXPORT_BUCKET": None},
        {"EXPORT_BUCKET": "others", "ALLOWED_DESTINATIONS": f"{NAMESPACE}/{BUCKET}/gold"},
        {"EXPORT_RECORDS": f"{NAMESPACE}/{BUCKET}/golden"},
    ],
    ids=["nothing is listed", "a prefix of half a segment", "among the records"],
)
@pytest.mark.parametrize("operation", [export_image, check_export])
def test_a_destination_that_is_not_listed_is_refused_before_anything_is_called(
    world: World, operation: Any, keys: dict[str, Any], url: ObjectUrl | None
) -> None:
    world.configure(**keys)
    asked = export(world, url=url)
    context = context_of(world, asked)
    with pytest.raises(NotAllowed):
        operation(asked, context)
    assert world.cloud.calls == []
    # So that the log and the rejection name it.
    assert (context.image_id, context.destination, context.export_format) == (asked.image_id, PLACE, "OCI")


def check(world: World, **fields: Any) -> Any:
    asked: Export = export(world, **fields)
    return check_export(asked, context_of(world, asked))


def test_a_dry_run_answers_with_the_image_and_starts_nothing(world: World) -> None:
    etag = world.cloud.images.etag(world.image["id"])
    for if_match in (None, "*", etag):
        image = check(world, if_match=if_match)
        assert (image.document, image.etag) == (world.image, etag)
        assert operations(world) == ["GetImage"]


@pytest.mark.parametrize(
    ("state", "shown", "passing"),
    [
        *((state, state, True) for state in ("PROVISIONING", "IMPORTING", "EXPORTING", "OF_TOMORROW")),
        ("DISABLED", "DISABLED", False),
        ("DELETED", "DELETED", False),
        ("X" * 99, "X" * 40, True),
        (None, "UNKNOWN", True),
    ],
)
def test_a_dry_run_of_an_image_that_cannot_be_exported_now_is_the_conflict_that_compute_would_give(
    world: World, state: Any, shown: str, passing: bool
) -> None:
    world.image = world.cloud.images.add(lifecycle_state=state)
    with pytest.raises(ServiceRefusal, match=f"is {shown};") as refused:
        check(world)
    assert (refused.value.status, refused.value.code) == (409, "IncorrectState")
    assert refused.value.request_id
    assert refused.value.passing is passing


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"if_match": "another"}, (412, "NoEtagMatch")),
        ({"image_id": "ocid1.image.oc1.phx.none"}, (404, "NotAuthorizedOrNotFound")),
    ],
)
def test_a_dry_run_is_refused_as_compute_would(
    world: World, fields: dict[str, Any], refusal: tuple[int, str]
) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        check(world, **fields)
    assert (refused.value.status, refused.value.code) == refusal
    assert refused.value.request_id
