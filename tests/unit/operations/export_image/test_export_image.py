"""ExportImage as a whole: accepted, announced, and told to whoever asked."""

import json
from dataclasses import replace
from typing import Any

import pytest

from handlers.destinations import Destination
from handlers.errors import ExportError, NotAllowed, ServiceRefusal
from handlers.operations import Result, Subject
from handlers.operations.export_image import ExportImage
from handlers.operations.export_image.attempt import Export
from handlers.operations.export_image.dry_run import CheckExport
from tests.fakes import HOSTS, IMAGE_ID, PAR_TOKEN, FakeServices, context, image, not_found, refusal
from tests.unit.examples import (
    ALWAYS,
    BY_ANYBODY,
    PLACE,
    TOKEN,
    export,
    export_of_event,
    invalid_bucket_name,
    logged,
    no_answer,
    throttled,
    token_was_used,
)


def run(services: FakeServices, asked: Export | None = None, **configuration: str) -> Result:
    return ExportImage(asked or export()).run(context(services, **configuration))


def published(services: FakeServices) -> dict[str, Any]:
    (event,) = services.notifications.events
    return event


def test_an_export_is_accepted_and_announced(services: FakeServices) -> None:
    result = run(services)
    (work_request,) = services.work_requests.known
    assert services.operations() == ["export_image", "publish"]
    assert (result.message, result.work_request_id) == ("export accepted", work_request["id"])
    assert result.document == json.loads(result.body) == {**image(), "lifecycleState": "EXPORTING"}
    assert result.headers == {
        "content-type": "application/json",
        "etag": "etag-1",
        "opc-request-id": "request-of-the-service",
        "opc-work-request-id": work_request["id"],
        "notification-message-id": "message-1",
    }
    assert result.summary == {
        "workRequestId": work_request["id"],
        "image": result.document,
        "etag": "etag-1",
        "opcRequestId": "request-of-the-service",
        "notification": {"messageId": "message-1"},
    }
    assert published(services)["id"] == f"{work_request['id']}/accepted"


def test_an_event_is_answered_with_the_ids(services: FakeServices) -> None:
    result = run(services, export_of_event())
    work_request_id = services.work_requests.known[0]["id"]
    assert result.summary == {
        "status": "exported",
        "workRequestId": work_request_id,
        "messageId": "message-1",
    }


@BY_ANYBODY
@pytest.mark.parametrize(
    "failure", [not_found("Notifications"), throttled(), no_answer()], ids=lambda failure: failure.code
)
def test_an_export_that_could_not_be_announced_says_so(
    services: FakeServices, failure: ExportError, asked: Export, caplog: pytest.LogCaptureFixture
) -> None:
    services.fail("publish", *[failure] * ALWAYS)
    result = run(services, asked)
    assert result.notification_error == result.headers["notification-error"] == failure.code
    assert "notification-message-id" not in result.headers
    assert result.work_request_id == result.headers["opc-work-request-id"]
    assert asked.created or result.summary["notification"] == {"error": failure.code}
    (line,) = logged(caplog, "ERROR")
    assert line.startswith("the export runs, but was not announced: ")
    assert len(services.work_requests.known) == 1


@pytest.mark.parametrize(
    "destination",
    [replace(PLACE, base="https://host", par_token=PAR_TOKEN), PLACE],
    ids=["a caller's URL", "the fallback"],
)
def test_of_a_pre_authenticated_request_the_tuple_is_announced_and_no_token(
    services: FakeServices, destination: Any
) -> None:
    services.fail("export_image", *([invalid_bucket_name()] if destination is PLACE else []))
    run(services, export(destination=destination))
    assert published(services)["data"]["destination"] == PLACE.names
    assert PAR_TOKEN not in str(services.notifications.messages)


def test_a_work_request_that_is_not_known_is_an_error_in_the_log_and_null_in_the_message(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.compute.without_headers = frozenset({"opc-work-request-id"})
    result = run(services)
    assert "opc-work-request-id" not in result.headers
    assert (result.work_request_id, result.summary["workRequestId"]) == (None, None)
    event = published(services)
    assert (event["id"], event["data"]["workRequestId"]) == (f"{TOKEN}/accepted", None)
    assert logged(caplog, "ERROR") == ["the export was accepted, and its work request is not known"]


def test_where_no_image_can_be_read_a_gateway_gets_an_empty_object_and_a_direct_caller_null(
    services: FakeServices,
) -> None:
    services.compute.is_readable = False
    services.fail("get_image", not_found())
    result = run(services)
    assert (result.body, result.document, result.summary["image"]) == (b"{}", {}, None)
    assert published(services)["data"]["imageName"] is None


def test_an_export_that_was_accepted_before_is_announced_like_any_other(services: FakeServices) -> None:
    run(services, export_of_event())
    services.fail("export_image", token_was_used())
    result = run(services, export_of_event())
    first, second = services.notifications.events
    assert result.message == "export was accepted before"
    assert first["id"] == second["id"]
    assert first["data"]["destination"] == second["data"]["destination"]


def test_somebody_elses_export_is_never_announced(services: FakeServices) -> None:
    services.work_requests.add(IMAGE_ID)
    services.fail("export_image", *[refusal(409, "IncorrectState")] * ALWAYS)
    with pytest.raises(ServiceRefusal) as raised:
        run(services, export_of_event())
    assert raised.value.passing
    assert services.notifications.messages == []


def test_a_secret_in_an_answer_is_in_no_summary(services: FakeServices) -> None:
    services.compute.images[IMAGE_ID]["displayName"] = "token-in-a-name"
    asked = context(services)
    asked.redactor.hide("token-in-a-name")
    assert ExportImage(export()).run(asked).summary["image"]["displayName"] == "***"


def test_with_records_the_export_is_looked_up_and_written_down(services: FakeServices) -> None:
    run(services, EXPORT_RECORDS="acme-images/records")
    assert services.operations() == ["get", "export_image", "put", "publish"]


def test_the_log_names_image_destination_and_format() -> None:
    assert ExportImage(export()).subject == Subject(IMAGE_ID, PLACE, "OCI")


@pytest.mark.parametrize("place", [PLACE, replace(PLACE, base=HOSTS.endpoint, par_token=PAR_TOKEN)])
@pytest.mark.parametrize(
    "configuration",
    [
        {"EXPORT_NAMESPACE": "", "EXPORT_BUCKET": ""},
        {"EXPORT_BUCKET": "others", "ALLOWED_DESTINATIONS": "acme-images/exports/gold"},
        {"EXPORT_RECORDS": "acme-images/exports/golden"},
    ],
    ids=["nothing is listed", "a prefix of half a segment", "among the records"],
)
@pytest.mark.parametrize("operation", [ExportImage, CheckExport])
def test_a_destination_that_is_not_listed_is_refused_before_anything_is_called(
    services: FakeServices, operation: Any, configuration: dict[str, str], place: Destination
) -> None:
    asked = operation(export(destination=place))
    with pytest.raises(NotAllowed) as refused:
        asked.run(context(services, **configuration))
    assert (refused.value.status, refused.value.code) == (403, "NotAllowed")
    assert services.operations() == []
    # So that the log and the rejection name it.
    assert asked.subject[:2] == (IMAGE_ID, place)
