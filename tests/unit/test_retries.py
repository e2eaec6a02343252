"""How the time is shared out, which failed call is worth another try, and the loop that follows."""

import pytest

from handlers.errors import ExportError, InvalidParameter, Misconfigured, NoAnswer, NotAllowed, ServiceRefusal
from handlers.retries import MOST_TRIES, Retries, end_of_try, is_retried, pause, plan
from tests.fakes import FakeClock, refusal
from tests.unit.examples import ALWAYS, failing, no_answer, throttled, token_was_used


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def retries(clock: FakeClock, seconds: float = 60.0) -> Retries:
    """The calls of an invocation whose deadline is that far away."""
    return Retries(plan(clock.monotonic(), clock.monotonic() + seconds), clock)


@pytest.mark.parametrize("seconds", [0.01, 1.0, 5.0, 30.0, 120.0, 300.0])
def test_the_work_ends_before_the_announcement_and_that_before_the_deadline(seconds: float) -> None:
    budget = plan(100.0, 100.0 + seconds)
    assert 100.0 < budget.work < budget.announcement < budget.deadline == 100.0 + seconds
    # Most of the time is for the export itself.
    assert budget.work - 100.0 >= seconds * 0.65 - 1e-9


@pytest.mark.parametrize(
    ("seconds", "work", "announcement"),
    [
        pytest.param(10.0, 6.5, 9.0, id="a short deadline is shared in proportion"),
        pytest.param(300.0, 283.0, 298.0, id="a long one keeps back no more than is useful"),
        pytest.param(-10.0, -10.0, -10.0, id="after the deadline there is time for nothing"),
    ],
)
def test_the_shares_of_a_deadline(seconds: float, work: float, announcement: float) -> None:
    budget = plan(0.0, seconds)
    assert (budget.work, budget.announcement, budget.deadline) == (work, announcement, seconds)


@pytest.mark.parametrize(
    ("left", "time_of_try"),
    [
        (100.0, 50.0),  # a server that hangs leaves half for another try
        (10.0, 5.0),
        (6.0, 4.0),  # never shorter than an answer may take
        (4.0, 4.0),
        (0.5, 0.5),  # the last try has all that is left
    ],
)
def test_one_try_leaves_time_for_another(left: float, time_of_try: float) -> None:
    assert end_of_try(20.0, 20.0 + left) == pytest.approx(20.0 + time_of_try)


def test_no_try_outlasts_its_part_of_the_budget() -> None:
    assert all(end_of_try(0.0, left / 10) <= left / 10 for left in range(1, 1000))


DECISIONS: list[tuple[ExportError, bool, str]] = [
    (no_answer(), True, "done or not: the retry token makes both safe"),
    (throttled(), True, "throttled: nothing was done"),
    (refusal(500, "InternalServerError"), True, "a fault of the service"),
    (refusal(502, "BadGateway"), True, "a proxy's, passed on as 503"),
    (refusal(503, "ServiceUnavailable"), True, "says so itself"),
    (refusal(504, "GatewayTimeout"), True, "a proxy's, passed on as 503"),
    (refusal(520, "Unknown"), True, "a proxy's, in no standard"),
    (refusal(409, "IncorrectState"), True, "the image is busy, and becomes free"),
    (refusal(409, "Conflict", image_state="EXPORTING"), True, "something else goes on with the image"),
    (refusal(409, "Conflict", image_state="AVAILABLE"), False, "nothing goes on with the image"),
    (refusal(409, "IncorrectState", image_state="DELETED"), False, "the image stays deleted"),
    (refusal(501, "MethodNotImplemented"), False, "will not be implemented a second later"),
    (refusal(409, "Conflict"), False, "documented as lasting"),
    (token_was_used(), False, "the token stays used"),
    (refusal(400, "InvalidParameter"), False, "a wrong request stays wrong"),
    (refusal(400, "IncorrectState"), False, "not the 409 of that name"),
    (refusal(401, "NotAuthenticated"), False, "the token of the principal was read again already"),
    (refusal(403, "NotAllowed"), False, "a policy is missing"),
    (refusal(404, "NotAuthorizedOrNotFound"), False, "a policy or the image is missing"),
    (refusal(412, "NoEtagMatch"), False, "the image is another by now"),
    (refusal(413, "PayloadTooLarge"), False, "stays too large"),
    (refusal(302, "Found"), False, "a redirect is not followed"),
    (InvalidParameter("wrong"), False, "nothing was called"),
    (NotAllowed("no"), False, "nothing was called"),
    (Misconfigured("TOPIC_ID is missing"), False, "the operator has to act"),
]


@pytest.mark.parametrize(
    ("failure", "decision"),
    [decision[:2] for decision in DECISIONS],
    ids=[f"{failure.code}: {reason}" for failure, _, reason in DECISIONS],
)
def test_a_call_is_tried_again_only_where_seconds_may_change_the_answer(
    failure: ExportError, decision: bool
) -> None:
    assert is_retried(failure) is decision
    assert (pause(failure, tries=1, left=60.0, jitter=0.5) is not None) is decision


