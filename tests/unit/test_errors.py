"""The tree of errors: what status, what code, whether the same request may succeed later, or in seconds."""

import pytest

from handlers import errors
from handlers.errors import ExportError, ServiceRefusal

# Status, code, whether it passes, and whether the same call is tried again.
TABLE: list[tuple[ExportError, int, str, bool, bool]] = [
    (errors.CannotParse("m"), 400, "CannotParseRequest", False, False),
    (errors.MissingParameter("m"), 400, "MissingParameter", False, False),
    (errors.InvalidParameter("m"), 400, "InvalidParameter", False, False),
    (errors.NotAllowed("m"), 403, "NotAllowed", False, False),
    (errors.NotFound("m"), 404, "NotFound", False, False),
    (errors.MethodNotAllowed("GET"), 405, "MethodNotAllowed", False, False),
    (errors.TooLarge("m"), 413, "RequestEntityTooLarge", False, False),
    (errors.UnsupportedMediaType("m"), 415, "UnsupportedMediaType", False, False),
    (errors.NoAnswer("m"), 503, "ServiceUnavailable", True, True),
    (errors.NoTime(), 503, "ServiceUnavailable", True, True),
    (errors.EndingUnknown("m"), 503, "ServiceUnavailable", True, True),
    (errors.NotAnnounced("m", errors.NotAllowed("m")), 503, "ServiceUnavailable", True, True),
    (errors.Misconfigured("m"), 500, "InternalServerError", True, False),
    (errors.Unexpected(), 500, "InternalServerError", True, False),
]


@pytest.mark.parametrize(
    ("error", "status", "code", "passing", "is_retried"), TABLE, ids=lambda value: type(value).__name__
)
def test_an_error_has_the_contracts_status_and_code(
    error: ExportError, status: int, code: str, passing: bool, is_retried: bool
) -> None:
    assert (error.status, error.code, error.passing, error.is_retried) == (status, code, passing, is_retried)
    assert error.request_id is None
    assert str(error) == error.message
    # Only a wrong method has a header, and keeps it to itself.
    assert error.headers == ({"allow": "GET"} if status == 405 else {})
    assert type(error).headers == {}


def test_every_error_is_in_the_table_and_in_the_modules_drawing() -> None:
    def kinds(kind: type[ExportError]) -> set[type[ExportError]]:
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    ours = {kind for kind in kinds(ExportError) if kind.__module__ == errors.__name__}
    assert ours == {type(error) for error, *_ in TABLE} | {ExportError, errors.Refused, ServiceRefusal}
    assert all(kind.__name__ in str(errors.__doc__) for kind in ours)


@pytest.mark.parametrize(
    ("answered", "code", "status", "named", "decisions"),
    [
        # The principal's token was read again already.
        (401, "NotAuthenticated", 401, "NotAuthenticated", (True, False)),
        (404, "NotAuthorizedOrNotFound", 404, "NotAuthorizedOrNotFound", (False, False)),
        (408, "RequestTimeout", 408, "RequestTimeout", (True, False)),
        # Is waited for by whoever knows the image's state.
        (409, "IncorrectState", 409, "IncorrectState", (True, False)),
        (409, "Conflict", 409, "Conflict", (True, False)),
        (409, "InvalidatedRetryToken", 409, "InvalidatedRetryToken", (False, False)),
        (412, "NoEtagMatch", 412, "NoEtagMatch", (False, False)),
        (429, "TooManyRequests", 429, "TooManyRequests", (True, True)),
        (500, "InternalError", 500, "InternalError", (True, True)),
        (501, "MethodNotImplemented", 501, "MethodNotImplemented", (True, False)),
        # The platform would drop the body of these two.
        (502, "BadGateway", 503, "BadGateway", (True, True)),
        (504, None, 503, "ServiceUnavailable", (True, True)),
        # Pages of proxies have no code: the status tells it.
        (404, None, 404, "NotFound", (False, False)),
        (444, None, 444, "UnknownError", (False, False)),
        (520, None, 520, "InternalServerError", (True, True)),
        # What is no error's status is none to pass on. A redirect is not followed.
        (302, None, 503, "ServiceUnavailable", (True, False)),
        (600, "Strange", 503, "Strange", (True, True)),
    ],
)
def test_a_services_refusal_is_passed_on(
    answered: int, code: str | None, status: int, named: str, decisions: tuple[bool, bool]
) -> None:
    error = ServiceRefusal(answered, code, "Its message.", service="Compute")
    assert (error.answered, error.status, error.code) == (answered, status, named)
    assert (error.passing, error.is_retried) == decisions


BUSY = ["PROVISIONING", "IMPORTING", "EXPORTING", "A_STATE_OF_TOMORROW", ServiceRefusal.STATE_UNKNOWN]


@pytest.mark.parametrize("code", ["IncorrectState", "Conflict", "ACodeOfTomorrow"])
@pytest.mark.parametrize("state", [*BUSY, "AVAILABLE", "DISABLED", "DELETED", ServiceRefusal.NO_IMAGE])
def test_a_conflict_passes_by_the_state_of_the_image(state: str, code: str) -> None:
    passes = state in BUSY or (state == "AVAILABLE" and code != "ACodeOfTomorrow")
    assert ServiceRefusal(409, code, "m", service="Compute", image_state=state).passing is passes
    # It decides about conflicts only.
    assert not ServiceRefusal(404, code, "m", service="Compute", image_state=state).passing


def test_who_knows_more_of_a_refusal_makes_another_one() -> None:
    first = ServiceRefusal(
        409, "Odd", "No.", service="S", request_id="r", retry_after=2.0, headers={"retry-after": "2"}
    )
    second = first.but(message="No, and why.").but(image_state="EXPORTING")
    assert (first.message, first.image_state, first.passing) == ("No.", None, False)
    assert (second.message, second.image_state, second.passing) == ("No, and why.", "EXPORTING", True)
    assert first.but(image_state="EXPORTING").but(message="No, and why.").passing
    kept = ("answered", "status", "code", "request_id", "retry_after", "headers", "service")
    assert all(getattr(first, name) == getattr(second, name) for name in kept)
    assert first.but(passing=True).passing
