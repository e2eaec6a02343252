"""The way around Compute's known issue: a pre-authenticated request of the function's own making."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.context import Context
from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.operations.export_image import retry_token
from handlers.operations.export_image.attempt import Accepted, Export
from handlers.operations.export_image.start import start
from tests.fakes import HOSTS, IMAGE_ID, PAR_TOKEN, START, FakeServices, context, refusal
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


@pytest.fixture
def refusing(services: FakeServices) -> FakeServices:
    """A cloud that refuses the first export by the bucket's name, as it may do to functions."""
    services.fail("export_image", invalid_bucket_name())
    return services


@pytest.fixture
def asked(refusing: FakeServices) -> Context:
    return context(refusing)


def under_par(services: FakeServices, *failures: ExportError) -> None:
    """The exports through the request meet these, in turn."""
    services.fail("export_image", *failures)


def test_a_refused_bucket_is_exported_to_through_a_pre_authenticated_request(
    refusing: FakeServices, asked: Context
) -> None:
    accepted = start(export(if_match="etag-1"), asked)
    assert accepted.work_request_id == refusing.work_requests.known[0]["id"]
    assert (accepted.par_id, refusing.object_storage.pars) == (
        refusing.object_storage.pars[0],
        [accepted.par_id],
    )
    assert refusing.operations() == ["export_image", "create_par", "export_image"]
    by_name, by_url = (call.arguments for call in refusing.calls("export_image"))
    assert by_name["details"]["destinationType"] == "objectStorageTuple"
    assert by_url["details"] == {
        "destinationType": "objectStorageUri",
        "destinationUri": f"{HOSTS.endpoint}/p/{PAR_TOKEN}/n/acme-images/b/exports/o/golden/web%201.oci",
        "exportFormat": "OCI",
    }
    assert by_name["if_match"] == by_url["if_match"] == "etag-1"


def test_the_request_may_write_that_one_object_for_the_configured_hours(refusing: FakeServices) -> None:
    start(export(), context(refusing, PAR_HOURS="3"))
    (call,) = refusing.calls("create_par")
    assert call.arguments["place"] == PLACE
    assert call.arguments["expires"] - START == timedelta(hours=3)
    assert call.arguments["name"] == f"image-export-{retry_token.short(TOKEN)}"


def test_the_second_export_has_a_token_made_of_the_first_the_image_the_destination_and_the_format(
    refusing: FakeServices, asked: Context
) -> None:
    start(export(), asked)
    first, second = (call.arguments["retry_token"] for call in refusing.calls("export_image"))
    assert second == retry_token.for_fallback(first, IMAGE_ID, str(PLACE), "OCI") != first


def test_the_token_is_hidden_from_now_on_wherever_it_stands(asked: Context) -> None:
    start(export(), asked)
    assert asked.redactor.text(f"Compute says {PAR_TOKEN} is wrong") == "Compute says *** is wrong"


def test_there_is_one_fallback_and_no_second(refusing: FakeServices, asked: Context) -> None:
    under_par(refusing, invalid_bucket_name())
    with pytest.raises(ServiceRefusal, match="Invalid bucketName"):
        start(export(), asked)
    assert len(refusing.calls("create_par")) == 1


@pytest.mark.parametrize("lasting", [refusal(404, "BucketNotFound"), refusal(403, "NotAllowed")])
def test_where_it_may_not_be_created_the_first_error_says_which_permission_is_missing(
    refusing: FakeServices, asked: Context, lasting: ServiceRefusal, caplog: pytest.LogCaptureFixture
) -> None:
    refusing.fail("create_par", lasting)
    with pytest.raises(ServiceRefusal) as raised:
        start(export(), asked)
    error = raised.value
    assert (error.status, error.code, error.request_id) == (400, "InvalidParameter", "request-refused")
    assert error.message.startswith(invalid_bucket_name().message)
    assert all(name in error.message for name in ("PAR_MANAGE", "OBJECT_CREATE", "OBJECT_OVERWRITE"))
    (line,) = logged(caplog, "ERROR")
    assert lasting.code in line
    assert refusing.calls("delete_par") == []


@pytest.mark.parametrize(
    "passing", [throttled(), refusal(503, "X"), no_answer()], ids=lambda error: error.code
)
def test_what_keeps_it_from_being_created_for_now_is_tried_again(
    refusing: FakeServices, asked: Context, passing: ExportError
) -> None:
    refusing.fail("create_par", passing)
    assert start(export(), asked).work_request_id
    assert len(refusing.calls("create_par")) == 2


