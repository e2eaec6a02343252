"""The soak itself, a small one; and that it sees a promise that was broken."""

from dataclasses import replace

import pytest

from tests.soak import __main__ as program
from tests.soak.figures import Figures
from tests.soak.soak import Plan, soak

SMALL = ["--events", "60", "--containers", "6", "--seed", "7", "--speed", "10"]
MUST_BE_0 = (
    "duplicate_exports",
    "events_without_export",
    "wrong_answers_to_callers",
    "announcements_that_are_not_true",
    "exports_without_announcement",
    "endings_without_announcement",
    "rejections",
    "largest_overrun_s",
)


@pytest.mark.slow
def test_every_event_of_a_small_soak_is_exported_once_and_announced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.main(SMALL) == 0
    assert "duplicate exports" in capsys.readouterr().out


@pytest.fixture(scope="module")
def fair_weather() -> Figures:
    """The figures of two events in a cloud where nothing goes wrong."""
    calm = Plan(
        events=2,
        containers=1,
        speed=50,
        fault_share=0,
        duplicate_share=0,
        fallback_share=0.5,
        others_share=0,
        callers_share=0,
        issue_period_s=0,
    )
    return soak(calm, lambda done, of: None)


def test_in_fair_weather_each_thing_happens_once(fair_weather: Figures) -> None:
    assert not fair_weather.broken_promises
    assert fair_weather.events == fair_weather.deliveries == fair_weather.exports == 2
    assert fair_weather.exports_by_fallback == 1
    assert fair_weather.extra_announcements == fair_weather.failed_invocations == fair_weather.faults_met == 0


@pytest.mark.parametrize("figure", MUST_BE_0)
def test_a_figure_that_must_be_0_and_is_not_is_a_broken_promise(fair_weather: Figures, figure: str) -> None:
    assert len(replace(fair_weather, **{figure: 1}).broken_promises) == 1
