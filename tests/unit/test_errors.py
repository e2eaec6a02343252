"""The tree of errors: what status, what code, and whether the same request may succeed later."""

import pytest

from handlers import errors
from handlers.errors import ExportError, ServiceRefusal
from tests.fakes import refusal

TABLE: list[tuple[ExportError, int, str, bool]] = [
    (errors.CannotParse("m"), 400, "CannotParseRequest", False),
    (errors.MissingParameter("m"), 400, "MissingParameter", False),
    (errors.InvalidParameter("m"), 400, "InvalidParameter", False),
    (errors.NotAllowed("m"), 403, "NotAllowed", False),
    (errors.NotFound("m"), 404, "NotFound", False),
    (errors.MethodNotAllowed("GET"), 405, "MethodNotAllowed", False),
    (errors.TooLarge("m"), 413, "RequestEntityTooLarge", False),
    (errors.UnsupportedMediaType("m"), 415, "UnsupportedMediaType", False),
    (errors.NoAnswer("m"), 503, "ServiceUnavailable", True),
    (errors.EndingUnknown("m"), 503, "ServiceUnavailable", True),
    (errors.NotAnnounced("m"), 503, "ServiceUnavailable", True),
    (errors.Misconfigured("m"), 500, "InternalServerError", True),
    (errors.Unexpected(), 500, "InternalServerError", True),
]


@pytest.mark.parametrize(
    ("error", "status", "code", "passing"), TABLE, ids=lambda value: type(value).__name__
)
def test_an_error_has_the_contracts_status_and_code(
    error: ExportError, status: int, code: str, passing: bool
) -> None:
    assert (error.status, error.code, error.passing, error.is_foreign) == (status, code, passing, False)
    assert error.request_id is None
    assert str(error) == error.message


def test_every_error_is_in_the_table_and_in_the_modules_drawing() -> None:
    def kinds(kind: type[ExportError]) -> set[type[ExportError]]:
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    tabled = {type(error) for error, *_ in TABLE}
    assert kinds(ExportError) == tabled | {ExportError, errors.Refused, ServiceRefusal}
    assert all(kind.__name__ in str(errors.__doc__) for kind in kinds(ExportError))


def test_only_a_wrong_method_has_a_header_and_keeps_it_to_itself() -> None:
    assert errors.MethodNotAllowed("GET, POST").headers == {"allow": "GET, POST"}
    assert ExportError.headers == errors.MethodNotAllowed.headers == errors.NotFound("m").headers == {}


def test_a_bug_tells_nothing_of_the_inside() -> None:
    assert "log" in errors.Unexpected().message


@pytest.mark.parametrize(
    ("answered", "code", "status", "named", "passing"),
    [
        (400, "InvalidParameter", 400, "InvalidParameter", False),
        (401, "NotAuthenticated", 401, "NotAuthenticated", True),
        (403, "NotAuthorized", 403, "NotAuthorized", False),
        (404, "NotAuthorizedOrNotFound", 404, "NotAuthorizedOrNotFound", False),
        (409, "IncorrectState", 409, "IncorrectState", True),
        (409, "Conflict", 409, "Conflict", False),
        (409, "InvalidatedRetryToken", 409, "InvalidatedRetryToken", False),
        (400, "IncorrectState", 400, "IncorrectState", False),
        (412, "NoEtagMatch", 412, "NoEtagMatch", False),
        (429, "TooManyRequests", 429, "TooManyRequests", True),
        (500, "InternalError", 500, "InternalError", True),
        (501, "MethodNotImplemented", 501, "MethodNotImplemented", True),
        (503, "ServiceUnavailable", 503, "ServiceUnavailable", True),
        # The platform would drop the body of these two.
        (502, "BadGateway", 503, "BadGateway", True),
        (504, None, 503, "ServiceUnavailable", True),
        # Pages of proxies have no code: the status tells it.
        (404, None, 404, "NotFound", False),
        (429, None, 429, "TooManyRequests", True),
        (500, None, 500, "InternalServerError", True),
        (444, None, 444, "UnknownError", False),
        (520, None, 520, "InternalServerError", True),
        # What is no error's status is none to pass on.
        (302, None, 503, "ServiceUnavailable", True),
        (600, "Strange", 503, "Strange", True),
    ],
)
def test_a_services_refusal_is_passed_on(
    answered: int, code: str | None, status: int, named: str, passing: bool
) -> None:
    error = ServiceRefusal(answered, code, "Its message.", service="Compute", request_id="r", retry_after=3.0)
    assert (error.answered, error.status, error.code, error.passing) == (answered, status, named, passing)
    assert (error.message, error.request_id, error.retry_after) == ("Its message.", "r", 3.0)


BUSY = ["PROVISIONING", "IMPORTING", "EXPORTING", "A_STATE_OF_TOMORROW", ServiceRefusal.STATE_UNKNOWN]


@pytest.mark.parametrize("code", ["IncorrectState", "Conflict", "ACodeOfTomorrow"])
@pytest.mark.parametrize("state", [*BUSY, "AVAILABLE", "DISABLED", "DELETED", ServiceRefusal.NO_IMAGE])
def test_a_conflict_passes_by_the_state_of_the_image(state: str, code: str) -> None:
    passes = state in BUSY or (state == "AVAILABLE" and code == "IncorrectState")
    assert refusal(409, code, image_state=state).passing is passes


def test_the_state_of_the_image_decides_about_conflicts_only() -> None:
    assert not refusal(404, "NotAuthorizedOrNotFound", image_state="EXPORTING").passing


@pytest.mark.parametrize("message", [None, ""])
def test_a_refusal_without_words_says_who_refused(message: str | None) -> None:
    error = ServiceRefusal(503, None, message, service="Notifications")
    assert error.message == "Notifications answered 503 without saying why."
    assert not error.is_foreign


def test_whose_words_a_refusal_has_is_known() -> None:
    assert refusal(400, "InvalidParameter", "Compute's words").is_foreign
    assert not refusal(404, "NotFound", "our words", in_own_words=True).is_foreign


def test_who_knows_more_of_a_refusal_makes_another_one() -> None:
    first = refusal(
        409, "Conflict", "No.", request_id="r", retry_after=2.0, headers={"retry-after": "2"}, service="S"
    )
    second = first.but(message="No, and why.").but(image_state="EXPORTING")
    assert (first.message, first.image_state, first.passing) == ("No.", None, False)
    assert (second.message, second.image_state, second.passing) == ("No, and why.", "EXPORTING", True)
    kept = ("answered", "status", "code", "request_id", "retry_after", "headers", "service", "is_foreign")
    assert all(getattr(first, name) == getattr(second, name) for name in kept)
    own = refusal(409, "Conflict", "Ours.", in_own_words=True).but(image_state="EXPORTING")
    assert (own.message, own.is_foreign) == ("Ours.", False)
