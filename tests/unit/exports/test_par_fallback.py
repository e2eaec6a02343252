"""The way around Compute's known issue: a pre-authenticated request of the function's own making."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers import redaction
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports import retry_token
from handlers.exports.commands import StartExport
from handlers.exports.start import start
from tests.fakes import HOSTS, PAR_TOKEN, START, FakeServices
from tests.unit.exports.examples import (
    DESTINATION,
    at_hand,
    invalid_bucket_name,
    refusal,
    start_export,
    start_export_of_event,
    throttled,
)


@pytest.fixture
def refusing(services: FakeServices) -> FakeServices:
    """A cloud that refuses the first export by bucket name, as it may do to functions."""
    services.fail("export_image", invalid_bucket_name())
    return services


def test_a_refused_bucket_is_exported_to_through_a_pre_authenticated_request(refusing: FakeServices) -> None:
    started = start(start_export(), at_hand(refusing))
    assert started.work_request_id
    assert [call.operation for call in refusing.calls()] == [
        "export_image",
        "create_write_request",
        "export_image",
        "publish",
    ]
    by_name, by_url = (call.arguments["details"] for call in refusing.calls("export_image"))
    assert by_name["destinationType"] == "objectStorageTuple"
    assert by_url == {
        "destinationType": "objectStorageUri",
        "destinationUri": f"{HOSTS.endpoint}/p/{PAR_TOKEN}/n/acme-images/b/exports/o/golden/web%201.oci",
        "exportFormat": "OCI",
    }


def test_the_request_may_write_that_one_object_for_the_configured_hours(refusing: FakeServices) -> None:
    start(start_export(), at_hand(refusing, par_hours=3))
    (call,) = refusing.calls("create_write_request")
    assert call.arguments["place"] == DESTINATION
    assert call.arguments["expires"] - START == timedelta(hours=3)
    assert call.arguments["name"] == "image-export-token-of-the-req"


def test_the_second_export_has_a_token_derived_from_the_first(refusing: FakeServices) -> None:
    start(start_export(), at_hand(refusing))
    first, second = (call.arguments["retry_token"] for call in refusing.calls("export_image"))
    assert second == retry_token.for_fallback(first) != first


def test_the_condition_on_the_image_holds_for_the_second_export_too(refusing: FakeServices) -> None:
    start(start_export(if_match="etag-1"), at_hand(refusing))
    assert [call.arguments["if_match"] for call in refusing.calls("export_image")] == ["etag-1"] * 2


def test_what_is_published_is_the_tuple(refusing: FakeServices) -> None:
    start(start_export(), at_hand(refusing))
    ((title, body),) = refusing.notifications.messages
    assert json.loads(body)["data"]["destination"] == DESTINATION.names
    assert PAR_TOKEN not in title + body


def test_the_token_is_redacted_from_now_on_wherever_it_stands(refusing: FakeServices) -> None:
    start(start_export(), at_hand(refusing))
    assert redaction.redact(f"Compute says {PAR_TOKEN} is wrong") == "Compute says *** is wrong"


@pytest.mark.parametrize(
    "refused",
    [
        refusal(400, "InvalidParameter", "Invalid objectName: it is too long"),
        refusal(400, "InvalidParameter", "The Invalid bucketName is not first"),
        refusal(400, "LimitExceeded", "Invalid bucketName: no"),
        refusal(404, "InvalidParameter", "Invalid bucketName: no"),
        refusal(400, "InvalidParameter", ""),
    ],
)
def test_another_refusal_is_not_gotten_around(services: FakeServices, refused: ServiceRefusal) -> None:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        start(start_export(), at_hand(services))
    assert raised.value is refused
    assert services.calls("create_write_request") == []


def test_a_callers_url_is_not_replaced_by_another(services: FakeServices) -> None:
    services.fail("export_image", invalid_bucket_name())
    command = start_export(destination=replace(DESTINATION, base=HOSTS.endpoint))
    with pytest.raises(ServiceRefusal, match="Invalid bucketName"):
        start(command, at_hand(services))
    assert services.calls("create_write_request") == []


def test_switched_off_the_refusal_is_the_reply(refusing: FakeServices) -> None:
    with pytest.raises(ServiceRefusal, match="Invalid bucketName"):
        start(start_export(), at_hand(refusing, par_hours=None))
    assert refusing.calls("create_write_request") == []


def test_there_is_one_fallback_and_no_second(services: FakeServices) -> None:
    services.fail("export_image", invalid_bucket_name(), invalid_bucket_name())
    with pytest.raises(ServiceRefusal, match="Invalid bucketName"):
        start(start_export(), at_hand(services))
    assert len(services.calls("create_write_request")) == 1


@pytest.mark.parametrize(
    "lasting", [refusal(404, "BucketNotFound"), refusal(403, "NotAllowed"), refusal(401, "NotAuthenticated")]
)
def test_where_it_may_not_be_created_the_first_error_says_which_permission_is_missing(
    refusing: FakeServices, lasting: ServiceRefusal, caplog: pytest.LogCaptureFixture
) -> None:
    refusing.fail("create_write_request", lasting)
    with pytest.raises(ServiceRefusal) as raised:
        start(start_export(), at_hand(refusing))
    error = raised.value
    assert (error.status, error.code, error.request_id) == (400, "InvalidParameter", "request-refused")
    assert error.message.startswith(invalid_bucket_name().message)
    for permission in ("PAR_MANAGE", "OBJECT_CREATE", "OBJECT_OVERWRITE"):
        assert permission in error.message
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [lasting.code in message for message in errors] == [True]
    assert refusing.notifications.messages == []


@pytest.mark.parametrize(
    "passing", [throttled(), refusal(503), NoAnswer("lost")], ids=lambda error: error.code
)
def test_what_keeps_it_from_being_created_for_now_is_tried_again(
    refusing: FakeServices, passing: ServiceRefusal | NoAnswer
) -> None:
    refusing.fail("create_write_request", passing)
    assert start(start_export(), at_hand(refusing)).work_request_id
    assert len(refusing.calls("create_write_request")) == 2


@pytest.mark.parametrize(
    "passing", [throttled(), refusal(503), NoAnswer("lost")], ids=lambda error: error.code
)
def test_what_keeps_it_from_being_created_all_the_time_is_the_failure(
    refusing: FakeServices, passing: ServiceRefusal | NoAnswer
) -> None:
    refusing.fail("create_write_request", *[passing] * 99)
    with pytest.raises(type(passing)) as raised:
        start(start_export(), at_hand(refusing))
    assert raised.value is passing
    assert raised.value.passing


def test_the_export_through_it_is_tried_again_with_the_same_url(refusing: FakeServices) -> None:
    refusing.fail("export_image", NoAnswer("lost"))
    start(start_export(), at_hand(refusing))
    _, lost, done = refusing.calls("export_image")
    assert lost.arguments == done.arguments
    assert len(refusing.calls("create_write_request")) == 1


@pytest.mark.parametrize("command", [start_export(), start_export_of_event()], ids=["a call", "an event"])
@pytest.mark.parametrize("ended", [False, True], ids=["running", "ended"])
def test_delivered_again_it_finds_the_first_export_though_its_url_is_another(
    services: FakeServices, command: StartExport, ended: bool
) -> None:
    services.object_storage.tokens[:] = [PAR_TOKEN, PAR_TOKEN[::-1]]
    services.fail("export_image", invalid_bucket_name(), None, invalid_bucket_name())
    first = start(command, at_hand(services))
    if ended:
        services.work_requests.known[0]["status"] = "SUCCEEDED"
    second = start(command, at_hand(services))
    assert first.work_request_id == second.work_request_id
    assert len(services.work_requests.known) == 1
