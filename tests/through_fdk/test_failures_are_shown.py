"""Who reads the reply decides how a failure shows.

A gateway's client and a direct caller get the error. Nobody reads the reply to an event or a detached call:
there a lasting failure is published and answered, a passing one fails the invocation.
"""

from collections.abc import Callable

import pytest

from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from tests.fakes import IMAGE_ID, PAR_TOKEN
from tests.through_fdk.conftest import CALL_ID, Answered, Deployed

ALWAYS = 30  # more often than anything is tried


def refusal(status: int, code: str | None, message: str = "Compute says no.") -> ServiceRefusal:
    return ServiceRefusal(status, code, message, service="Compute", request_id="computes-own")


LASTING = [
    refusal(400, "InvalidParameter"),
    refusal(400, "LimitExceeded"),
    refusal(401, "NotAuthenticated"),
    refusal(403, "NotAuthorized"),
    refusal(404, "NotAuthorizedOrNotFound"),
    refusal(409, "Conflict"),
    refusal(409, "InvalidatedRetryToken"),
    refusal(412, "NoEtagMatch"),
]
PASSING = [
    refusal(409, "IncorrectState"),
    refusal(429, "TooManyRequests"),
    refusal(500, "InternalServerError"),
    refusal(501, "MethodNotImplemented"),
    refusal(503, "ServiceUnavailable"),
]
# The platform reads these two as its own, and drops the body.
OF_A_PROXY = [refusal(502, "BadGateway"), refusal(504, "GatewayTimeout")]
NO_ANSWER = NoAnswer("Compute gave no usable answer in time (ReadTimeout).")


def name(error: ExportError) -> str:
    return f"{getattr(error, 'answered', error.status)} {error.code}"


def gateway(deployed: Deployed) -> Answered:
    return deployed.export(IMAGE_ID)


def direct(deployed: Deployed) -> Answered:
    return deployed.deliver("direct")


def event(deployed: Deployed) -> Answered:
    return deployed.deliver("createimage.end")


def detached(deployed: Deployed) -> Answered:
    return deployed.detach("direct")


UNREAD = pytest.mark.parametrize("caller", [event, detached])
Caller = Callable[[Deployed], Answered]


