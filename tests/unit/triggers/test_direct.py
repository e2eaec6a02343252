"""A direct call: the body is the whole request, and the reply's body the whole answer."""

from typing import Any

import pytest

from handlers.errors import CannotParse, ServiceRefusal
from handlers.exports.commands import Ignored, Outcome, Shown, Started, StartExport, Trigger
from handlers.triggers import direct
from tests import events
from tests.fakes import IMAGE_ID, answer, policy
from tests.unit.triggers.invocations import CALL_ID, invocation

IMAGE = answer({"id": IMAGE_ID, "aFieldOfTomorrow": 1}, etag="e")


def export(payload: str) -> StartExport:
    command = direct.command(invocation(events.read(payload)), policy())
    assert isinstance(command, StartExport)
    return command


def test_a_call_is_an_export_by_its_call_id() -> None:
    command = export("direct")
    assert (command.image_id, command.export_format, command.dry_run) == (IMAGE_ID, "OCI", False)
    assert command.trigger == Trigger("direct", CALL_ID)


def test_the_optional_keys_are_passed_on() -> None:
    command = export("direct.every-field")
    assert (command.if_match, command.retry_token) == ("etag-1", "nightly-2026-01-31")


def test_a_dry_run_is_asked_for_by_a_key() -> None:
    assert export("direct.dry-run").dry_run


@pytest.mark.parametrize("body", [b"", b"null", b"imageId=x"])
def test_a_call_without_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(CannotParse):
        direct.command(invocation(body), policy())


def test_the_content_type_of_a_call_does_not_matter() -> None:
    call = invocation(events.read("direct"), headers={"content-type": "text/plain"})
    assert direct.command(call, policy())


@pytest.mark.parametrize(
    ("outcome", "document"),
    [
        pytest.param(
            Started("w", IMAGE, message_id="m"),
            {
                "workRequestId": "w",
                "image": IMAGE.document,
                "etag": "e",
                "opcRequestId": "request-of-the-service",
                "notification": {"messageId": "m"},
            },
            id="announced",
        ),
        pytest.param(
            Started(None, IMAGE, notification_error="TooManyRequests"),
            {
                "workRequestId": None,
                "image": IMAGE.document,
                "etag": "e",
                "opcRequestId": "request-of-the-service",
                "notification": {"error": "TooManyRequests"},
            },
            id="not announced",
        ),
        pytest.param(
            Shown(IMAGE),
            {"image": IMAGE.document, "etag": "e", "opcRequestId": "request-of-the-service"},
            id="dry run",
        ),
    ],
)
def test_the_reply_has_everything_in_its_body(outcome: Outcome, document: dict[str, Any]) -> None:
    reply = direct.reply(outcome, invocation())
    assert (reply.status, reply.document) == (200, document)


def test_an_outcome_that_no_call_asks_for_is_a_bug() -> None:
    with pytest.raises(TypeError, match="Ignored"):
        direct.reply(Ignored("no reason"), invocation())


@pytest.mark.parametrize("of_compute", ["computes-own", None])
def test_an_error_has_its_status_in_the_body(of_compute: str | None) -> None:
    error = ServiceRefusal(412, "NoEtagMatch", "Changed.", service="Compute", request_id=of_compute)
    reply = direct.refusal(error, invocation(headers={"opc-request-id": "the-callers"}))
    assert reply.document == {"status": 412, "code": "NoEtagMatch", "message": "Changed."}
    assert reply.headers["opc-request-id"] == (of_compute or "the-callers")
