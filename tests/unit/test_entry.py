"""The way through: who reads the reply decides how a failure shows, and each invocation leaves one line."""

import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

from handlers import context, entry
from handlers.cloud.api import Cloud
from handlers.errors import Misconfigured
from tests.local.oci import Fault
from tests.unit.world import BUCKET, CALL_ID, EVENT_ID, NAMESPACE, TOKEN, URL, Answer, World

Caller = Callable[[World], Answer]


def gateway(world: World) -> Answer:
    return world.export()


def direct(world: World) -> Answer:
    return world.call(world.asked())


def event(world: World) -> Answer:
    """So old that Compute knows the image for sure."""
    return world.event("createimage.end", eventTime=world.later(-3600))


def detached(world: World) -> Answer:
    return world.call(world.asked(), detached=True)


READ = pytest.mark.parametrize("caller", [gateway, direct])
UNREAD = pytest.mark.parametrize("caller", [event, detached])
EVERYBODY = pytest.mark.parametrize("caller", [gateway, direct, event, detached])
# How a failure of ours shows: a direct caller finds the status in the body.
OF_500 = {gateway: 500, direct: 200, event: 502, detached: 502}


# An answer's status, and the status and code that are passed on.
LASTING = [(404, 404, "NotAuthorizedOrNotFound"), (409, 409, "TooLate")]
PASSING = [
    (401, 401, "NotAuthenticated"),
    (409, 409, "IncorrectState"),
    (429, 429, "TooManyRequests"),
    # The platform reads this one as its own, and drops the body.
    (502, 503, "BadGateway"),
]


def refuse(world: World, status: int, code: str, operation: str = "ExportImage") -> None:
    headers = {"opc-request-id": "services-own", "retry-after": "7"}
    world.cloud.faults.add(Fault(operation, status, code, "Its words.", headers, times=None))


@READ
@pytest.mark.parametrize(("answered", "status", "code"), [*LASTING, *PASSING])
def test_a_reader_gets_the_services_error(
    answered: int, status: int, code: str, caller: Caller, world: World
) -> None:
    refuse(world, answered, code)
    answer, error = caller(world), {"code": code, "message": "Its words."}
    if caller is gateway:
        assert (answer.status, answer.document) == (status, error)
        assert (answer.headers["opc-request-id"], answer.headers["retry-after"]) == ("services-own", "7")
    else:
        assert (answer.status, answer.document) == (200, {"status": status, **error})
    assert (answer.line["status"], answer.line["code"]) == (status, code)
    assert world.cloud.messages == []


@UNREAD
@pytest.mark.parametrize(("answered", "status", "code"), LASTING)
def test_a_lasting_failure_that_nobody_reads_is_published_and_not_delivered_again(
    answered: int, status: int, code: str, caller: Caller, world: World
) -> None:
    refuse(world, answered, code)
    answer = caller(world)
    (rejected,) = world.announced("rejected")
    data = rejected["data"]
    assert (answer.status, answer.document["code"]) == (200, code)
    assert rejected["id"] == f"{EVENT_ID if caller is event else CALL_ID}/rejected"
    assert (data["code"], data["message"]) == (code, "Its words.")
    assert (data["imageId"], data["exportFormat"]) == (world.image["id"], "OCI")
    assert data["destination"]["bucketName"] == BUCKET
    assert (answer.line["level"], answer.line["opcRequestId"]) == ("WARNING", "services-own")


@UNREAD
@pytest.mark.parametrize(("answered", "status", "code"), PASSING)
def test_a_passing_failure_that_nobody_reads_fails_the_invocation(
    answered: int, status: int, code: str, caller: Caller, world: World
) -> None:
    refuse(world, answered, code)
    answer = caller(world)
    assert (answer.status, answer.document) == (502, {"code": code, "message": "Its words."})
    assert (answer.line["level"], answer.line["status"]) == ("ERROR", 502)
    assert world.cloud.messages == []


