"""The way through: what is kept between calls, and what becomes of bugs."""

import json
import logging
from collections.abc import Callable, Mapping
from io import BytesIO

import pytest
from fdk.context import InvokeContext
from fdk.response import Response

from handlers import entry, redaction, settings
from handlers.application import Application
from handlers.entry import Function
from handlers.errors import Misconfigured, ServiceRefusal
from handlers.exports.policy import Policy
from tests import events
from tests.fakes import ENVIRONMENT, HOSTS, IMAGE_ID, PAR_TOKEN, FakeServices

CALL_ID = "01KG0CALLOFTHISTEST"
GATEWAY = {"fn-intent": "httprequest", "fn-http-h-content-type": "application/json"}
Build = Callable[[Mapping[str, str]], Application]


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def build(services: FakeServices) -> Build:
    return lambda environment: Application(Policy(settings.read(environment), HOSTS), services)


@pytest.fixture
def function(services: FakeServices, build: Build) -> Function:
    return Function(ENVIRONMENT, services.clock, build)


def call(function: Function, payload: str, headers: dict[str, str] | None = None) -> Response:
    """One invocation with the FDK's own context; a gateway's is an export of the fakes' image."""
    context = InvokeContext(
        None,
        None,
        None,
        None,
        CALL_ID,
        deadline="2026-01-31T12:02:00Z",
        headers=dict(headers or {}),
        request_url=f"/20160918/images/{IMAGE_ID}/actions/export",
        method="POST",
    )
    return function(context, BytesIO(events.read(payload)))


def test_what_is_costly_is_built_by_the_first_call_and_kept(services: FakeServices, build: Build) -> None:
    builds = []

    def counted(environment: Mapping[str, str]) -> Application:
        builds.append(environment)
        return build(environment)

    function = Function(ENVIRONMENT, services.clock, counted)
    assert builds == []
    for _ in range(3):
        call(function, "createimage.end")
    assert builds == [ENVIRONMENT]


def test_what_was_prepared_before_the_first_call_is_used(function: Function) -> None:
    prepared = function.prepare()
    assert function.prepare() is prepared


def test_what_could_not_be_built_is_tried_again_by_the_next_call(
    services: FakeServices, build: Build
) -> None:
    failures = [Misconfigured("The resource principal can't be read.")]

    def flaky(environment: Mapping[str, str]) -> Application:
        if failures:
            raise failures.pop()
        return build(environment)

    function = Function(ENVIRONMENT, services.clock, flaky)
    assert call(function, "createimage.end").status() == 502
    assert call(function, "createimage.end").status() == 200


def test_a_wrong_environment_is_named_without_the_cloud_being_touched() -> None:
    response = call(Function({"PAR_HOURS": "0"}), "gateway.tuple", GATEWAY)
    assert response.status() == 500
    message = json.loads(response.body_bytes())["message"]
    assert "TOPIC_ID" in message
    assert "PAR_HOURS" in message


def test_the_containers_own_function_builds_nothing_when_it_is_loaded() -> None:
    assert isinstance(entry.handler, Function)
    assert entry.handler._application is None


def test_secrets_of_the_last_call_are_forgotten(function: Function) -> None:
    redaction.learn("LearnedSecret")
    call(function, "createimage.end")
    assert redaction.redact("LearnedSecret") == "LearnedSecret"


def test_without_a_function_id_announcements_come_from_the_functions_name(
    function: Function, services: FakeServices
) -> None:
    call(function, "createimage.end")
    assert services.notifications.events[0]["source"] == "image-export"


@pytest.mark.parametrize(("fallback", "creates"), [("true", 1), ("false", 0)])
def test_the_fallback_is_the_operators_choice(
    fallback: str, creates: int, services: FakeServices, build: Build
) -> None:
    services.fail(
        "export_image", ServiceRefusal(400, "InvalidParameter", "Invalid bucketName: x", service="Compute")
    )
    function = Function({**ENVIRONMENT, "PAR_FALLBACK": fallback}, services.clock, build)
    call(function, "gateway.tuple", GATEWAY)
    assert len(services.calls("create_write_request")) == creates


class BugError(Exception):
    """What a bug of ours raises."""


SECRET_URL = f"https://objectstorage.example.com/p/{PAR_TOKEN}/n/a/b/c/o/d"


def with_bug_in(operation: str, services: FakeServices) -> None:
    services.fail(operation, *[BugError(f"index out of range near {SECRET_URL}")] * 9)  # type: ignore[list-item]


def test_a_bug_is_500_to_a_reader_with_nothing_of_the_inside(
    function: Function, services: FakeServices
) -> None:
    with_bug_in("export_image", services)
    response = call(function, "gateway.tuple", GATEWAY)
    assert response.status() == 500
    assert json.loads(response.body_bytes()) == {
        "code": "InternalServerError",
        "message": "The function failed unexpectedly. Its log says more under this request id.",
    }
    assert response.context().GetResponseHeaders()["fn-http-h-opc-request-id"] == CALL_ID


def test_a_bug_fails_an_invocation_that_nobody_reads(function: Function, services: FakeServices) -> None:
    with_bug_in("export_image", services)
    response = call(function, "createimage.end")
    assert response.status() == 502
    assert b"index out of range" not in response.body_bytes()


def test_a_bugs_traceback_is_in_the_log_without_secrets(
    function: Function, services: FakeServices, capsys: pytest.CaptureFixture[str]
) -> None:
    with_bug_in("export_image", services)
    call(function, "gateway.tuple", GATEWAY)
    text = capsys.readouterr().err
    traceback, line = map(json.loads, text.splitlines())
    assert (traceback["level"], traceback["callId"]) == ("ERROR", CALL_ID)
    assert "BugError: index out of range" in traceback["traceback"]
    assert "start.py" in traceback["traceback"]
    assert (line["level"], line["status"], line["code"]) == ("ERROR", 500, "InternalServerError")
    assert PAR_TOKEN not in text


def test_a_bug_while_a_rejection_is_published_stays_inside_too(
    function: Function, services: FakeServices, capsys: pytest.CaptureFixture[str]
) -> None:
    services.compute.images.clear()
    with_bug_in("publish", services)
    response = call(function, "createimage.end")
    assert response.status() == 502
    assert json.loads(response.body_bytes())["message"] == (
        "Refused (NotAuthorizedOrNotFound), but not announced: InternalServerError."
    )
    assert "BugError" in capsys.readouterr().err


def test_importing_the_fdk_leaves_no_debug_line_once_the_function_runs(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().setLevel(logging.DEBUG)  # as the FDK's import does
    call(function, "createimage.end")
    capsys.readouterr()
    for name in ("urllib3.connectionpool", "fdk", "asyncio", "oci.base_client"):
        logging.getLogger(name).info("a line of theirs")
    assert capsys.readouterr().err == ""
    logging.getLogger("urllib3.connectionpool").warning("a warning of theirs")
    assert json.loads(capsys.readouterr().err)["message"] == "a warning of theirs"
