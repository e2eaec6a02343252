"""Whose export it is: one is a request's own if Compute answered so to its retry token, and none else is.

Without records, and under each setting of what is not known about Compute.
"""

import pytest

from tests.exactly_once.faults import PASSING
from tests.local.oci import Fault, Switches
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, Request, Trigger, once

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"
# In the fault's place: what Compute says of a token that it knows, and that has served.
TOKEN_WAS_USED = Fault("ExportImage", status=409, code="InvalidatedRetryToken")


def are_announced(request: Request) -> bool:
    """Whether each export of the image is announced, by its work request."""
    announced = {event["data"]["workRequestId"] for event in request.accepted}
    return announced == {export.work_request_id for export in request.exports}


def test_a_token_that_comes_again_for_another_object_is_answered_with_no_other_export(
    either_way: LocalPlatform,
) -> None:
    first = Request(either_way, "direct")
    second = Request(either_way, "direct", first.image, token=first.token, object_name=ELSEWHERE)
    first.send()

    reply = second.send(SHORT)

    assert reply.status == 409
    assert len(first.exports) == len(first.accepted) == 1
    first.end()
    reply = second.send()
    if either_way.cloud.switches.refuses_tuples:
        # Through a pre-authenticated request, Compute can't know that the token is the same: so it is another
        # request, and another export.
        assert reply.status == 200
        assert first.exports[-1].destination.object == ELSEWHERE
    else:
        assert (reply.status, reply.document["code"]) == (409, "InvalidatedRetryToken")
    assert are_announced(first)


def test_a_token_that_comes_again_for_another_image_is_answered_with_no_other_export(
    either_way: LocalPlatform,
) -> None:
    first = Request(either_way, "direct", object_name=ELSEWHERE)
    second = Request(either_way, "direct", token=first.token, object_name=ELSEWHERE)
    first.send()

    reply = second.send()

    # As above.
    assert reply.status == (200 if either_way.cloud.switches.refuses_tuples else 409)
    assert are_announced(first)
    assert are_announced(second)


def test_an_export_that_somebody_else_began_later_is_not_announced_as_this_request_s(
    either_way: LocalPlatform,
) -> None:
    request = Request(either_way)
    either_way.cloud.faults.add(Fault("PublishMessage", status=404, code="NotAuthorizedOrNotFound"))
    assert request.send().status == 502
    request.end()
    own, token = request.export, request.tokens[0]
    other = Request(either_way, "gateway", request.image, object_name=ELSEWHERE)
    other.send()
    tells = either_way.cloud.switches == Switches()

    # While it runs, only a Compute that looks at the token first, and takes names, can tell whose is whose.
    assert request.send(SHORT).status == (200 if tells else 502)
    other.end()
    assert request.send().document["status"] == "exported"

    assert len(request.exports) == 2
    announced = [event for event in request.accepted if event["data"]["trigger"]["kind"] == "event"]
    for announcement in announced:
        assert announcement["data"]["destination"]["objectName"] == own.destination.object
    if either_way.cloud.switches.refuses_tuples:
        # It was accepted, and which of the two it is nobody knows.
        assert [event["data"]["workRequestId"] for event in announced] == [None]
        assert announced[0]["id"] == f"{token}/accepted"
    else:
        assert {event["data"]["workRequestId"] for event in announced} == {own.work_request_id}


