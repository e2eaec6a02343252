"""The deadline, shared out."""

import pytest

from handlers.exports.budget import end_of_try, plan


@pytest.mark.parametrize("seconds", [0.01, 1.0, 5.0, 30.0, 120.0, 300.0])
def test_the_work_ends_before_the_announcement_and_that_before_the_deadline(seconds: float) -> None:
    budget = plan(100.0, 100.0 + seconds)
    assert 100.0 < budget.work < budget.announcement < budget.deadline == 100.0 + seconds


@pytest.mark.parametrize("seconds", [1.0, 5.0, 30.0, 120.0, 300.0])
def test_most_of_the_time_is_for_the_export_itself(seconds: float) -> None:
    assert plan(0.0, seconds).work >= seconds * 0.65 - 1e-9


def test_a_short_deadline_is_shared_in_proportion() -> None:
    budget = plan(0.0, 10.0)
    assert (budget.work, budget.announcement, budget.deadline) == (6.5, 9.0, 10.0)


def test_a_long_deadline_keeps_back_no_more_than_is_useful() -> None:
    budget = plan(0.0, 300.0)
    assert (budget.work, budget.announcement, budget.deadline) == (283.0, 298.0, 300.0)


def test_after_the_deadline_there_is_time_for_nothing() -> None:
    budget = plan(100.0, 90.0)
    assert budget.work == budget.announcement == budget.deadline == 90.0


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
