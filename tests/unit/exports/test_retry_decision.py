"""When to try again, and after how long: the table of decisions, with the reasons."""

import pytest

from handlers.errors import ExportError, InvalidParameter, Misconfigured, NoAnswer, NotAllowed
from handlers.exports.retries import MOST_TRIES, is_worth_retrying, pause_before_next
from tests.unit.exports.examples import refusal, throttled

DECISIONS: list[tuple[ExportError, bool, str]] = [
    (NoAnswer("lost"), True, "done or not: the retry token makes both safe"),
    (throttled(), True, "throttled: nothing was done"),
    (refusal(500, "InternalServerError"), True, "a fault of the service"),
    (refusal(502), True, "a proxy's, passed on as 503"),
    (refusal(503, "ServiceUnavailable"), True, "says so itself"),
    (refusal(504), True, "a proxy's, passed on as 503"),
    (refusal(520), True, "a proxy's, in no standard"),
    (refusal(409, "IncorrectState"), True, "the image is busy, and becomes free"),
    (refusal(501, "MethodNotImplemented"), False, "will not be implemented a second later"),
    (refusal(409, "Conflict"), False, "documented as lasting"),
    (refusal(409, "InvalidatedRetryToken"), False, "the token stays used"),
    (refusal(409), False, "a conflict of an unknown kind"),
    (refusal(400, "InvalidParameter"), False, "a wrong request stays wrong"),
    (refusal(400, "IncorrectState"), False, "not the 409 of that name"),
    (refusal(401, "NotAuthenticated"), False, "the SDK has read the token again already"),
    (refusal(403, "NotAllowed"), False, "a policy is missing"),
    (refusal(404, "NotAuthorizedOrNotFound"), False, "a policy or the image is missing"),
    (refusal(412, "NoEtagMatch"), False, "the image is another by now"),
    (refusal(413, "PayloadTooLarge"), False, "stays too large"),
    (refusal(302), False, "a redirect is not followed"),
    (InvalidParameter("wrong"), False, "nothing was called"),
    (NotAllowed("no"), False, "nothing was called"),
    (Misconfigured("TOPIC_ID is missing"), False, "the operator has to act"),
]


@pytest.mark.parametrize(
    ("failure", "decision"),
    [decision[:2] for decision in DECISIONS],
    ids=[f"{failure.code}: {reason}" for failure, _, reason in DECISIONS],
)
def test_a_call_is_tried_again_only_where_time_may_cure_it(failure: ExportError, decision: bool) -> None:
    assert is_worth_retrying(failure) is decision
    assert (pause_before_next(failure, tries=1, left=60.0, jitter=0.5) is not None) is decision


def test_pauses_grow_up_to_ten_seconds() -> None:
    longest = [pause_before_next(NoAnswer("lost"), tries, 60.0, 1.0) for tries in range(1, MOST_TRIES)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_the_jitter_is_full_so_that_containers_do_not_come_back_together() -> None:
    pauses = [pause_before_next(NoAnswer("lost"), 3, 60.0, jitter) for jitter in (0.0, 0.25, 0.5, 0.999)]
    assert pauses == [0.0, 0.5, 1.0, pytest.approx(1.998)]


def test_retry_after_is_honoured() -> None:
    assert pause_before_next(throttled(17.0), 1, 60.0, 0.5) == 17.0
    assert pause_before_next(refusal(503, retry_after=5.0), 1, 60.0, 0.5) == 5.0


def test_a_retry_after_shorter_than_the_backoff_does_not_shorten_it() -> None:
    assert pause_before_next(throttled(0.0), 5, 60.0, 1.0) == 8.0


def test_a_retry_after_beyond_the_budget_ends_it_at_once() -> None:
    assert pause_before_next(throttled(60.0), 1, 60.0, 0.5) is None


def test_there_is_no_pause_without_time_for_a_try_after_it() -> None:
    assert pause_before_next(NoAnswer("lost"), 1, 0.75, 1.0) == 0.5
    assert pause_before_next(NoAnswer("lost"), 1, 0.74, 1.0) is None


def test_after_eight_tries_it_is_given_up() -> None:
    assert pause_before_next(NoAnswer("lost"), MOST_TRIES, 60.0, 0.5) is None
    assert MOST_TRIES == 8
