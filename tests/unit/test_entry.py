"""The way through: who reads the reply decides how a failure shows, and each invocation leaves one line."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from handlers import entry
from handlers.container import Container
from handlers.entry import Function
from handlers.errors import ExportError, Misconfigured, ServiceRefusal
from tests import events
from tests.fakes import CALL_ID, IMAGE_ID, PAR_TOKEN, FakeServices, refusal
from tests.unit.deployed import Answered, Deployed
from tests.unit.examples import ALWAYS, WORK_REQUEST_ID, no_answer

URL = f"https://objectstorage.example.com/p/{PAR_TOKEN}/n/a/b/c/o/d"
Caller = Callable[[Deployed], Answered]


def gateway(deployed: Deployed) -> Answered:
    return deployed.export()


def direct(deployed: Deployed) -> Answered:
    return deployed.invoke("direct")


def event(deployed: Deployed) -> Answered:
    return deployed.invoke("createimage.end")


def detached(deployed: Deployed) -> Answered:
    return deployed.detach("direct")


UNREAD = pytest.mark.parametrize("caller", [event, detached])
EVERYBODY = pytest.mark.parametrize("caller", [gateway, direct, event, detached])
# How a failure of ours shows: a direct caller finds the status in the body.
OF_500 = {gateway: 500, direct: 200, event: 502, detached: 502}


def named(error: ExportError) -> str:
    return f"{getattr(error, 'answered', error.status)} {error.code}"


LASTING = [
    refusal(400, "InvalidParameter", request_id="computes-own"),
    refusal(403, "NotAuthorized"),
    refusal(404, "NotAuthorizedOrNotFound"),
    refusal(409, "Conflict"),
    refusal(412, "NoEtagMatch"),
]
PASSING = [
    refusal(401, "NotAuthenticated"),
    refusal(409, "IncorrectState"),
    refusal(429, "TooManyRequests", headers={"retry-after": "7"}),
    refusal(500, "InternalServerError"),
    refusal(501, "MethodNotImplemented"),
    refusal(302, "Found"),
    # The platform reads these two as its own, and drops the body.
    refusal(502, "BadGateway"),
    refusal(504, "GatewayTimeout"),
    no_answer(),
]


@pytest.mark.parametrize("error", [*LASTING, *PASSING], ids=named)
def test_a_reader_gets_the_services_error(error: ExportError, deployed: Deployed) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = gateway(deployed)
    assert (answered.status, answered.json()) == (
        error.status,
        {"code": error.code, "message": error.message},
    )
    assert answered.headers["opc-request-id"] == (error.request_id or CALL_ID)
    assert answered.headers.get("retry-after") == error.headers.get("retry-after")
    answered = direct(deployed)
    assert answered.status == 200
    assert answered.json() == {"status": error.status, "code": error.code, "message": error.message}
    assert deployed.services.notifications.messages == []


@UNREAD
@pytest.mark.parametrize("error", LASTING, ids=named)
def test_a_lasting_failure_that_nobody_reads_is_published_and_not_delivered_again(
    error: ExportError, caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    assert caller(deployed).status == 200
    (rejected,) = deployed.services.notifications.events
    assert rejected["type"] == "imageexport.rejected"
    assert (rejected["data"]["code"], rejected["data"]["message"]) == (error.code, error.message)
    assert (rejected["data"]["imageId"], rejected["data"]["exportFormat"]) == (IMAGE_ID, "OCI")
    assert rejected["data"]["destination"]["bucketName"] == "exports"


@UNREAD
@pytest.mark.parametrize("error", PASSING, ids=named)
def test_a_passing_failure_that_nobody_reads_fails_the_invocation(
    error: ExportError, caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = caller(deployed)
    assert answered.failed
    assert answered.json() == {"code": error.code, "message": error.message}
    assert deployed.services.notifications.messages == []


@UNREAD
def test_an_export_that_was_not_announced_fails_an_invocation_that_nobody_reads(
    caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("publish", *[refusal(404, "NotAuthorizedOrNotFound")] * ALWAYS)
    assert caller(deployed).failed
    line = deployed.line()
    assert (line["level"], line["status"]) == ("ERROR", 502)
    assert line["message"] == "The export runs, but was not announced: NotAuthorizedOrNotFound."
    assert line["workRequestId"] == WORK_REQUEST_ID


def test_to_a_reader_it_is_a_success_whose_line_tells_what_kept_it(deployed: Deployed) -> None:
    deployed.services.fail("publish", *[refusal(429, "TooManyRequests")] * ALWAYS)
    assert gateway(deployed).status == 200
    line = deployed.line()
    assert (line["level"], line["message"], line["code"]) == ("INFO", "export accepted", "TooManyRequests")


@UNREAD
def test_a_rejection_that_could_not_be_published_fails_the_invocation(
    caller: Caller, deployed: Deployed
) -> None:
    deployed.services.compute.images.clear()
    deployed.services.fail("publish", *[refusal(403, "NotAllowed")] * ALWAYS)
    answered = caller(deployed)
    assert answered.failed
    assert answered.json()["message"] == "Refused (NotAuthorizedOrNotFound), but not announced: NotAllowed."


@pytest.mark.parametrize(
    ("body", "code", "requester_id"),
    [
        pytest.param(b"{}", "MissingParameter", CALL_ID, id="a call"),
        pytest.param(b"not json", "CannotParseRequest", CALL_ID, id="a call without JSON"),
        pytest.param(events.read("createimage.end")[:-3], "CannotParseRequest", CALL_ID, id="a cut event"),
        pytest.param(
            events.read("createimage.end") + b" " * 1024 * 1024,
            "RequestEntityTooLarge",
            CALL_ID,
            id="an endless event",
        ),
        pytest.param(
            events.read("createimage.end.without-image"),
            "InvalidParameter",
            "6f2c0d3e-1c7a-4b61-9a5e-0d5d1f1f6a11",
            id="an event about no image",
        ),
    ],
)
def test_what_cannot_be_understood_and_nobody_reads_is_published_with_null_for_what_is_not_known(
    body: bytes, code: str, requester_id: str, deployed: Deployed
) -> None:
    answered = deployed.detach(body)
    assert answered.status == 200
    (rejected,) = deployed.services.notifications.events
    data = rejected["data"]
    assert (rejected["id"], data["code"]) == (f"{requester_id}/rejected", code)
    assert "subject" not in rejected
    assert [data[key] for key in ("imageId", "destination", "exportFormat")] == [None] * 3
    assert data["trigger"] == {"kind": "event" if b"eventType" in body else "direct", "id": requester_id}


@pytest.mark.parametrize("payload", ["createimage.end.without-id-and-time", "direct"])
def test_a_rejection_names_the_image_wherever_the_request_did(payload: str, deployed: Deployed) -> None:
    request = {**events.load(payload), "exportImageDetails": {}}
    deployed.detach(json.dumps(request).encode())
    (rejected,) = deployed.services.notifications.events
    assert (rejected["subject"], rejected["data"]["imageId"]) == (IMAGE_ID, IMAGE_ID)
    assert deployed.log()[-1]["imageId"] == IMAGE_ID


def test_a_detached_dry_run_that_is_wrong_publishes_nothing(deployed: Deployed) -> None:
    answered = deployed.detach(json.dumps({**events.load("direct.dry-run"), "exportFromat": "OCI"}).encode())
    assert (answered.status, answered.json()["code"]) == (200, "InvalidParameter")
    assert deployed.services.notifications.events == []


def test_a_detached_dry_run_that_is_refused_publishes_nothing(deployed: Deployed) -> None:
    deployed.services.compute.images.clear()
    answered = deployed.detach("direct.dry-run")
    assert (answered.status, answered.json()["code"]) == (200, "NotAuthorizedOrNotFound")
    assert deployed.services.notifications.events == []


def test_a_secret_in_a_services_message_is_masked_for_every_reader(deployed: Deployed) -> None:
    error = refusal(400, "InvalidParameter", f"Cannot write to {URL}")
    deployed.services.fail("export_image", *[error] * ALWAYS)
    replies = [caller(deployed) for caller in (gateway, direct, event, detached)]
    assert "/p/***/n/" in replies[0].json()["message"]
    assert PAR_TOKEN not in f"{replies} {deployed.services.notifications.messages} {deployed.log()}"


# The configuration.

WRONG: Mapping[str, str | None] = {
    "TOPIC_ID": None,
    "EXPORT_BUCKET": None,
    "PAR_HOURS": "planted",
    "COMPUTE_ENDPOINT": "ftp://planted",
}


@EVERYBODY
def test_a_wrong_configuration_is_told_with_every_key_and_no_value(
    caller: Caller, deployed: Deployed
) -> None:
    deployed.configuration |= WRONG
    answered = caller(deployed)
    assert answered.json()["code"] == "InternalServerError"
    assert answered.status == OF_500[caller]
    line = deployed.line()
    assert (line["level"], line["code"]) == ("ERROR", "InternalServerError")
    for message in (answered.json()["message"], line["message"]):
        assert all(key in message for key in WRONG)
        assert "planted" not in message
    assert deployed.services.calls() == []


def test_it_is_told_before_the_route_is_looked_for(deployed: Deployed) -> None:
    deployed.configuration["TOPIC_ID"] = None
    assert deployed.http("GET", "/nowhere").status == 500


def test_callers_need_no_destination_for_events(deployed: Deployed) -> None:
    none = {"EXPORT_NAMESPACE": None, "EXPORT_BUCKET": None}
    deployed.configuration |= {**none, "ALLOWED_DESTINATIONS": "acme-images/exports/on-demand"}
    assert gateway(deployed).status == 200
    assert event(deployed).failed
    assert "EXPORT_NAMESPACE and EXPORT_BUCKET" in deployed.log()[-1]["message"]


# What a container keeps.


def test_what_is_costly_is_built_by_the_first_call_and_kept(deployed: Deployed) -> None:
    assert deployed.function
    assert deployed.builds == 0
    for caller in (event, gateway, direct):
        caller(deployed)
    assert deployed.builds == 1


def test_what_could_not_be_built_is_tried_again_by_the_next_call(deployed: Deployed) -> None:
    failures = [Misconfigured("The resource principal can't be read.")]

    def build(environment: Mapping[str, str]) -> Container:
        if failures:
            raise failures.pop()
        return deployed.build(environment)

    deployed._function = Function(deployed.configuration, deployed.services.clock, build)  # type: ignore[arg-type,attr-defined]
    assert event(deployed).failed
    assert event(deployed).status == 200


def test_the_containers_own_function_builds_nothing_when_it_is_loaded() -> None:
    assert isinstance(entry.handler, Function)
    assert entry.handler._container is None


# The line in the log.

KEYS = (
    "time level message callId trigger triggerId imageId destination exportFormat workRequestId opcRequestId "
    "clientRequestId traceId status code calls durationMs deadlineLeftMs"
)


@pytest.mark.parametrize(
    "caller",
    [
        gateway,
        event,
        lambda deployed: deployed.http("GET", "/openapi.json"),
        lambda deployed: deployed.http("GET", "/nowhere"),
        lambda deployed: deployed.invoke(b""),
    ],
)
def test_every_line_has_the_contracts_keys_in_their_order(caller: Caller, deployed: Deployed) -> None:
    caller(deployed)
    assert " ".join(deployed.line()) == KEYS


@pytest.mark.parametrize(
    ("error", "level"),
    [
        pytest.param(refusal(404, "NotFound"), "WARNING", id="the caller has to act"),
        pytest.param(refusal(500, "InternalError"), "ERROR", id="the operator may have to act"),
    ],
)
def test_the_level_tells_who_has_to_act(error: ServiceRefusal, level: str, deployed: Deployed) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    gateway(deployed)
    line = deployed.line()
    assert (line["level"], line["message"]) == (level, error.message)
    assert (line["status"], line["code"]) == (error.status, error.code)


def test_a_level_above_keeps_successes_quiet_and_failures_not(deployed: Deployed) -> None:
    deployed.configuration["LOG_LEVEL"] = "WARNING"
    gateway(deployed)
    assert deployed.log() == []
    deployed.http("GET", "/nowhere")
    assert deployed.line()["level"] == "WARNING"


def test_time_is_in_milliseconds_and_all_calls_are_counted(deployed: Deployed) -> None:
    deployed.services.take("export_image", 1.5)
    deployed.services.fail("publish", refusal(429, "TooManyRequests", retry_after=2.0))
    gateway(deployed)
    line = deployed.line()
    assert (line["durationMs"], line["deadlineLeftMs"], line["calls"]) == (3500.0, 116500, 3)


def test_the_work_request_is_also_the_one_that_was_asked_for(deployed: Deployed) -> None:
    path = f"/20160918/workRequests/{WORK_REQUEST_ID}"
    assert deployed.http("GET", path).status == 404
    line = deployed.line()
    assert (line["workRequestId"], line["opcRequestId"]) == (WORK_REQUEST_ID, "request-of-the-refusal")


def test_the_token_of_a_destination_is_on_no_line(deployed: Deployed) -> None:
    assert deployed.export("gateway.par").status == 200
    line = deployed.line()
    assert line["destination"] == "acme-images/exports/on-demand/web-1.oci"
    assert PAR_TOKEN not in json.dumps(line)


# Bugs.


class BugError(Exception):
    """What a bug of ours raises."""


def with_bug_in(operation: str, services: FakeServices) -> None:
    services.fail(operation, *[BugError(f"index out of range near {URL}")] * 9)  # type: ignore[list-item]


UNEXPECTED = {
    "code": "InternalServerError",
    "message": "The function failed unexpectedly. Its log says more under this request id.",
}


@EVERYBODY
def test_a_bug_is_a_failure_with_nothing_of_the_inside(caller: Caller, deployed: Deployed) -> None:
    with_bug_in("export_image", deployed.services)
    answered = caller(deployed)
    assert {**answered.json(), **UNEXPECTED} == answered.json()
    assert answered.status == OF_500[caller]
    traceback, line = deployed.log()
    assert (traceback["level"], traceback["callId"]) == ("ERROR", CALL_ID)
    assert "BugError: index out of range" in traceback["traceback"]
    assert "attempt.py" in traceback["traceback"]
    assert (line["level"], line["code"]) == ("ERROR", "InternalServerError")
    assert PAR_TOKEN not in f"{traceback}{answered}"


def test_a_bug_while_a_rejection_is_published_stays_inside_too(deployed: Deployed) -> None:
    deployed.services.compute.images.clear()
    with_bug_in("publish", deployed.services)
    answered = event(deployed)
    assert answered.failed
    assert answered.json()["message"] == (
        "Refused (NotAuthorizedOrNotFound), but not announced: InternalServerError."
    )
    assert "BugError" in deployed.log()[0]["traceback"]


@pytest.mark.parametrize(
    "place",
    [
        "handlers.entry.read",
        "handlers.entry.triggers.recognise",
        "handlers.entry.Context",
        "handlers.triggers.direct.Direct.refusal",
    ],
)
def test_whatever_fails_outside_of_an_operation_nothing_is_raised_and_the_log_tells(
    place: str, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise BugError(f"near {URL}")

    monkeypatch.setattr(place, fails)
    deployed.services.compute.images.clear()
    answered = deployed.invoke("direct")
    assert answered.failed
    assert answered.json() == UNEXPECTED
    text = json.dumps(deployed.log())
    assert "the invocation failed outside of its operation" in text
    assert "BugError" in text
    assert PAR_TOKEN not in text
