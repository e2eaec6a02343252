"""Starting an export: once for each request, whatever fails, and told to the topic."""

import json
import logging

import pytest

from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports.commands import Started
from handlers.exports.destination import Destination
from handlers.exports.start import details, start
from tests.fakes import IMAGE_ID, PAR_TOKEN, FakeClock, FakeServices
from tests.unit.exports.examples import DESTINATION, at_hand, refusal, start_export, throttled


def operations(services: FakeServices) -> list[str]:
    return [call.operation for call in services.calls()]


def test_an_export_is_started_and_announced(services: FakeServices) -> None:
    started = start(start_export(), at_hand(services))
    assert started.work_request_id == services.work_requests.known[0]["id"]
    assert started.image is not None
    assert started.image.document["aFieldOfTomorrow"] == {"kept": True}
    assert (started.message_id, started.notification_error) == ("message-1", None)
    assert operations(services) == ["export_image", "publish"]
    (event,) = services.notifications.events
    assert (event["type"], event["id"]) == ("imageexport.accepted", started.work_request_id)


def test_what_the_caller_asked_for_is_what_compute_is_asked_for(services: FakeServices) -> None:
    start(start_export(if_match="etag-1", export_format="VHD"), at_hand(services))
    (call,) = services.calls("export_image")
    assert call.arguments == {
        "image_id": IMAGE_ID,
        "details": {
            "destinationType": "objectStorageTuple",
            "namespaceName": DESTINATION.namespace,
            "bucketName": DESTINATION.bucket,
            "objectName": DESTINATION.object_name,
            "exportFormat": "VHD",
        },
        "retry_token": "token-of-the-request",
        "if_match": "etag-1",
    }


def test_a_destination_with_a_url_is_sent_as_one_rebuilt_from_its_parts() -> None:
    place = Destination("acme", "exports", "web 1.oci", "https://host", PAR_TOKEN)
    assert details(start_export(destination=place)) == {
        "destinationType": "objectStorageUri",
        "destinationUri": f"https://host/p/{PAR_TOKEN}/n/acme/b/exports/o/web%201.oci",
        "exportFormat": "OCI",
    }


def test_what_is_announced_of_a_url_is_its_place_without_the_token(services: FakeServices) -> None:
    place = Destination("acme", "exports", "web 1.oci", "https://host", PAR_TOKEN)
    start(start_export(destination=place), at_hand(services))
    ((title, body),) = services.notifications.messages
    assert json.loads(body)["data"]["destination"] == place.names
    assert PAR_TOKEN not in title + body


def test_every_try_has_the_same_retry_token_and_there_is_one_export(services: FakeServices) -> None:
    services.fail("export_image", throttled(), refusal(500))
    services.lose_answer("export_image")
    started = start(start_export(), at_hand(services))
    assert len(services.work_requests.known) == 1
    assert started.work_request_id == services.work_requests.known[0]["id"]
    calls = services.calls("export_image")
    assert len(calls) == 4
    assert all(call.arguments == calls[0].arguments for call in calls)


def test_compute_throttling_is_waited_for_as_long_as_it_asks(
    services: FakeServices, clock: FakeClock
) -> None:
    services.fail("export_image", throttled(9.0))
    start(start_export(), at_hand(services))
    assert clock.sleeps == [9.0]


def test_a_busy_image_is_tried_again(services: FakeServices) -> None:
    services.fail("export_image", refusal(409, "IncorrectState"))
    assert start(start_export(), at_hand(services)).message_id


@pytest.mark.parametrize(
    "refused",
    [refusal(400, "InvalidParameter"), refusal(404), refusal(409, "Conflict"), refusal(412, "NoEtagMatch")],
    ids=lambda refused: refused.code,
)
def test_a_lasting_refusal_is_raised_and_nothing_is_announced(
    services: FakeServices, refused: ServiceRefusal
) -> None:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        start(start_export(), at_hand(services))
    assert raised.value is refused
    assert operations(services) == ["export_image"]


def test_without_an_answer_in_time_nothing_is_announced_and_time_for_a_rejection_is_left(
    services: FakeServices, clock: FakeClock
) -> None:
    services.take("export_image", 1000.0)
    hand = at_hand(services, seconds=30.0)
    with pytest.raises(NoAnswer):
        start(start_export(), hand)
    assert services.notifications.messages == []
    assert clock.monotonic() <= hand.attempts.budget.work
    assert hand.attempts.budget.announcement - clock.monotonic() > 5.0


def test_every_call_is_told_when_it_has_to_be_over(services: FakeServices) -> None:
    hand = at_hand(services)
    start(start_export(), hand)
    export, publish = services.calls()
    assert export.until <= hand.attempts.budget.work
    assert publish.until <= hand.attempts.budget.announcement


def test_an_announcement_is_tried_again_until_the_topic_takes_it(services: FakeServices) -> None:
    services.fail("publish", throttled(), NoAnswer("lost"))
    started = start(start_export(), at_hand(services))
    assert started.message_id == "message-1"
    assert operations(services) == ["export_image", "publish", "publish", "publish"]


def test_an_announcement_is_tried_in_the_time_kept_for_it_even_if_the_export_used_up_its_own(
    services: FakeServices,
) -> None:
    hand = at_hand(services, seconds=30.0)
    services.clock.advance(hand.attempts.budget.work - services.clock.monotonic() - 4.0)
    services.take("export_image", 4.0)
    assert start(start_export(), hand).message_id
    (publish,) = services.calls("publish")
    assert hand.attempts.budget.work < publish.until <= hand.attempts.budget.announcement


def test_an_export_that_could_not_be_announced_is_still_the_callers(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.fail("publish", refusal(404, "NotAuthorizedOrNotFound"))
    started = start(start_export(), at_hand(services))
    assert started.work_request_id
    assert (started.message_id, started.notification_error) == (None, "NotAuthorizedOrNotFound")
    assert ("ERROR", "the export runs, but was not announced") in [
        (record.levelname, record.getMessage().split(":")[0]) for record in caplog.records
    ]


def test_an_unreachable_topic_costs_the_announcement_and_no_second_export(services: FakeServices) -> None:
    services.fail("publish", *[NoAnswer("down")] * 99)
    started = start(start_export(), at_hand(services))
    assert started.notification_error == "ServiceUnavailable"
    assert len(services.calls("export_image")) == len(services.work_requests.known) == 1


def test_a_success_without_a_work_request_id_is_an_error_in_the_log_and_null_in_the_message(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.compute.without_headers = frozenset({"opc-work-request-id"})
    started = start(start_export(), at_hand(services))
    assert started == Started(None, started.image, "message-1")
    assert services.notifications.events[0]["data"]["workRequestId"] is None
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert IMAGE_ID in record.getMessage()
