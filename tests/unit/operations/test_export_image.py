"""One request is one export, whatever fails, and the topic hears of it; and the dry run of it."""

from typing import Any

import pytest

from handlers.destinations import Destination
from handlers.destinations.url import ObjectUrl
from handlers.errors import ExportError, NotAllowed, ServiceRefusal
from handlers.operations import export_image as operation
from handlers.operations.export_image import check_export, export_image
from handlers.redaction import Redactor
from tests.local.oci import Fault
from tests.unit.operations import exports as given
from tests.unit.operations.exports import PLACE, TOKEN, context_of, export, lines, operations, run
from tests.unit.world import BUCKET, NAMESPACE, World

UNREADABLE = Fault("ExportImage", after_work=True, body=b"no JSON")


def refused(world: World, asked: Any) -> ExportError:
    with pytest.raises(ExportError) as raised:
        run(world, asked)
    return raised.value


@pytest.mark.parametrize(
    ("status", "token_of", "age", "passing"),
    [
        (404, "event", 599, True),
        (404, "event", -60, True),
        (404, "event", 600, False),
        (404, "call", 0, False),
        (408, "event", 0, True),
        (501, "event", 0, True),
    ],
)
def test_what_another_try_does_not_cure_is_asked_once_and_passes_for_an_image_that_was_created_just_now(
    world: World, status: int, token_of: str, age: float, passing: bool
) -> None:
    world.cloud.faults.add(Fault("ExportImage", status=status, code="X", times=None))
    failure = refused(world, export(world, token_of, age=age))
    assert (failure.status, failure.code, failure.passing) == (status, "X", passing)
    assert operations(world) == ["ExportImage"]


@pytest.mark.parametrize(
    ("state", "fault", "passing"),
    [
        ("EXPORTING", None, True),
        (None, None, True),
        ("DISABLED", None, False),
        ("AVAILABLE", given.REFUSED, False),
        ("AVAILABLE", {"status": 401, "code": "X", "times": None}, True),
        ("AVAILABLE", given.SILENT, True),
    ],
    ids=["busy", "no state", "lasting", "no image", "401", "no answer"],
)
def test_a_conflict_passes_by_the_images_state_and_while_that_cannot_be_found_out_and_is_never_a_success(
    world: World, state: Any, fault: dict[str, Any] | None, passing: bool
) -> None:
    world.image = world.cloud.images.add(lifecycle_state=state)
    world.cloud.faults.add(Fault("ExportImage", status=409, code="Other", times=None))
    if fault:
        world.cloud.faults.add(Fault("GetImage", **fault))
    failure = refused(world, export(world, "event"))
    assert (failure.status, failure.code, failure.passing) == (409, "Other", passing)
    # Only what passes is waited for.
    assert (len(world.calls("ExportImage")) > 1) is passing


@pytest.mark.parametrize(
    ("token_of", "through_par"),
    [("event", False), ("call", False), ("catch-up", False), ("event", True), ("caller", True)],
)
def test_a_used_token_of_our_own_making_is_this_requests_export_of_which_no_work_request_is_guessed(
    world: World, token_of: str, through_par: bool
) -> None:
    # The only one of the image, and it may be somebody else's.
    run(world, export(world, retry_token="another"))  # noqa: S106
    operations(world)
    world.cloud.faults.add(given.TOKEN_WAS_USED)
    accepted = run(world, export(world, token_of, through_par=through_par)).accepted
    assert (accepted.how, accepted.token_was_used) == ("export was accepted before", True)
    assert accepted.work_request_id is None
    message = world.announced("accepted")[-1]
    assert (message["id"], message["data"]["workRequestId"]) == (f"{TOKEN}/accepted", None)
    # Nobody waits for the image of one that was exported because it was created.
    fetched = [] if token_of == "event" else ["GetImage"]  # noqa: S105  # no token
    assert operations(world) == ["ExportImage", *fetched, "PublishMessage"]


def test_that_a_callers_own_token_was_used_is_the_callers_conflict(world: World) -> None:
    world.cloud.faults.add(given.TOKEN_WAS_USED)
    failure = refused(world, export(world))
    assert (failure.status, failure.code, failure.passing) == (409, "InvalidatedRetryToken", False)
    assert operations(world) == ["ExportImage"]


@pytest.mark.parametrize(
    ("kind", "least", "most"), [("event", 90, 120), ("direct", 90, 120), ("gateway", 25, 45)]
)
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 409, "code": "Conflict"}, {"drop": "before"}], ids=str
)
def test_the_time_ends_the_tries_and_not_their_number(
    world: World, kind: Any, least: float, most: float, fault: dict[str, Any]
) -> None:
    world.cloud.faults.add(Fault("ExportImage", **fault, times=None))
    began, asked = world.clock.monotonic(), export(world)
    with pytest.raises(ExportError) as raised:
        export_image(asked, world.context(kind))
    assert raised.value.passing
    assert least < world.clock.monotonic() - began < most
    assert len(world.calls("ExportImage")) > 8


def test_a_work_request_that_is_not_known_is_an_error_in_the_log_and_null_in_the_message(
    world: World,
) -> None:
    world.cloud.faults.add(Fault("ExportImage", without_headers=("opc-work-request-id",), times=2))
    assert run(world).accepted.work_request_id is None
    world.cloud.images.set_state(world.image["id"], "AVAILABLE")
    run(world, export(world, retry_token=given.WEB_TOKEN))
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
    [asked] = world.calls("ExportImage")
    assert accepted.headers["opc-request-id"].startswith(asked.headers["opc-request-id"])
    assert operations(world) == ["ExportImage", "GetImage", "PublishMessage"]