def test_pauses_grow_up_to_ten_seconds() -> None:
    longest = [pause(no_answer(), tries, 60.0, 1.0) for tries in range(1, MOST_TRIES)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_the_jitter_is_full_so_that_containers_do_not_come_back_together() -> None:
    pauses = [pause(no_answer(), 3, 60.0, jitter) for jitter in (0.0, 0.25, 0.5, 0.999)]
    assert pauses == [0.0, 0.5, 1.0, pytest.approx(1.998)]


@pytest.mark.parametrize(
    ("failure", "tries", "left", "jitter", "seconds"),
    [
        pytest.param(throttled(17.0), 1, 60.0, 0.5, 17.0, id="Retry-After is honoured"),
        pytest.param(refusal(503, "X", retry_after=5.0), 1, 60.0, 0.5, 5.0, id="also of a 503"),
        pytest.param(throttled(0.0), 5, 60.0, 1.0, 8.0, id="a short one does not shorten the backoff"),
        pytest.param(throttled(60.0), 1, 60.0, 0.5, None, id="one beyond the budget ends it at once"),
        pytest.param(no_answer(), 1, 0.75, 1.0, 0.5, id="time for a try after the pause"),
        pytest.param(no_answer(), 1, 0.74, 1.0, None, id="no time for a try after the pause"),
        pytest.param(no_answer(), 8, 60.0, 0.5, None, id="eight tries are enough"),
    ],
)
def test_a_pause_fits_what_is_left(
    failure: ExportError, tries: int, left: float, jitter: float, seconds: float | None
) -> None:
    assert pause(failure, tries, left, jitter) == seconds


def test_a_call_that_works_is_made_once(clock: FakeClock) -> None:
    tries = retries(clock)
    call, ends = failing()
    assert tries.call(call) == "done"
    assert (len(ends), tries.calls, clock.sleeps) == (1, 1, [])


def test_a_call_is_tried_until_it_works_and_all_tries_are_counted(clock: FakeClock) -> None:
    tries = retries(clock)
    call, ends = failing(no_answer(), throttled(7.0), refusal(503, "ServiceUnavailable"))
    assert tries.call(call) == "done"
    assert (len(ends), tries.calls, clock.sleeps) == (4, 4, [0.25, 7.0, 1.0])
    tries.call(failing()[0])
    assert tries.calls == 5


def test_a_lasting_failure_ends_it_and_is_what_is_raised(clock: FakeClock) -> None:
    lasting = refusal(400, "InvalidParameter")
    call, ends = failing(no_answer(), lasting)
    with pytest.raises(ServiceRefusal) as raised:
        retries(clock).call(call)
    assert raised.value is lasting
    assert len(ends) == 2


def test_a_bug_is_not_tried_again(clock: FakeClock) -> None:
    tries = retries(clock)
    with pytest.raises(KeyError):
        tries.call(failing(KeyError("a bug"))[0])
    assert tries.calls == 1


def test_it_is_given_up_after_eight_tries() -> None:
    call, ends = failing(*[no_answer()] * ALWAYS)
    with pytest.raises(NoAnswer):
        retries(FakeClock(jitter=0.0)).call(call)
    assert len(ends) == MOST_TRIES == 8


def test_tries_and_pauses_never_pass_the_budget() -> None:
    clock = FakeClock(jitter=0.999)
    tries = retries(clock, seconds=20.0)

    def hangs(until: float) -> str:
        clock.advance(until - clock.monotonic())
        raise NoAnswer("too late")

    with pytest.raises(NoAnswer, match="too late"):
        tries.call(hangs)
    assert clock.monotonic() <= tries.budget.work
    assert tries.calls > 1


def test_each_try_leaves_time_for_the_next(clock: FakeClock) -> None:
    tries, began = retries(clock), clock.monotonic()
    call, ends = failing(no_answer())
    tries.call(call)
    assert ends[0] - began == pytest.approx((tries.budget.work - began) / 2)


def test_without_time_nothing_is_called(clock: FakeClock) -> None:
    tries = retries(clock, seconds=0.3)
    call, ends = failing()
    with pytest.raises(NoAnswer, match="not enough time left before the function's deadline"):
        tries.call(call)
    assert (ends, tries.calls) == ([], 0)


def test_when_a_pause_took_too_long_the_failure_before_it_is_raised(clock: FakeClock) -> None:
    # A machine that is busy wakes up late.
    object.__setattr__(clock, "sleep", lambda seconds: clock.advance(seconds + 1))
    throttling = throttled(6.0)
    call, ends = failing(throttling)
    with pytest.raises(ServiceRefusal) as raised:
        retries(clock, seconds=10.0).call(call)
    assert raised.value is throttling
    assert len(ends) == 1


def test_the_time_kept_back_for_the_announcement_is_not_the_works(clock: FakeClock) -> None:
    tries = retries(clock)
    clock.advance(tries.budget.work - clock.monotonic())
    call, ends = failing()
    with pytest.raises(NoAnswer):
        tries.call(call)
    assert tries.call(call, tries.budget.announcement) == "done"
    assert ends[0] <= tries.budget.announcement


def test_a_share_is_of_what_is_left(clock: FakeClock) -> None:
    tries, now = retries(clock), clock.monotonic()
    assert tries.share(0.25, now + 40.0) == now + 10.0
    assert tries.share(0.25, now - 40.0) == now
