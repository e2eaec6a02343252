"""A request refused for good, told to the topic because nobody else would hear of it."""

import pytest

from handlers.errors import CannotParse, NoAnswer, ServiceRefusal
from handlers.exports.commands import Trigger
from handlers.exports.rejection import publish
from tests.fakes import FakeServices
from tests.unit.exports.examples import SOURCE, at_hand, refusal, start_export_of_event, throttled

EVENT = Trigger("event", "event-1")


def test_a_rejection_is_published_under_the_events_id(services: FakeServices) -> None:
    command = start_export_of_event()
    assert publish(refusal(404), EVENT, command, at_hand(services)) == "message-1"
    (event,) = services.notifications.events
    assert (event["type"], event["id"], event["source"]) == ("imageexport.rejected", "event-1", SOURCE)
    assert event["data"]["destination"] == command.destination.names
    assert event["data"]["code"] == "NotFound"


def test_a_request_that_was_not_understood_is_rejected_without_an_image(services: FakeServices) -> None:
    publish(CannotParse("no JSON"), EVENT, None, at_hand(services))
    (event,) = services.notifications.events
    assert "subject" not in event
    assert event["data"]["imageId"] is None


def test_publishing_is_tried_again_within_the_time_kept_for_it(services: FakeServices) -> None:
    services.fail("publish", throttled(), NoAnswer("lost"))
    hand = at_hand(services)
    services.clock.advance(hand.attempts.budget.work - services.clock.monotonic())
    assert publish(refusal(404), EVENT, None, hand) == "message-1"


def test_a_rejection_that_cannot_be_published_is_a_failure(services: FakeServices) -> None:
    services.fail("publish", refusal(403, "NotAllowed"))
    with pytest.raises(ServiceRefusal, match="No"):
        publish(refusal(404), EVENT, None, at_hand(services))
