"""One call of ExportImage, and whose export a conflict is about: never another's."""

from dataclasses import replace

import pytest

from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.operations.export_image.attempt import Accepted, Export, details, try_once
from tests.fakes import IMAGE_ID, PAR_TOKEN, START, FakeServices, context, not_found, refusal
from tests.unit.examples import (
    BY_ANYBODY,
    PLACE,
    TOKEN,
    export,
    export_of_call,
    export_of_event,
    no_answer,
    token_was_used,
)

UNTIL = 1030.0
BUSY = refusal(409, "IncorrectState")
CONFLICT = refusal(409, "Conflict")


def attempt(services: FakeServices, asked: Export) -> Accepted:
    return try_once(asked, context(services, request_id="the-callers"), UNTIL)


def conflict(services: FakeServices, refused: ServiceRefusal, asked: Export | None = None) -> ServiceRefusal:
    services.fail("export_image", refused)
    with pytest.raises(ServiceRefusal) as raised:
        attempt(services, asked or export())
    return raised.value


def test_what_was_asked_for_is_what_compute_is_asked_for(services: FakeServices) -> None:
    accepted = attempt(services, export(if_match="etag-1", export_format="VHD"))
    (call,) = services.calls()
    assert call.arguments == {
        "image_id": IMAGE_ID,
        "details": {
            "destinationType": "objectStorageTuple",
            "namespaceName": PLACE.namespace,
            "bucketName": PLACE.bucket,
            "objectName": PLACE.object_name,
            "exportFormat": "VHD",
        },
        "retry_token": TOKEN,
        "if_match": "etag-1",
        "request_id": "the-callers",
    }
    assert call.until == UNTIL
    assert accepted.work_request_id == services.work_requests.known[0]["id"]
    assert accepted.image is not None
    assert accepted.image.document["aFieldOfTomorrow"] == {"kept": True}
    assert (accepted.how, accepted.time, accepted.token_was_used) == ("export accepted", START, False)


def test_a_destination_with_a_url_is_sent_as_one_rebuilt_from_its_parts() -> None:
    place = replace(PLACE, base="https://host", par_token=PAR_TOKEN)
    assert details(export(destination=place)) == {
        "destinationType": "objectStorageUri",
        "destinationUri": f"https://host/p/{PAR_TOKEN}/n/acme-images/b/exports/o/golden/web%201.oci",
        "exportFormat": "OCI",
    }


@pytest.mark.parametrize(
    "failure", [refusal(400, "InvalidParameter"), not_found(), refusal(500, "X"), no_answer()]
)
def test_any_failure_but_a_conflict_is_raised_as_it_is(services: FakeServices, failure: ExportError) -> None:
    services.fail("export_image", failure)
    with pytest.raises(type(failure)) as raised:
        attempt(services, export())
    assert raised.value is failure
    assert services.operations() == ["export_image"]


@pytest.mark.parametrize(
    "asked",
    [export_of_call(), export_of_event(), export_of_call(through_par=True), export(through_par=True)],
    ids=["call", "event", "call, fallback", "caller, fallback"],
)
def test_a_used_token_of_our_own_making_means_that_this_request_was_accepted(
    services: FakeServices, asked: Export
) -> None:
    services.fail("export_image", token_was_used())
    accepted = attempt(services, asked)
    assert (accepted.how, accepted.token_was_used) == ("export was accepted before", True)
    assert (accepted.work_request_id, accepted.image) == (None, None)
    assert services.operations() == ["export_image"]


def test_a_used_token_of_the_callers_is_the_callers_conflict(services: FakeServices) -> None:
    refused = token_was_used()
    assert conflict(services, refused) is refused
    assert services.operations() == ["export_image"]


@BY_ANYBODY
@pytest.mark.parametrize("refused", [BUSY, CONFLICT], ids=lambda refused: refused.code)
@pytest.mark.parametrize(
    ("state", "passes"),
    [
        ("PROVISIONING", ["IncorrectState", "Conflict"]),
        ("IMPORTING", ["IncorrectState", "Conflict"]),
        ("EXPORTING", ["IncorrectState", "Conflict"]),
        ("A_STATE_OF_TOMORROW", ["IncorrectState", "Conflict"]),
        (None, ["IncorrectState", "Conflict"]),
        ("AVAILABLE", ["IncorrectState"]),
        ("DISABLED", []),
        ("DELETED", []),
    ],
)
def test_another_conflict_passes_by_the_images_state_and_is_never_a_success(
    services: FakeServices, refused: ServiceRefusal, state: str | None, passes: list[str], asked: Export
) -> None:
    # Somebody else's export of the same image, to elsewhere, may be what it is about.
    services.work_requests.add(IMAGE_ID)
    services.compute.images[IMAGE_ID]["lifecycleState"] = state
    raised = conflict(services, refused, asked)
    assert raised.passing is (refused.code in passes)
    assert (raised.answered, raised.code, raised.message) == (409, refused.code, refused.message)
    assert services.operations() == ["export_image", "get_image"]


@pytest.mark.parametrize(
    ("failure", "passing"), [(not_found(), False), (refusal(401, "X"), True), (NoAnswer("lost"), True)]
)
def test_a_conflict_lasts_without_an_image_and_passes_while_that_cannot_be_found_out(
    services: FakeServices, failure: ExportError, passing: bool
) -> None:
    services.fail("get_image", failure)
    assert conflict(services, CONFLICT).passing is passing


def test_asking_for_the_state_is_over_when_the_try_is_and_is_counted(services: FakeServices) -> None:
    services.fail("export_image", BUSY)
    asked = context(services)
    asked.retries.call(lambda until: try_once(export(), asked, until), 1001.0)
    assert services.operations() == ["export_image", "get_image", "export_image"]
    assert {call.until for call in services.calls()} == {1001.0}
    assert asked.retries.calls == 3
