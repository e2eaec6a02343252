"""One export under one retry token, however often it is asked for; and what a conflict means for it."""

from typing import Any

import pytest

from handlers.destinations import Destination
from handlers.destinations.url import ObjectUrl
from handlers.errors import ExportError, ServiceRefusal
from handlers.operations import export_image as exports
from handlers.operations.export_image import Export, ask, ask_while_busy
from handlers.redaction import Redactor
from tests.local.oci import Fault
from tests.unit.operations.exports import (
    PLACE,
    REFUSED,
    SILENT,
    TOKEN,
    TOKEN_WAS_USED,
    WEB_TOKEN,
    context_of,
    export,
    operations,
)
from tests.unit.world import World

OURS = ("event", "call", "catch-up")


def refused(world: World, asked: Export) -> ExportError:
    with pytest.raises(ExportError) as raised:
        ask(asked, context_of(world, asked))
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "passing"),
    [(404, "X", False), (408, "X", True), (501, "X", True), (409, "InvalidatedRetryToken", False)],
)
def test_what_another_try_does_not_cure_is_asked_once(
    world: World, status: int, code: str, passing: bool
) -> None:
    """Also that a caller's token was used: that is the caller's conflict."""
    world.cloud.faults.add(Fault("ExportImage", status=status, code=code, times=None))
    failure = refused(world, export(world))
    assert (failure.status, failure.code, failure.passing) == (status, code, passing)
    assert operations(world) == ["ExportImage"]


@pytest.mark.parametrize("status", [404, 408, 409])
def test_only_a_conflict_that_passes_is_waited_for(world: World, status: int) -> None:
    world.image = world.cloud.images.add(lifecycle_state="DISABLED")
    world.cloud.faults.add(Fault("ExportImage", status=status, code="X", times=None))
    asked = export(world, "event")
    with pytest.raises(ServiceRefusal) as raised:
        ask_while_busy(asked, context_of(world, asked), lambda: asked)
    assert raised.value.passing is (status != 409)
    assert len(world.calls("ExportImage")) == 1


@pytest.mark.parametrize(
    ("age", "token_of", "passing"),
    [(599, "event", True), (-60, "event", True), (600, "event", False), (0, "call", False)],
)
def test_an_image_that_an_event_told_of_just_now_may_not_be_known_yet(
    world: World, age: float, token_of: str, passing: bool
) -> None:
    asked = export(world, token_of, age=age)
    world.cloud.images.remove(world.image["id"])
    failure = refused(world, asked)
    assert (failure.status, failure.passing) == (404, passing)
    assert operations(world) == ["ExportImage"]


@pytest.mark.parametrize(
    ("token_of", "through_par"), [*((each, False) for each in OURS), ("event", True), ("caller", True)]
)
def test_a_used_token_of_our_own_making_is_this_requests_export_of_which_no_work_request_is_guessed(
    world: World, token_of: str, through_par: bool
) -> None:
    # The only one of the image, and it may be somebody else's.
    ask(export(world, retry_token="another"), world.context())  # noqa: S106
    operations(world)
    world.cloud.faults.add(TOKEN_WAS_USED)
    asked = export(world, token_of, through_par=through_par)
    accepted = ask(asked, context_of(world, asked))
    assert (accepted.how, accepted.token_was_used) == ("export was accepted before", True)
    assert (accepted.work_request_id, accepted.image) == (None, None)
    assert operations(world) == ["ExportImage"]


@pytest.mark.parametrize(("state", "passing"), [("EXPORTING", True), (None, True), ("DISABLED", False)])
def test_another_conflict_passes_by_the_images_state_and_is_never_a_success(
    world: World, state: Any, passing: bool
) -> None:
    world.image = world.cloud.images.add(lifecycle_state=state)
    world.cloud.faults.add(Fault("ExportImage", status=409, code="Other"))
    failure = refused(world, export(world, "event"))
    assert (failure.status, failure.code, failure.passing) == (409, "Other", passing)
    assert operations(world) == ["ExportImage", "GetImage"]


@pytest.mark.parametrize(
    ("fault", "passing"),
    [(REFUSED, False), ({"status": 401, "code": "X", "times": None}, True), (SILENT, True)],
    ids=["no image", "401", "no answer"],
)
def test_a_conflict_lasts_without_an_image_and_passes_while_that_cannot_be_found_out(
    world: World, fault: dict[str, Any], passing: bool
) -> None:
    world.cloud.faults.add(Fault("ExportImage", status=409, code="Conflict"), Fault("GetImage", **fault))
    failure = refused(world, export(world))
    assert (failure.status, failure.code, failure.passing) == (409, "Conflict", passing)


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
        ask_while_busy(asked, world.context(kind), lambda: asked)
    assert raised.value.passing
    assert least < world.clock.monotonic() - began < most
    assert len(world.calls("ExportImage")) > 8


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
    assert exports.is_known_issue(refusal, export(world)) is is_known
    assert not exports.is_known_issue(refusal, export(world, url=ObjectUrl(PLACE, "https://host")))


EVENT = ("event-1", "image", Destination("n", "b", "o"), "OCI")


def test_another_edition_of_the_function_makes_the_same_tokens_and_exports_nothing_again() -> None:
    assert [
        exports.token_of_event(*EVENT),
        exports.token_of_call("call-1"),
        exports.token_of_catch_up(*EVENT[1:], 1),
        exports.token_of_attempt("token", 2),
    ] == [
        "d43df9d8189808f0536ebdeaaa94d07e74586e2f32b77df0d5c7b96d29aeca23",
        "29733d2ad628328b555d1b136241a6ff9bd94bdfa34fb2edbb03f6742aa53747",
        "254a36af74fbbc42661f9084ccb04c3544d15274da9bfd1ce1037477d8f79f80",
        "88442ea6b12c26e9cdb335f455ab1973ebdfc8b7d262704d1d45c8d1e7780bc4",
    ]


def test_whatever_is_another_makes_another_token(world: World) -> None:
    made_of: list[tuple[Any, tuple[Any, ...]]] = [
        (exports.token_of_event, EVENT),
        (exports.token_of_call, ("call-1",)),
        (exports.token_of_catch_up, (*EVENT[1:], 1)),
        (exports.token_of_attempt, ("token", 2)),
    ]
    # Text that moves from one part to the next.
    made = [exports.token_of_event("event-1i", "mage", *EVENT[2:])]
    for token_of, parts in made_of:
        others = ((*parts[:number], "x", *parts[number + 1 :]) for number in range(len(parts)))
        made += [token_of(*parts), *(token_of(*other) for other in others)]
    asked = export(world)
    made.append(exports.token_of_fallback(asked))
    for field in ("retry_token", "image_id", "destination", "export_format"):
        made.append(exports.token_of_fallback(asked._replace(**{field: "x"})))
    assert len(set(made)) == len(made)
    assert {len(token) for token in made} == {64}
    assert exports.token_of_fallback(asked._replace(if_match="x")) in made
    # A short name of a token is no part of it.
    assert exports.short(made[0]) not in made[0]


def test_a_token_is_shown_as_it_is_unless_it_reads_like_a_secret() -> None:
    assert exports.shown_token(TOKEN, Redactor()) == TOKEN
    shown = exports.shown_token(WEB_TOKEN, Redactor())
    assert len(shown) == 64
    assert shown != exports.shown_token(WEB_TOKEN.replace("J4", "J5"), Redactor())