@UNREAD
@pytest.mark.parametrize("is_exported", [True, False])
def test_what_nobody_reads_and_could_not_be_published_fails_the_invocation(
    is_exported: bool, caller: Caller, world: World
) -> None:
    message = "The export runs, but was not announced: TooManyRequests."
    if not is_exported:
        world.cloud.images.remove(world.image["id"])
        message = "Refused (NotAuthorizedOrNotFound), but not announced: TooManyRequests."
    refuse(world, 429, "TooManyRequests", "PublishMessage")
    answer = caller(world)
    assert (answer.status, answer.document) == (502, {"code": "ServiceUnavailable", "message": message})
    # The code says why, and the request id whose it is.
    line = answer.line
    assert (line["level"], line["message"]) == ("ERROR", message)
    assert (line["code"], line["opcRequestId"]) == ("TooManyRequests", "services-own")
    assert [line["workRequestId"]] == ([export.work_request_id for export in world.cloud.exports] or [None])


def test_where_the_topic_gives_no_answer_the_line_has_the_request_id_of_the_export(world: World) -> None:
    world.cloud.faults.add(Fault("PublishMessage", drop="before", times=None))
    line = event(world).line
    (asked,) = world.calls("ExportImage")
    assert line["code"] == "ServiceUnavailable"
    assert line["opcRequestId"].startswith(asked.headers["opc-request-id"])


def test_to_a_reader_it_is_a_success_whose_line_tells_what_kept_it(world: World) -> None:
    refuse(world, 404, "NotAuthorizedOrNotFound", "PublishMessage")
    answer = gateway(world)
    assert (answer.status, answer.headers["notification-error"]) == (200, "NotAuthorizedOrNotFound")
    assert "notification-message-id" not in answer.headers
    line = answer.line
    assert (line["level"], line["message"]) == ("INFO", "export accepted")
    assert line["code"] == "NotAuthorizedOrNotFound"
    # Beside it, a line about the refusal, with that service's request id.
    (beside,) = [line for line in answer.log if line["level"] == "ERROR"]
    assert beside["opcRequestId"] == "services-own" != line["opcRequestId"]


@pytest.mark.parametrize(
    ("caller", "status", "seconds", "bounds"),
    [
        pytest.param(event, 429, 120, (5, 20), id="an event: 20 seconds in all while it throttles"),
        pytest.param(direct, 429, 120, (60, 120), id="a direct call: all of its time"),
        pytest.param(gateway, 500, 120, (35, 45), id="a gateway's client: 45 seconds"),
        pytest.param(gateway, 500, 10, (0, 10), id="a gateway's client: not beyond the deadline"),
    ],
)
def test_a_topic_is_waited_for_as_long_as_the_caller_waits(
    caller: Caller, status: int, seconds: float, bounds: tuple[float, float], world: World
) -> None:
    world.cloud.faults.add(Fault("PublishMessage", status, times=None))
    world.seconds, began = seconds, world.clock.monotonic()
    caller(world)
    assert bounds[0] < world.clock.monotonic() - began <= bounds[1]


CUT = b'{"eventType": "x", "cloudEventsVersion": "0.1"'


@pytest.mark.parametrize(
    ("body", "code", "kind"),
    [
        pytest.param(b"{}", "MissingParameter", "direct", id="a call"),
        pytest.param(b"not json", "CannotParseRequest", "direct", id="a call without JSON"),
        pytest.param(CUT, "CannotParseRequest", "event", id="a cut event"),
        pytest.param(CUT + b" " * 1024 * 1024, "RequestEntityTooLarge", "event", id="an endless event"),
    ],
)
def test_what_cannot_be_understood_and_nobody_reads_is_published_with_null_for_what_is_not_known(
    body: bytes, code: str, kind: str, world: World
) -> None:
    assert world.call(body, detached=True).status == 200
    (rejected,) = world.announced("rejected")
    assert world.cloud.messages[0].title == f"Image export rejected: {CALL_ID}"
    assert rejected["id"] == f"{CALL_ID}/rejected"
    assert "subject" not in rejected
    assert rejected["data"].pop("message")
    unknown = dict.fromkeys(("imageId", "imageName", "destination", "exportFormat"))
    assert rejected["data"] == {**unknown, "code": code, "trigger": {"kind": kind, "id": CALL_ID}}


