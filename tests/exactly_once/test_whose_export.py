"""Whose export it is: one is a request's own if Compute answered so to its retry token, and none else is.

Without records, and under each setting of what is not known about Compute.
"""

from tests.local.oci import Fault, Switches
from tests.local.platform import ALLOWED_PREFIX, LocalPlatform
from tests.platform import SHORT, Request

ELSEWHERE = f"{ALLOWED_PREFIX}/elsewhere.oci"


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


def test_an_export_to_elsewhere_is_not_adopted_whatever_the_code_of_the_409(
    either_way: LocalPlatform,
) -> None:
    request = Request(either_way)
    other = Request(either_way, "gateway", request.image, object_name=ELSEWHERE)
    other.send()

    reply = request.send(SHORT)

    assert reply.status == 502
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