def test_where_fetching_fails_too_the_export_is_still_accepted_and_announced(world: World) -> None:
    world.cloud.faults.add(UNREADABLE, Fault("GetImage", **given.SILENT))
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
@pytest.mark.parametrize("act", [export_image, check_export])
def test_a_destination_that_is_not_listed_is_refused_before_anything_is_called(
    world: World, act: Any, keys: dict[str, Any], url: ObjectUrl | None
) -> None:
    world.configure(**keys)
    asked = export(world, url=url)
    context = context_of(world, asked)
    with pytest.raises(NotAllowed):
        act(asked, context)
    assert world.cloud.calls == []
    # So that the log and the rejection name it.
    assert (context.image_id, context.destination, context.export_format) == (asked.image_id, PLACE, "OCI")


def check(world: World, **fields: Any) -> Any:
    return check_export(export(world, **fields), world.context())


def test_a_dry_run_answers_with_the_image_and_starts_nothing(world: World) -> None:
    etag = world.cloud.images.etag(world.image["id"])
    for if_match in (None, "*", etag):
        image = check(world, if_match=if_match)
        assert (image.document, image.etag) == (world.image, etag)
        assert operations(world) == ["GetImage"]


@pytest.mark.parametrize(
    ("state", "shown", "passing"),
    [
        ("EXPORTING", "EXPORTING", True),
        ("DISABLED", "DISABLED", False),
        ("X" * 99, "X" * 40, True),
        (None, "UNKNOWN", True),
    ],
)
def test_a_dry_run_of_an_image_that_cannot_be_exported_now_is_the_conflict_that_compute_would_give(
    world: World, state: Any, shown: str, passing: bool
) -> None:
    world.image = world.cloud.images.add(lifecycle_state=state)
    with pytest.raises(ServiceRefusal, match=f"is {shown};") as raised:
        check(world)
    refusal = raised.value
    assert (refusal.status, refusal.code, refusal.passing) == (409, "IncorrectState", passing)
    assert refusal.request_id


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"if_match": "another"}, 412, "NoEtagMatch"),
        ({"image_id": "ocid1.image.oc1.phx.none"}, 404, "NotAuthorizedOrNotFound"),
    ],
)
def test_a_dry_run_is_refused_as_compute_would(
    world: World, fields: dict[str, Any], status: int, code: str
) -> None:
    with pytest.raises(ServiceRefusal) as raised:
        check(world, **fields)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert raised.value.request_id


@pytest.mark.parametrize(
    ("status", "code", "message", "is_known"),
    [
        (400, "InvalidParameter", "Invalid bucketName: it does not exist", True),
        (400, "InvalidParameter", "Invalid objectName: it is too long", False),
        (400, "InvalidParameter", "The Invalid bucketName is not first", False),
        (400, "LimitExceeded", "Invalid bucketName", False),
        (404, "InvalidParameter", "Invalid bucketName", False),
    ],
)
def test_the_known_issue_is_known_by_status_code_and_words(
    world: World, status: int, code: str, message: str, is_known: bool
) -> None:
    refusal = ServiceRefusal(status, code, message, service="Compute")
    assert operation.is_known_issue(refusal, export(world)) is is_known
    assert not operation.is_known_issue(refusal, export(world, url=ObjectUrl(PLACE, "https://host")))


EVENT = ("event-1", "image", Destination("n", "b", "o"), "OCI")


def test_another_edition_of_the_function_makes_the_same_tokens_and_exports_nothing_again() -> None:
    assert [
        operation.token_of_event(*EVENT),
        operation.token_of_call("call-1"),
        operation.token_of_catch_up(*EVENT[1:], 1),
        operation.token_of_attempt("token", 2),
    ] == [
        "d43df9d8189808f0536ebdeaaa94d07e74586e2f32b77df0d5c7b96d29aeca23",
        "29733d2ad628328b555d1b136241a6ff9bd94bdfa34fb2edbb03f6742aa53747",
        "254a36af74fbbc42661f9084ccb04c3544d15274da9bfd1ce1037477d8f79f80",
        "88442ea6b12c26e9cdb335f455ab1973ebdfc8b7d262704d1d45c8d1e7780bc4",
    ]


def test_whatever_is_another_makes_another_token(world: World) -> None:
    made_of: list[tuple[Any, tuple[Any, ...]]] = [
        (operation.token_of_event, EVENT),
        (operation.token_of_call, ("call-1",)),
        (operation.token_of_catch_up, (*EVENT[1:], 1)),
        (operation.token_of_attempt, ("token", 2)),
    ]
    # Text that moves from one part to the next.
    made = [operation.token_of_event("event-1i", "mage", *EVENT[2:])]
    for token_of, parts in made_of:
        others = ((*parts[:number], "x", *parts[number + 1 :]) for number in range(len(parts)))
        made += [token_of(*parts), *(token_of(*other) for other in others)]
    asked = export(world)
    made.append(operation.token_of_fallback(asked))
    for field in ("retry_token", "image_id", "destination", "export_format"):
        made.append(operation.token_of_fallback(asked._replace(**{field: "x"})))
    for token in (given.WEB_TOKEN, given.WEB_TOKEN.replace("J4", "J5")):
        made.append(operation.shown_token(token, Redactor()))
    assert len(set(made)) == len(made)
    assert {len(token) for token in made} == {64}
    assert operation.token_of_fallback(asked._replace(if_match="x")) in made
    # A short name of a token is no part of it.
    assert operation.short(made[0]) not in made[0]
