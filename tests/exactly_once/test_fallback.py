"""Where no bucket can be exported to by name, a pre-authenticated request leads to the same one export."""

import json
from collections.abc import Callable

import pytest

from tests.exactly_once.faults import PASSING
from tests.exactly_once.request import DOORS, Door, Request
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform

CREATE = "CreatePreauthenticatedRequest"


@pytest.fixture(autouse=True)
def _buckets_are_refused(platform: LocalPlatform) -> None:
    platform.cloud.switches.refuses_tuples = True


@pytest.mark.parametrize("door", DOORS)
def test_every_door_falls_back_under_a_token_made_from_the_first(
    request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)

    assert request.send().status == 200

    [export] = request.exports
    first, second = request.tokens
    assert export.via == "par"
    assert export.retry_token == second != first
    [announcement] = request.accepted
    destination = announcement["data"]["destination"]
    assert destination["objectName"] == export.destination.object
    assert set(destination) == {"namespaceName", "bucketName", "objectName"}


@pytest.mark.parametrize(
    "fault",
    [
        "429",
        "503",
        "502 as HTML",
        "a success that is HTML",
        "a success that is a list",
        "dropped after the work",
    ],
)
def test_a_pre_authenticated_request_that_fails_is_asked_for_again(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    platform.cloud.faults.add(Fault(CREATE, **PASSING[fault]))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize(
    "fault", ["503", "500 after the work", "dropped after the work", "a success that is empty"]
)
def test_the_fallbacks_own_export_is_tried_again_with_the_same_token_and_url(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None], fault: str
) -> None:
    once(CREATE, "done", lambda: platform.cloud.faults.add(Fault("ExportImage", **PASSING[fault])))

    assert event_request.send().document["status"] == "exported"

    assert len(event_request.exports) == len(event_request.accepted) == 1
    _, second, third = event_request.tries
    assert second.headers["opc-retry-token"] == third.headers["opc-retry-token"]
    assert second.body == third.body


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after it ended"])
@pytest.mark.parametrize("stage", ["ExportImage", "PublishMessage"])
def test_a_container_killed_on_the_way_leaves_an_export_that_the_next_delivery_finds(
    platform: LocalPlatform, event_request: Request, once: Callable[..., None], stage: str, ended: bool
) -> None:
    # ExportImage is done twice: refused, and then accepted.
    if stage == "ExportImage":
        once(CREATE, "done", lambda: once("ExportImage", "done", platform.host.kill_busy))
    else:
        once("PublishMessage", "received", platform.host.kill_busy)

    assert event_request.send().invocation.failed
    [export] = event_request.exports
    if ended:
        event_request.end()

    assert event_request.send().document["workRequestId"] == export.work_request_id
    assert len(event_request.exports) == 1
    assert {announcement["id"] for announcement in event_request.accepted} == {export.work_request_id}


@pytest.mark.parametrize("door", ["direct", "gateway"])
def test_a_caller_who_repeats_its_token_after_the_export_ended_gets_that_export(
    request_through: Callable[[Door], Request], door: Door
) -> None:
    request = request_through(door)
    request.send()
    request.end()

    assert request.send().status == 200

    [export] = request.exports
    assert {announcement["id"] for announcement in request.accepted} == {export.work_request_id}


def test_a_refused_pre_authenticated_request_is_told_with_the_missing_permission(
    platform: LocalPlatform, request_through: Callable[[Door], Request]
) -> None:
    platform.cloud.par_allowed = False
    event, direct = request_through("event"), request_through("direct")

    assert event.send().document["status"] == "rejected"
    [rejection] = event.announced("rejected")
    assert "PAR_MANAGE" in rejection["data"]["message"]

    reply = direct.send()
    assert (reply.status, reply.document["code"]) == (400, "InvalidParameter")
    assert "PAR_MANAGE" in reply.document["message"]


def test_the_pre_authenticated_requests_token_is_in_no_message_log_line_or_reply(
    platform: LocalPlatform, request_through: Callable[[Door], Request]
) -> None:
    replies = [request_through(door).send() for door in DOORS]

    said = [
        *platform.host.logs,
        *(message.body for message in platform.cloud.messages),
        *(json.dumps(reply.document) for reply in replies),
    ]
    tokens = [par.token for par in platform.cloud.pars]
    assert tokens
    assert not [token for token in tokens for text in said if token in text]