def test_a_rejection_names_the_image_wherever_the_request_did(world: World) -> None:
    answers = [
        world.event("createimage.end", eventTime=None),
        world.call(world.asked(exportImageDetails={}), detached=True),
    ]
    named = [rejected["data"]["imageId"] for rejected in world.announced("rejected")]
    assert named == [answer.line["imageId"] for answer in answers] == [world.image["id"]] * 2


# What a container keeps.


def test_callers_need_no_destination_for_events(world: World) -> None:
    world.configure(EXPORT_NAMESPACE=None, EXPORT_BUCKET=None, ALLOWED_DESTINATIONS=f"{NAMESPACE}/{BUCKET}")
    assert gateway(world).status == 200
    answer = event(world)
    assert answer.status == 502
    assert "EXPORT_NAMESPACE and EXPORT_BUCKET" in answer.line["message"]


def test_what_is_costly_is_built_by_the_first_call_that_can_and_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[Any] = [world.function.prepare(), Misconfigured("The resource principal can't be read.")]

    def build(_: object) -> Any:
        outcome = outcomes.pop()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(context, "build", build)
    world.configure()
    assert len(outcomes) == 2
    assert [event(world).status for _ in range(3)] == [502, 200, 200]


def test_the_first_call_alone_is_made_above_a_large_stack_and_with_the_collector(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    monkeypatch.setattr(entry, "with_large_stack", lambda call: loaded.append(gc.isenabled()) or call())
    assert [event(world).status for _ in range(2)] == [200, 200]
    assert loaded == [True]


# The line in the log: its keys are in the golden files.


def test_a_refusal_of_our_own_has_no_services_request_id(world: World) -> None:
    answers = [
        world.http("GET", "/nowhere", headers={"opc-request-id": "the-callers"}),
        world.event("createimage.end", data=None),
        world.call({}),
    ]
    for answer, given in zip(answers, ("the-callers", None, None), strict=True):
        line = answer.line
        assert (line["level"], line["opcRequestId"], line["clientRequestId"]) == ("WARNING", None, given)
    assert answers[0].headers["opc-request-id"] == "the-callers"


def test_time_is_in_milliseconds_and_all_calls_are_counted(world: World) -> None:
    world.cloud.faults.add(
        Fault("ExportImage", delay=1.5),
        Fault("PublishMessage", 429, headers={"retry-after": "6"}),
    )
    line = direct(world).line
    assert (line["durationMs"], line["deadlineLeftMs"], line["calls"]) == (7500.0, 112500, 3)


# Bugs.


class BugError(Exception):
    """What a bug of ours raises."""


def fails(*_: Any, **__: Any) -> None:
    raise BugError(f"index out of range near {URL}")


UNEXPECTED = {
    "code": "InternalServerError",
    "message": "The function failed unexpectedly. Its log says more under this request id.",
}


@EVERYBODY
def test_a_bug_is_a_failure_with_nothing_of_the_inside(
    caller: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cloud, "export_image", fails)
    answer = caller(world)
    assert {**answer.document, **UNEXPECTED} == answer.document
    assert answer.status == OF_500[caller]
    traceback, line = answer.log
    assert (traceback["level"], traceback["callId"]) == ("ERROR", CALL_ID)
    assert "BugError: index out of range" in traceback["traceback"]
    assert (line["level"], line["code"]) == ("ERROR", "InternalServerError")
    assert TOKEN not in f"{answer}"


def test_a_bug_while_a_rejection_is_published_stays_inside_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.cloud.images.remove(world.image["id"])
    monkeypatch.setattr(Cloud, "publish", fails)
    answer = event(world)
    assert answer.status == 502
    assert answer.document["message"].endswith("but not announced: InternalServerError.")
    assert "BugError" in answer.log[0]["traceback"]


@pytest.mark.parametrize(
    "place", ["entry.Call", "entry.recognise", "entry.Context", "triggers.direct.error_reply"]
)
def test_whatever_fails_outside_of_an_operation_nothing_is_raised_and_the_log_tells(
    place: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"handlers.{place}", fails)
    answer = world.call({})
    assert (answer.status, answer.document) == (502, UNEXPECTED)
    (line,) = answer.log
    assert line["message"] == "the invocation failed outside of its operation"
    assert "BugError" in line["traceback"]
    assert TOKEN not in json.dumps(answer.log)