@pytest.mark.parametrize("trigger", ["event", "direct"])
def test_an_export_to_elsewhere_is_not_adopted_whatever_the_code_of_the_409(
    either_way: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(either_way, trigger)
    other = Request(either_way, "gateway", request.image, object_name=ELSEWHERE)
    other.send()

    reply = request.send(SHORT)

    # An event fails, and comes again; a caller is told.
    assert reply.status == (502 if trigger == "event" else 409)
    assert len(request.exports) == len(request.accepted) == 1
    other.end()
    assert request.send().status == 200
    assert len(request.exports) == 2
    assert are_announced(request)


def test_a_request_waits_for_another_export_that_ends_within_its_time(either_way: LocalPlatform) -> None:
    request = Request(either_way)
    Request(either_way, "gateway", request.image, object_name=ELSEWHERE).send()
    request.end_at_the_next_refusal()

    assert request.send().document["status"] == "exported"
    assert len(request.exports) == 2
    assert are_announced(request)


@pytest.mark.parametrize(
    ("state", "status"), [("PROVISIONING", 502), ("IMPORTING", 502), ("DISABLED", 200), ("DELETED", 200)]
)
def test_the_image_s_state_tells_whether_an_event_s_409_passes(
    platform: LocalPlatform, event_request: Request, state: str, status: int
) -> None:
    platform.cloud.images.set_state(event_request.image_id, state)

    assert event_request.send(SHORT).status == status

    assert len(event_request.announced("rejected")) == (status == 200)
    platform.cloud.images.set_state(event_request.image_id, "AVAILABLE")
    assert event_request.send().document["status"] == "exported"
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_busy_image_is_exported_once_it_is_free(platform: LocalPlatform, event_request: Request) -> None:
    images, image_id = platform.cloud.images, event_request.image_id
    images.set_state(image_id, "PROVISIONING")
    once(platform, "GetImage", "done", lambda: images.set_state(image_id, "AVAILABLE"))

    assert event_request.send().document["status"] == "exported"
    assert [call.status for call in event_request.tries] == [409, 200]
    assert len(event_request.exports) == len(event_request.accepted) == 1


def test_a_conflict_on_an_available_image_lasts(platform: LocalPlatform, event_request: Request) -> None:
    platform.cloud.faults.add(Fault("ExportImage", status=409, code="Conflict"))

    assert event_request.send().document["status"] == "rejected"
    [rejection] = event_request.announced("rejected")
    assert rejection["data"]["code"] == "Conflict"


def test_an_event_whose_token_was_used_is_answered_with_the_only_export_since(
    platform: LocalPlatform, event_request: Request
) -> None:
    first = event_request.send()
    platform.cloud.faults.add(TOKEN_WAS_USED)

    again = event_request.send()

    assert again.document["workRequestId"] == first.document["workRequestId"]
    assert len(event_request.exports) == 1
    assert len({announcement["id"] for announcement in event_request.accepted}) == 1


@pytest.mark.parametrize(
    "fault", ["429", "503", "a success that is HTML, before the work", "a list that is none"]
)
def test_the_list_that_this_is_looked_up_in_is_read_again_where_that_fails(
    platform: LocalPlatform, event_request: Request, fault: str
) -> None:
    first = event_request.send()
    platform.cloud.faults.add(
        TOKEN_WAS_USED, Fault("ListWorkRequests", **({"body": b"{}"} | PASSING.get(fault, {})))
    )

    assert event_request.send().document["workRequestId"] == first.document["workRequestId"]


def test_a_call_whose_token_was_used_by_its_own_first_try_is_answered_with_that_export(
    platform: LocalPlatform,
) -> None:
    request = Request(platform, "direct", token="")
    platform.cloud.faults.add(Fault("ExportImage", drop="after"), TOKEN_WAS_USED)

    reply = request.send()

    assert (reply.status, reply.document["workRequestId"]) == (200, request.export.work_request_id)
    assert reply.document["image"]["id"] == request.image_id
    assert len(request.accepted) == 1


@pytest.mark.parametrize("trigger", ["direct", "gateway"])
def test_a_caller_s_own_token_that_was_used_is_the_caller_s_to_know(
    platform: LocalPlatform, trigger: Trigger
) -> None:
    request = Request(platform, trigger)
    platform.cloud.faults.add(TOKEN_WAS_USED)

    reply = request.send()

    assert (reply.status, reply.document["code"]) == (409, "InvalidatedRetryToken")
    assert not request.accepted


def test_where_the_known_issue_goes_between_two_deliveries_there_are_two_exports_of_one_object(
    platform: LocalPlatform, event_request: Request
) -> None:
    """Without records, by name and by URL are two requests to Compute. (README, Limits)"""
    platform.cloud.switches.refuses_tuples = True
    event_request.send()
    event_request.end()
    platform.cloud.switches.refuses_tuples = False

    event_request.send()

    assert [export.via for export in event_request.exports] == ["par", "tuple"]
    assert len({export.destination for export in event_request.exports}) == 1
    assert are_announced(event_request)
