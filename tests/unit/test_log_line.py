"""One line for each invocation, with all that an operator asks about it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from handlers import log
from handlers.errors import ExportError, InvalidParameter, NoAnswer, ServiceRefusal
from handlers.exports.commands import (
    Announced,
    AnnounceEnding,
    Command,
    Describe,
    Described,
    Ignore,
    Ignored,
    Outcome,
    Shown,
    ShowWorkRequest,
    Started,
    StartExport,
    Trigger,
)
from handlers.exports.destination import Destination
from handlers.log_line import Account
from handlers.triggers.reply import Reply
from tests.fakes import HOSTS, IMAGE_ID, PAR_TOKEN, FakeClock, answer
from tests.unit.triggers.invocations import CALL_ID, invocation

ASKED = Trigger("gateway", CALL_ID)
EXPORT = StartExport(
    IMAGE_ID, Destination("ns", "b", "dir/x.oci", HOSTS.endpoint, PAR_TOKEN), "OCI", "token", ASKED
)
ENDING = AnnounceEnding(IMAGE_ID, None, None, None, ASKED)
IMAGE = answer({"id": IMAGE_ID})
# All of them, on every line.
FIELDS = [
    "time",
    "level",
    "message",
    "callId",
    "trigger",
    "triggerId",
    "imageId",
    "destination",
    "exportFormat",
    "workRequestId",
    "opcRequestId",
    "status",
    "code",
    "attempts",
    "durationMs",
    "deadlineLeftMs",
]


class Invoked:
    """An invocation with two minutes until its deadline, and what it leaves in the log."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock = FakeClock()
        self.account = Account(invocation(), ASKED, self.clock)
        self.level = "INFO"
        self._capsys = capsys

    def lines(
        self,
        command: Command | None = None,
        outcome: Outcome | None = None,
        failure: ExportError | None = None,
        status: int = 200,
    ) -> list[dict[str, Any]]:
        self.account.command, self.account.outcome, self.account.failure = command, outcome, failure
        # Within the test, not before: it takes the stream that the test reads.
        log.configure(self.level)
        self.account.write(Reply(status, {}))
        return [json.loads(text) for text in self._capsys.readouterr().err.splitlines()]

    def line(self, *told: Any) -> dict[str, Any]:
        (line,) = self.lines(*told)
        return line


@pytest.fixture
def invoked(capsys: pytest.CaptureFixture[str]) -> Invoked:
    return Invoked(capsys)


@pytest.mark.parametrize(
    ("command", "outcome", "failure"),
    [
        (EXPORT, Started("w", IMAGE, "m"), None),
        (None, None, InvalidParameter("wrong")),
        (Describe(), Described(b"{}"), None),
    ],
)
def test_every_line_has_all_fields(
    command: Command | None, outcome: Outcome | None, failure: ExportError | None, invoked: Invoked
) -> None:
    assert list(invoked.line(command, outcome, failure)) == FIELDS


def test_an_export_is_told_with_its_image_its_place_and_its_work_request(invoked: Invoked) -> None:
    line = invoked.line(EXPORT, Started("w", IMAGE, "m"))
    assert (line["level"], line["message"]) == ("INFO", "export accepted")
    assert (line["callId"], line["trigger"], line["triggerId"]) == (CALL_ID, "gateway", CALL_ID)
    assert (line["imageId"], line["destination"], line["exportFormat"]) == (IMAGE_ID, "ns/b/dir/x.oci", "OCI")
    assert (line["workRequestId"], line["opcRequestId"]) == ("w", "request-of-the-service")
    assert (line["status"], line["code"]) == (200, None)


@pytest.mark.parametrize(
    ("command", "outcome", "message"),
    [
        (replace(EXPORT, dry_run=True), Shown(IMAGE), "shown"),
        (ENDING, Announced("w", "FAILED", "m"), "ending announced: FAILED"),
        (Ignore("why"), Ignored("why"), "ignored"),
        (Describe(), Described(b"{}"), "described"),
    ],
)
def test_the_message_says_what_was_done(
    command: Command, outcome: Outcome, message: str, invoked: Invoked
) -> None:
    assert invoked.line(command, outcome)["message"] == message