@pytest.mark.parametrize("error", [*LASTING, *PASSING], ids=name)
def test_computes_error_passes_through_to_a_gateways_client(
    error: ServiceRefusal, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = gateway(deployed)
    assert answered.status == error.answered
    assert answered.json() == {"code": error.code, "message": "Compute says no."}
    assert answered.headers["opc-request-id"] == "computes-own"


@pytest.mark.parametrize("error", [*LASTING, *PASSING], ids=name)
def test_computes_error_passes_through_to_a_direct_caller(error: ServiceRefusal, deployed: Deployed) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = direct(deployed)
    assert not answered.failed
    assert answered.json() == {"status": error.answered, "code": error.code, "message": "Compute says no."}
    assert answered.headers["opc-request-id"] == "computes-own"


@pytest.mark.parametrize("error", OF_A_PROXY, ids=name)
def test_a_status_that_the_platform_would_take_for_its_own_becomes_503(
    error: ServiceRefusal, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = gateway(deployed)
    assert (answered.status, answered.json()["message"]) == (503, "Compute says no.")
    deployed.services.fail("export_image", *[error] * ALWAYS)
    answered = direct(deployed)
    assert (answered.status, answered.json()["status"]) == (200, 503)


def test_an_error_without_code_and_message_is_told_by_its_status(deployed: Deployed) -> None:
    page = ServiceRefusal(503, None, None, service="Compute")
    deployed.services.fail("export_image", *[page] * ALWAYS)
    answered = gateway(deployed)
    assert answered.json() == {
        "code": "ServiceUnavailable",
        "message": "Compute answered 503 without saying why.",
    }
    assert answered.headers["opc-request-id"] == CALL_ID


def test_no_answer_within_the_budget_is_503(deployed: Deployed) -> None:
    deployed.services.take("export_image", 1000.0)
    answered = gateway(deployed)
    assert (answered.status, answered.json()["code"]) == (503, "ServiceUnavailable")


@pytest.mark.parametrize("caller", [gateway, direct])
def test_nothing_is_published_for_a_caller_who_reads_the_error(caller: Caller, deployed: Deployed) -> None:
    deployed.services.compute.images.clear()
    caller(deployed)
    assert deployed.services.notifications.messages == []


@UNREAD
@pytest.mark.parametrize("error", LASTING, ids=name)
def test_a_lasting_failure_that_nobody_reads_is_published_and_dealt_with(
    error: ServiceRefusal, caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    assert caller(deployed).status == 200
    (rejected,) = deployed.services.notifications.events
    assert rejected["type"] == "imageexport.rejected"
    assert rejected["data"]["code"] == error.code
    assert rejected["data"]["message"] == "Compute says no."
    assert rejected["data"]["imageId"] == IMAGE_ID


@UNREAD
@pytest.mark.parametrize("error", [*PASSING, *OF_A_PROXY, NO_ANSWER], ids=name)
def test_a_passing_failure_that_nobody_reads_fails_the_invocation(
    error: ExportError, caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("export_image", *[error] * ALWAYS)
    assert caller(deployed).failed
    assert deployed.services.notifications.messages == []


def test_an_event_that_failed_in_passing_is_the_same_export_when_it_comes_again(deployed: Deployed) -> None:
    deployed.services.fail("publish", *[refusal(429, "TooManyRequests")] * 8)
    assert event(deployed).failed
    again = event(deployed)
    assert (again.status, again.json()["status"]) == (200, "exported")
    first, second = deployed.services.calls("export_image")
    assert first.arguments == second.arguments
    assert len(deployed.services.work_requests.known) == 1


@UNREAD
def test_an_export_that_could_not_be_announced_fails_an_invocation_that_nobody_reads(
    caller: Caller, deployed: Deployed
) -> None:
    deployed.services.fail("publish", *[refusal(404, "NotAuthorizedOrNotFound")] * ALWAYS)
    assert caller(deployed).failed


@pytest.mark.parametrize(
    "error", [refusal(404, "NotAuthorizedOrNotFound"), refusal(429, "TooManyRequests"), NO_ANSWER], ids=name
)
def test_an_export_that_could_not_be_announced_is_a_success_to_a_caller_who_is_told(
    error: ExportError, deployed: Deployed
) -> None:
    deployed.services.fail("publish", *[error] * ALWAYS)
    answered = gateway(deployed)
    assert (answered.status, answered.headers["notification-error"]) == (200, error.code)
    assert answered.headers["opc-work-request-id"]
    assert "notification-message-id" not in answered.headers
    answered = direct(deployed)
    assert answered.json()["workRequestId"]
    assert answered.json()["notification"] == {"error": error.code}


@UNREAD
def test_a_rejection_that_could_not_be_published_fails_the_invocation(
    caller: Caller, deployed: Deployed
) -> None:
    deployed.services.compute.images.clear()
    deployed.services.fail("publish", *[refusal(404, "NotAuthorizedOrNotFound")] * ALWAYS)
    assert caller(deployed).failed
    (line,) = [line for line in deployed.log() if "status" in line]
    assert (line["level"], line["status"]) == ("ERROR", 502)
    assert line["message"] == "Refused (NotAuthorizedOrNotFound), but not announced: NotAuthorizedOrNotFound."


def test_a_destination_that_is_not_listed_is_refused_to_whoever_asks(deploy: Callable[..., Deployed]) -> None:
    deployed = deploy(EXPORT_BUCKET="another")
    answered = gateway(deployed)
    assert (answered.status, answered.json()["code"]) == (403, "NotAllowed")
    assert direct(deployed).json()["status"] == 403
    assert detached(deployed).status == 200
    (rejected,) = deployed.services.notifications.events
    assert rejected["data"]["code"] == "NotAllowed"
    assert deployed.services.calls("export_image") == []


def test_a_malformed_detached_call_is_published_under_its_call_id(deployed: Deployed) -> None:
    assert deployed.invoke(b"{}", {"fn-invoke-type": "detached"}).status == 200
    (rejected,) = deployed.services.notifications.events
    assert (rejected["id"], rejected["data"]["code"]) == (CALL_ID, "MissingParameter")
    assert rejected["data"]["trigger"] == {"kind": "direct", "id": CALL_ID}


@pytest.mark.parametrize("payload", ["createimage.begin", "exportimage.begin", "object-created"])
def test_an_ignored_event_calls_nothing(payload: str, deployed: Deployed) -> None:
    answered = deployed.deliver(payload)
    assert (answered.status, answered.json()["status"]) == (200, "ignored")
    assert deployed.services.calls() == []


@pytest.mark.parametrize("caller", [gateway, direct])
def test_a_dry_run_exports_and_publishes_nothing(caller: Caller, deployed: Deployed) -> None:
    asked = {
        gateway: lambda: deployed.export(IMAGE_ID, opc_dry_run="true"),
        direct: lambda: deployed.deliver("direct.dry-run"),
    }[caller]
    answered = asked()
    assert answered.status == 200
    assert "opc-work-request-id" not in answered.headers
    assert [call.operation for call in deployed.services.calls()] == ["get_image"]


def test_a_dry_run_of_an_image_that_cannot_be_exported_now_gets_computes_409(deployed: Deployed) -> None:
    deployed.services.compute.images[IMAGE_ID]["lifecycleState"] = "EXPORTING"
    answered = deployed.export(IMAGE_ID, opc_dry_run="true")
    assert (answered.status, answered.json()["code"]) == (409, "IncorrectState")


def test_a_secret_in_computes_message_is_masked_for_every_reader(deployed: Deployed) -> None:
    url = f"https://objectstorage.example.com/p/{PAR_TOKEN}/n/a/b/c/o/d"
    error = refusal(400, "InvalidParameter", f"Cannot write to {url}")
    deployed.services.fail("export_image", *[error] * ALWAYS)
    replies = [caller(deployed) for caller in (gateway, direct, event, detached)]
    assert len(deployed.services.notifications.messages) == 2
    assert "/p/***/n/" in replies[0].json()["message"]
    everything = f"{replies} {deployed.services.notifications.messages} {deployed.log()}"
    assert PAR_TOKEN not in everything


def test_a_detached_dry_run_that_is_refused_publishes_nothing_either(deployed: Deployed) -> None:
    deployed.services.fail("get_image", refusal(404, "NotAuthorizedOrNotFound", "No."))
    answered = deployed.detach("direct.dry-run")
    assert (answered.status, answered.json()["code"]) == (200, "NotAuthorizedOrNotFound")
    assert deployed.services.notifications.events == []
