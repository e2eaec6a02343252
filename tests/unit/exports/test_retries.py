"""The loop that follows the decisions, within the budget."""

from collections.abc import Callable

import pytest

from handlers.errors import ExportError, NoAnswer, ServiceRefusal
from handlers.exports.retries import MOST_TRIES
from tests.fakes import FakeClock
from tests.unit.exports.examples import attempts, refusal, throttled

Calling = Callable[[float], str]


def failing(*failures: ExportError) -> tuple[Calling, list[float]]:
    """A call that meets these, then works; and when each of its tries had to be over."""
    turns, untils = list(failures), []

    def call(until: float) -> str:
        untils.append(until)
        if turns:
            raise turns.pop(0)
        return "done"

    return call, untils


def test_a_call_that_works_is_made_once() -> None:
    clock = FakeClock()
    tries = attempts(clock)
    call, untils = failing()
    assert tries.at_work(call) == "done"
    assert (len(untils), tries.count, clock.sleeps) == (1, 1, [])


def test_a_call_is_tried_until_it_works() -> None:
    clock = FakeClock(jitter=0.5)
    tries = attempts(clock)
    call, untils = failing(NoAnswer("lost"), throttled(), refusal(503))
    assert tries.at_work(call) == "done"
    assert (len(untils), tries.count, clock.sleeps) == (4, 4, [0.25, 0.5, 1.0])


def test_the_last_failure_is_what_is_raised() -> None:
    lasting = refusal(400, "InvalidParameter")
    call, untils = failing(NoAnswer("lost"), lasting)
    with pytest.raises(ServiceRefusal) as raised:
        attempts(FakeClock()).at_work(call)
    assert raised.value is lasting
    assert len(untils) == 2


def test_a_lasting_failure_is_raised_without_another_try() -> None:
    clock = FakeClock()
    call, untils = failing(refusal(404))
    with pytest.raises(ServiceRefusal):
        attempts(clock).at_work(call)
    assert (len(untils), clock.sleeps) == (1, [])


def test_what_is_no_failure_of_a_service_is_not_tried_again() -> None:
    tries = attempts(FakeClock())

    def call(until: float) -> str:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        tries.at_work(call)
    assert tries.count == 1


def test_retry_after_is_slept_out() -> None:
    clock = FakeClock()
    call, _ = failing(throttled(7.0))
    attempts(clock).at_work(call)
    assert clock.sleeps == [7.0]


def test_it_is_given_up_after_eight_tries() -> None:
    clock = FakeClock(jitter=0.0)
    call, untils = failing(*[NoAnswer("lost")] * 99)
    with pytest.raises(NoAnswer):
        attempts(clock).at_work(call)
    assert len(untils) == MOST_TRIES


def test_tries_and_pauses_never_pass_the_budget() -> None:
    clock = FakeClock(jitter=0.999)
    tries = attempts(clock, seconds=20.0)

    def hangs(until: float) -> str:
        clock.advance(until - clock.monotonic())
        raise NoAnswer("too late")

    with pytest.raises(NoAnswer, match="too late"):
        tries.at_work(hangs)
    assert clock.monotonic() <= tries.budget.work
    assert tries.count > 1


def test_each_try_leaves_time_for_the_next() -> None:
    clock = FakeClock()
    tries = attempts(clock, seconds=60.0)
    began = clock.monotonic()
    call, untils = failing(NoAnswer("lost"))
    tries.at_work(call)
    assert untils[0] - began == pytest.approx((tries.budget.work - began) / 2)


def test_without_time_nothing_is_called() -> None:
    clock = FakeClock()
    tries = attempts(clock, seconds=0.3)
    call, untils = failing()
    with pytest.raises(NoAnswer, match="not enough time left before the function's deadline"):
        tries.at_work(call)
    assert (untils, tries.count) == ([], 0)


def test_when_a_pause_took_too_long_the_failure_before_it_is_raised() -> None:
    clock = FakeClock()
    tries = attempts(clock, seconds=10.0)
    throttling = throttled(6.0)
    oversleeping = lambda seconds: clock.advance(seconds + 1)  # noqa: E731  # a machine that is busy
    object.__setattr__(clock, "sleep", oversleeping)
    call, untils = failing(throttling)
    with pytest.raises(ServiceRefusal) as raised:
        tries.at_work(call)
    assert raised.value is throttling
    assert len(untils) == 1


def test_the_time_kept_back_for_the_announcement_is_not_the_works() -> None:
    clock = FakeClock()
    tries = attempts(clock)
    clock.advance(tries.budget.work - clock.monotonic())
    call, untils = failing()
    with pytest.raises(NoAnswer):
        tries.at_work(call)
    assert tries.within(tries.budget.announcement, call) == "done"
    assert untils[0] <= tries.budget.announcement


def test_all_calls_of_an_invocation_are_counted() -> None:
    tries = attempts(FakeClock())
    for failures in ([], [NoAnswer("lost")]):
        tries.at_work(failing(*failures)[0])
    assert tries.count == 3