@pytest.mark.parametrize(
    ("command", "outcome", "work_request_id"),
    [
        (EXPORT, Started(None, IMAGE), None),
        (ENDING, Announced("w", "SUCCEEDED", "m"), "w"),
        (ShowWorkRequest("asked-for", ""), Shown(IMAGE), "asked-for"),
        (ShowWorkRequest("asked-for", "logs"), None, "asked-for"),
        (Ignore("why"), Ignored("why"), None),
    ],
)
def test_the_work_request_is_the_one_in_question(
    command: Command, outcome: Outcome | None, work_request_id: str | None, invoked: Invoked
) -> None:
    assert invoked.line(command, outcome)["workRequestId"] == work_request_id


def test_an_ending_has_an_image_but_no_destination(invoked: Invoked) -> None:
    line = invoked.line(ENDING, Announced("w", "SUCCEEDED", "m"))
    assert (line["imageId"], line["destination"], line["exportFormat"]) == (IMAGE_ID, None, None)


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        pytest.param(InvalidParameter("wrong"), "WARNING", id="the caller has to act"),
        pytest.param(NoAnswer("late"), "ERROR", id="the operator may have to act"),
    ],
)
def test_the_level_tells_who_has_to_act(failure: ExportError, level: str, invoked: Invoked) -> None:
    line = invoked.line(None, None, failure, failure.status)
    assert (line["level"], line["message"]) == (level, failure.message)
    assert (line["status"], line["code"]) == (failure.status, failure.code)


@pytest.mark.parametrize(
    ("outcome", "of_compute", "expected"),
    [
        (Started("w", IMAGE), None, "request-of-the-service"),
        (Started("w", None), None, CALL_ID),
        (None, "of-the-refusal", "of-the-refusal"),
        (None, None, CALL_ID),
    ],
)
def test_the_request_id_is_the_services_if_one_answered(
    outcome: Outcome | None, of_compute: str | None, expected: str, invoked: Invoked
) -> None:
    failure = ServiceRefusal(404, "NotFound", "No.", service="Compute", request_id=of_compute)
    line = invoked.line(EXPORT, outcome, None if outcome else failure)
    assert line["opcRequestId"] == expected


def test_an_export_that_was_not_announced_has_the_code_of_what_kept_it(invoked: Invoked) -> None:
    line = invoked.line(EXPORT, Started("w", IMAGE, notification_error="TooManyRequests"))
    assert (line["message"], line["code"]) == ("export accepted", "TooManyRequests")


def test_time_is_in_milliseconds_and_tries_are_counted(invoked: Invoked) -> None:
    invoked.clock.advance(1.5)
    invoked.account.attempts.count = 3
    line = invoked.line(EXPORT, Started("w", IMAGE, "m"))
    assert (line["durationMs"], line["deadlineLeftMs"], line["attempts"]) == (1500.0, 118500, 3)


def test_a_deadline_that_has_passed_shows_as_less_than_nothing(invoked: Invoked) -> None:
    invoked.clock.advance(121.0)
    assert invoked.line()["deadlineLeftMs"] == -1000


def test_an_unreadable_deadline_is_half_a_minute_from_now(invoked: Invoked) -> None:
    invoked.account = Account(replace(invocation(), deadline="soon"), ASKED, invoked.clock)
    assert invoked.line()["deadlineLeftMs"] == 30_000


def test_the_token_of_a_destination_is_on_no_line(invoked: Invoked) -> None:
    assert PAR_TOKEN not in json.dumps(invoked.line(EXPORT, Started("w", IMAGE, "m")))


def test_a_level_above_keeps_successes_quiet_and_failures_not(invoked: Invoked) -> None:
    invoked.level = "WARNING"
    assert invoked.lines(EXPORT, Started("w", IMAGE, "m")) == []
    assert invoked.line(None, None, InvalidParameter("wrong"))["level"] == "WARNING"
