"""Where no bucket can be exported to by name, a pre-authenticated request leads to the same one export.

Without records. Such a request is deleted where no export can be using it, and never where one may be.
"""

import json
from typing import Any

import pytest

from tests.exactly_once.faults import PASSING
from tests.local.oci import Fault
from tests.local.platform import LocalPlatform
from tests.platform import SHORT, TRIGGERS, Request, Trigger, once

CREATE, DELETE = "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest"
REFUSED: dict[str, Any] = {"status": 404, "code": "BucketNotFound"}
THROUGH_PAR = 2  # the place of that ExportImage, after the one by name


@pytest.fixture(autouse=True)
def _names_are_refused(platform: LocalPlatform) -> None:
    platform.cloud.switches.refuses_tuples = True


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_each_trigger_falls_back_under_a_token_made_from_the_first(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(platform, trigger)

    assert request.send().status == 200

    export = request.export
    first, second = request.tokens
    assert export.via == "par"
    assert export.retry_token == second != first
    [par] = request.pars
    assert (par.access_type, par.object) == ("ObjectWrite", export.destination.object)
    assert par.expires - par.created == pytest.approx(24 * 3600, abs=60)
    # What is published is the tuple.
    [announcement] = request.accepted
    destination = announcement["data"]["destination"]
    assert destination == {
        "namespaceName": export.destination.namespace,
        "bucketName": export.destination.bucket,
        "objectName": export.destination.object,
    }


@pytest.mark.parametrize(
    "fault", ["429", "502 as HTML", "a success that is HTML, before the work", "dropped after the work"]
)
def test_a_pre_authenticated_request_that_fails_is_asked_for_again(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    platform.cloud.faults.add(Fault(CREATE, **PASSING[fault]))

    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


@pytest.mark.parametrize("fault", ["503", "500 after the work", "dropped after the work"])
def test_the_fallbacks_own_export_is_tried_again_with_the_same_token_and_url(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    once(platform, CREATE, "done", lambda: platform.cloud.faults.add(Fault("ExportImage", **PASSING[fault])))

    assert event_request.send().document["status"] == "exported"

    assert len(event_request.exports) == len(event_request.accepted) == 1
    _, second, third = event_request.tries
    assert second.headers["opc-retry-token"] == third.headers["opc-retry-token"]
    assert second.body == third.body
    assert len(event_request.pars) == 1


def test_a_refused_pre_authenticated_request_is_told_with_the_missing_permission(
    platform: LocalPlatform,
) -> None:
    event, direct = Request(platform), Request(platform, "direct")
    platform.cloud.faults.add(Fault(CREATE, **REFUSED, times=2))

    assert event.send().document["status"] == "rejected"
    [rejection] = event.announced("rejected")
    assert rejection["data"]["code"] == "InvalidParameter"
    assert "PAR_MANAGE" in rejection["data"]["message"]

    reply = direct.send()
    assert (reply.status, reply.document["code"]) == (400, "InvalidParameter")
    assert "PAR_MANAGE" in reply.document["message"]


@pytest.mark.parametrize(
    "fault", [{"status": 401, "code": "NotAuthenticated"}, {"status": 429}, {"drop": "before"}]
)
def test_one_that_can_t_be_made_just_now_passes_as_itself(
    platform: LocalPlatform, fault: dict[str, Any]
) -> None:
    event, caller = Request(platform), Request(platform, "gateway")
    platform.cloud.faults.add(Fault(CREATE, **fault, times=None))

    assert event.send(SHORT).status == 502
    assert not event.announced("rejected")
    reply = caller.send(SHORT)
    assert reply.status == fault.get("status", 503)
    assert "PAR_MANAGE" not in reply.document["message"]

    platform.cloud.faults.clear()
    assert event.send().document["status"] == "exported"


def test_five_deliveries_leave_the_one_that_is_in_use(
    platform: LocalPlatform, event_request: Request
) -> None:
    platform.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound", times=4))

    statuses = [event_request.send().status]
    [used] = event_request.pars
    event_request.end()
    statuses += [event_request.send().status for _ in range(4)]

    assert statuses == [502] * 4 + [200]
    assert event_request.pars == [used]
    assert {event["id"] for event in event_request.accepted} == {
        f"{event_request.export.work_request_id}/accepted"
    }


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        ({"status": 404, "code": "NotAuthorizedOrNotFound"}, 0),
        ({"status": 429, "headers": {"retry-after": "60"}}, 0),
        # These may have been worked on, whatever Compute says.
        ({"status": 500, "headers": {"retry-after": "60"}}, 1),
        ({"drop": "before", "times": None}, 1),
    ],
    ids=["404", "429", "500", "no answer"],
)
def test_one_through_which_nothing_was_begun_is_deleted_and_one_that_may_be_in_use_is_not(
    platform: LocalPlatform, event_request: Request, fault: dict[str, Any], left: int
) -> None:
    once(platform, CREATE, "done", lambda: platform.cloud.faults.add(Fault("ExportImage", **fault)))

    event_request.send(SHORT)

    assert not event_request.exports
    assert len(event_request.pars) == left
    assert len(platform.cloud.buckets.pars) > 0


def test_one_that_can_t_be_deleted_is_a_warning_and_nothing_more(
    platform: LocalPlatform, event_request: Request
) -> None:
    event_request.send()
    event_request.end()
    platform.cloud.faults.add(Fault(DELETE, **REFUSED))

    reply = event_request.send()

    assert reply.document["workRequestId"] == event_request.export.work_request_id
    assert len(event_request.pars) == 2
    line = platform.host.log.wait_for(
        lambda line: "was not deleted" in line and reply.invocation.call_id in line
    )
    assert json.loads(line)["level"] == "WARNING"


def test_the_tokens_of_pre_authenticated_requests_are_in_no_message_log_line_or_reply(
    platform: LocalPlatform,
) -> None:
    replies = [Request(platform, trigger).send() for trigger in TRIGGERS]

    told = [
        *platform.host.logs,
        *(message.body for message in platform.cloud.messages),
        *(json.dumps(reply.document) for reply in replies),
    ]
    tokens = [par.token for par in platform.cloud.pars]
    assert tokens
    assert not [token for token in tokens for text in told if token in text]
