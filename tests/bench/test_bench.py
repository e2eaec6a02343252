"""What the benchmarks compute, and that they count what was done."""

import os
import time
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.contestants import EMPTY, OURS, SAMPLE, Contestant
from tests.bench.measure import processor_ms
from tests.bench.report import Row
from tests.bench.world import CallFailedError, World

ROUNDS = {EMPTY.name: [1.0, 1.0, 1.0], SAMPLE.name: [10.0, 20.0, 100.0], OURS.name: [5.0, 12.0, 40.0]}


def row(target: float | None) -> Row:
    return Row("first call", "ms", ROUNDS, target=target)


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    assert row(None).median(OURS.name) == 12.0
    assert row(None).ratio(SAMPLE.name) == 0.5  # not 12 to 20: a noisy round hits both
    assert row(None).ratio("nobody") is None


@pytest.mark.parametrize(("target", "is_missed"), [(0.5, False), (0.49, True), (None, False)])
def test_a_target_is_missed_by_a_higher_ratio(target: float | None, is_missed: bool) -> None:
    assert row(target).is_missed is is_missed


def test_the_readme_gets_the_table_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n", encoding="utf-8")
    report.write(readme, report.markdown({"full core": [row(0.62)]}))
    before, begin, heading, _, line, end, after = readme.read_text(encoding="utf-8").splitlines()
    assert (before, begin, end, after) == ("before", "<!-- bench: begin -->", "<!-- bench: end -->", "after")
    assert heading.count("|") == line.count("|")
    assert line == "| **full core:** first call | 1 ms | 20 ms | 12 ms |  |  | 0.5 | ≤ 0.62 |"


def test_a_readme_without_marks_is_left_as_it_is(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="has no"):
        report.write(readme, "text")
    assert readme.read_text(encoding="utf-8") == "nothing"


def test_the_time_of_a_processor_is_what_the_process_itself_says() -> None:
    before, began = processor_ms(os.getpid()), time.process_time()
    while time.process_time() - began < 0.05:
        pass
    assert processor_ms(os.getpid()) - before >= 45


def test_a_contestant_that_does_not_do_its_work_is_found_out() -> None:
    idle = Contestant("idle", EMPTY.code)
    with World() as world, world.host(idle) as host, pytest.raises(CallFailedError, match="idle"):
        world.call(idle, host)