@pytest.mark.parametrize(
    "passing",
    [refusal(401, "NotAuthenticated"), throttled(), refusal(503, "X"), no_answer()],
    ids=lambda error: error.code,
)
def test_what_keeps_it_from_being_created_all_the_time_passes_as_itself(
    refusing: FakeServices, asked: Context, passing: ExportError
) -> None:
    refusing.fail("create_par", *[passing] * ALWAYS)
    with pytest.raises(type(passing)) as raised:
        start(export(), asked)
    assert raised.value is passing
    assert raised.value.passing


def test_the_export_through_it_is_tried_again_with_the_same_url_and_token(
    refusing: FakeServices, asked: Context
) -> None:
    under_par(refusing, no_answer())
    start(export(), asked)
    _, lost, done = refusing.calls("export_image")
    assert lost.arguments == done.arguments
    assert len(refusing.calls("create_par")) == 1


@BY_ANYBODY
def test_delivered_again_it_is_the_first_export_though_its_url_is_another(
    services: FakeServices, asked: Export
) -> None:
    services.object_storage.tokens[:] = [PAR_TOKEN, PAR_TOKEN[::-1]]
    services.fail("export_image", invalid_bucket_name(), None, invalid_bucket_name())
    first, second = (start(asked, context(services)) for _ in range(2))
    assert len(services.work_requests.known) == 1
    # Under a caller's token it can't be told which export that was.
    assert second.work_request_id == (None if asked.token_of == "caller" else first.work_request_id)  # noqa: S105
    assert (second.token_was_used, second.par_id) == (True, None)


def test_the_same_token_for_another_object_is_another_export(services: FakeServices) -> None:
    services.fail("export_image", invalid_bucket_name(), None, invalid_bucket_name())
    other = export(destination=replace(PLACE, object_name="other.oci"))
    first, second = (start(asked, context(services)) for asked in (export(), other))
    assert first.work_request_id != second.work_request_id
    assert not second.token_was_used


CLIENT_ERRORS = [
    refusal(400, "InvalidParameter"),
    refusal(401, "NotAuthenticated"),
    refusal(404, "NotAuthorizedOrNotFound"),
    refusal(409, "IncorrectState"),
    token_was_used(),
    throttled(),
]


@pytest.mark.parametrize("failure", CLIENT_ERRORS, ids=lambda failure: failure.code)
def test_a_request_under_which_every_try_met_a_4xx_is_deleted_at_once(
    refusing: FakeServices, asked: Context, failure: ServiceRefusal
) -> None:
    under_par(refusing, *[failure] * ALWAYS)
    start_or_fail(export_of_event(), asked)
    assert refusing.object_storage.pars == []
    (call,) = refusing.calls("delete_par")
    assert call.until <= asked.retries.budget.announcement


@pytest.mark.parametrize(
    "failures",
    [
        [refusal(500, "X")],
        [refusal(503, "X"), refusal(404, "NotAuthorizedOrNotFound")],
        [no_answer(), refusal(404, "NotAuthorizedOrNotFound")],
        [refusal(302, "Found")],
        [no_answer()] * ALWAYS,
        [ValueError("a bug")],
        [],
    ],
    ids=["500", "503, then 404", "no answer, then 404", "302", "no answer", "a bug", "accepted"],
)
def test_a_request_that_an_export_may_be_using_is_kept(
    refusing: FakeServices, asked: Context, failures: list[ExportError]
) -> None:
    under_par(refusing, *failures)
    start_or_fail(export_of_event(), asked)
    assert len(refusing.object_storage.pars) == 1
    assert refusing.calls("delete_par") == []


def start_or_fail(request: Export, asked: Context) -> Accepted | Exception:
    try:
        return start(request, asked)
    except (ExportError, ValueError) as failure:
        return failure


def test_without_time_for_a_try_the_request_is_deleted(refusing: FakeServices, asked: Context) -> None:
    refusing.clock.advance(asked.retries.budget.work - refusing.clock.monotonic() - 3.0)
    refusing.take("create_par", 2.9)
    with pytest.raises(NoAnswer):
        start(export(), asked)
    assert refusing.object_storage.pars == []


def test_deleting_is_tried_again_and_a_failure_is_a_warning(
    refusing: FakeServices, asked: Context, caplog: pytest.LogCaptureFixture
) -> None:
    under_par(refusing, token_was_used())
    refusing.fail("delete_par", throttled(), refusal(404, "NotAuthorizedOrNotFound"))
    assert start(export_of_event(), asked).token_was_used
    assert len(refusing.calls("delete_par")) == 2
    (line,) = logged(caplog, "WARNING")
    assert line.startswith("a pre-authenticated request was not deleted: 404 ")
