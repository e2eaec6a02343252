"""What the benchmark computes, and that it counts what was done."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.catch_up import three_runs
from tests.bench.contestants import COMPARED, EVENT, EVENT_AGAIN, OURS, SAMPLE_EVENT, Contestant
from tests.bench.measure import processor_ms
from tests.bench.report import Figures, Metric
from tests.bench.world import CallFailedError, World


def figures(*ours: float, version: str = "3.12.1", again: float = 1.0) -> Figures:
    """First calls by an event, beside samples that take 10, 20, 100 and 100 again; the twin's times that."""
    found = Figures(version, len(ours))
    for value, sample in zip(ours, (10.0, 20.0, 100.0, 100.0, 100.0), strict=False):
        found.add(Metric.FIRST, SAMPLE_EVENT, sample)
        found.add(Metric.FIRST, EVENT, value)
        found.add(Metric.FIRST, EVENT_AGAIN, value * again)
    return found


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    found = figures(5.0, 12.0, 40.0)
    assert found.median(Metric.FIRST, EVENT) == 12.0
    assert found.ratio(Metric.FIRST, EVENT) == 0.5  # not 12 to 20: a noisy round hits both
    assert found.ratio(Metric.FIRST, OURS) is None


@pytest.mark.parametrize(
    ("found", "verdict", "is_missed"),
    [
        (figures(4.0, 8.0, 40.0, 40.0, 40.0), "met", False),
        (figures(4.0, 8.0, 40.4, 40.4, 40.4), "met", False),
        (figures(4.0, 8.0, 43.0, 43.0, 43.0), "missed by 0.03", True),
        (figures(4.0, 8.0, 43.0, 43.0), "not to be trusted: of 4 rounds", False),
        (
            figures(4.0, 8.0, 43.0, 43.0, 43.0, again=1.2),
            "not to be trusted: the same twice, 20% apart",
            False,
        ),
        (figures(4.0, 8.0, 43.0, 43.0, 43.0, version="3.11.7"), "", False),
    ],
)
def test_a_target_is_met_or_missed_by_figures_that_can_be_trusted(
    found: Figures, verdict: str, is_missed: bool
) -> None:
    (row,) = found.rows()
    assert row.verdict == verdict
    assert found.is_missed is is_missed


def test_the_readme_gets_the_table_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n", encoding="utf-8")
    report.write(readme, report.markdown(figures(4.0, 8.0, 43.0, 43.0, 43.0)))
    before, begin, heading, rule, line, end, after = readme.read_text(encoding="utf-8").splitlines()
    assert (before, begin, end, after) == ("before", "<!-- bench: begin -->", "<!-- bench: end -->", "after")
    assert heading.count("|") == rule.count("|") == line.count("|")
    assert line.startswith("| first call, CPU (ms) | event | 100 | 43.0 | 0.43 | ≤ 0.40 | missed by 0.03 |")


def test_a_readme_without_marks_is_left_as_it_is(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="has no"):
        report.write(readme, "text")
    assert readme.read_text(encoding="utf-8") == "nothing"


def test_the_time_of_a_processor_is_that_of_threads_that_have_ended_too() -> None:
    def work() -> None:
        began = time.thread_time()
        while time.thread_time() - began < 0.05:
            pass

    before = processor_ms(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert 50 <= processor_ms(os.getpid()) - before < 500


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as running:
        yield running


@pytest.mark.parametrize("contestant", COMPARED, ids=lambda contestant: contestant.name)
def test_each_contestant_does_its_work_over_tls(world: World, contestant: Contestant) -> None:
    with world.host(contestant, tls=True) as host:
        world.call(contestant, host)


def test_a_contestant_that_does_not_do_its_work_is_found_out(world: World, tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text("def handler(ctx, data=None):\n    return '{}'\n", encoding="utf-8")
    idle = Contestant("idle", tmp_path)
    with world.host(idle) as host, pytest.raises(CallFailedError, match="idle"):
        world.call(idle, host)


def test_a_done_image_costs_a_catch_up_one_read() -> None:
    runs = three_runs(3)
    assert runs["missing"].calls["ExportImage"] == 3
    assert [announced["status"] for announced in runs["ended"].reply["announced"]] == ["SUCCEEDED"] * 3
    assert runs["done"].calls == {"ListImages": 1, "GetObject": 3}
    assert runs["done"].peak_mib > 10
