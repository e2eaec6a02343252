"""The results: what each figure is, beside the sample's, and whether its target is met."""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench.contestants import (
    EVENT,
    EVENT_RECORDING,
    OURS,
    OURS_READY,
    OURS_RECORDING,
    Contestant,
    again,
    sample_of,
)

LEAST_ROUNDS = 5
# Figures of which two identical runs are further apart say nothing.
_MOST_APART = 0.10
_BEGIN, _END = "<!-- bench: begin -->", "<!-- bench: end -->"


class Metric(Enum):
    """What is measured, with its unit; less is better."""

    FIRST = "first call, CPU (ms)"
    RESIDENT = "resident memory (MiB)"
    WARM = "warm call, CPU (ms)"
    READY = "first call after standing ready (ms)"
    TENTH = "first call at a tenth of a core (ms)"


# What is wanted, as the ratio to the sample under the same trigger in the same run, over plain HTTP on Python
# 3.12, which is what the platform takes by default.
TARGETS: dict[tuple[Metric, Contestant], float | None] = {
    (Metric.FIRST, EVENT): 0.40,
    (Metric.FIRST, EVENT_RECORDING): 0.45,
    (Metric.FIRST, OURS): 0.53,
    (Metric.FIRST, OURS_RECORDING): None,
    (Metric.RESIDENT, EVENT): 0.58,
    (Metric.RESIDENT, EVENT_RECORDING): None,
    (Metric.RESIDENT, OURS): 0.68,
    (Metric.RESIDENT, OURS_RECORDING): 0.68,
    (Metric.WARM, EVENT): 0.07,
    (Metric.WARM, EVENT_RECORDING): None,
    (Metric.WARM, OURS): 0.07,
    (Metric.WARM, OURS_RECORDING): None,
    (Metric.READY, OURS_READY): 0.04,
    (Metric.TENTH, EVENT): 0.42,
    (Metric.TENTH, EVENT_RECORDING): None,
    (Metric.TENTH, OURS): None,
}
TARGETS_ARE_FOR = "3.12"
HEADINGS = ("", "asked by", "sample", "function", "ratio", "target", "", "TLS: sample", "function", "ratio")


class Row(NamedTuple):
    """One line of the table; the first of a metric names it. ``verdict``: whether its target is met."""

    cells: tuple[str, ...]
    verdict: str


class Figures:
    """All rounds of one Python, by metric, contestant's name and whether over TLS.

    ``version``: the Python's. ``rounds``: how many each contestant had.
    """

    def __init__(self, version: str, rounds: int) -> None:
        self.version = version
        self.rounds = rounds
        self._values: dict[tuple[Metric, str, bool], list[float]] = defaultdict(list)

    def add(self, metric: Metric, contestant: Contestant, value: float, *, tls: bool = False) -> None:
        """One round's value. Rounds have to be added in order."""
        self._values[metric, contestant.name, tls].append(value)

    def median(self, metric: Metric, contestant: Contestant, *, tls: bool = False) -> float | None:
        """The contestant's median, if it took part."""
        values = self._values[metric, contestant.name, tls]
        return statistics.median(values) if values else None

    def ratio(self, metric: Metric, contestant: Contestant, *, tls: bool = False) -> float | None:
        """The median of the rounds' ratios to the sample: a noisy spell hits both of a round."""
        ours = self._values[metric, contestant.name, tls]
        theirs = self._values[metric, sample_of(contestant).name, tls]
        if not ours or not theirs:
            return None
        return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))

    def apart(self, metric: Metric, contestant: Contestant) -> float:
        """By what share the medians of two identical runs differ."""
        one, other = (self.median(metric, twin) for twin in again(contestant))
        return abs(one - other) / min(one, other) if one and other else 0.0

    def rows(self) -> Iterator[Row]:
        """The lines of the table, in the order of the targets."""
        shown_before = None
        for (metric, contestant), target in TARGETS.items():
            if self.median(metric, contestant) is None:
                continue
            is_first, shown_before = metric is not shown_before, metric
            wanted = target if self.version.startswith(TARGETS_ARE_FOR) else None
            verdict = self._verdict(metric, contestant, wanted)
            plain, over_tls = (
                (
                    _number(self.median(metric, sample_of(contestant), tls=tls)),
                    _number(self.median(metric, contestant, tls=tls)),
                    _ratio(self.ratio(metric, contestant, tls=tls)),
                )
                for tls in (False, True)
            )
            shown = "" if wanted is None else f"≤ {wanted:.2f}"
            name = contestant.name.removesuffix(", stood ready")
            yield Row((metric.value if is_first else "", name, *plain, shown, verdict, *over_tls), verdict)

    def _verdict(self, metric: Metric, contestant: Contestant, target: float | None) -> str:
        if self.rounds < LEAST_ROUNDS:
            return f"not to be trusted: of {self.rounds} rounds"
        apart = self.apart(metric, contestant)
        if apart > _MOST_APART:
            return f"not to be trusted: the same twice, {apart:.0%} apart"
        ratio = self.ratio(metric, contestant)
        if target is None or ratio is None:
            return ""
        # A ratio that reads like its target has met it.
        over = round(ratio, _digits(ratio)) - target
        return f"missed by {over:.{_digits(ratio)}f}" if over > 0 else "met"

    @property
    def is_missed(self) -> bool:
        """Whether a figure that can be trusted misses its target."""
        return any(row.verdict.startswith("missed") for row in self.rows())


def show(console: Console, figures: Figures) -> None:
    """The table on the console."""
    table = Table(title=f"Python {figures.version}, {figures.rounds} rounds", title_justify="left")
    for position, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if position in (0, 1, 6) else "right")
    for row in figures.rows():
        style = "red" if row.verdict.startswith("missed") else "yellow" if row.verdict[:3] == "not" else None
        if row.cells[0]:
            table.add_section()
        table.add_row(*row.cells, style=style)
    console.print(table)


def markdown(figures: Figures) -> str:
    """The same for the README."""
    rule = ("---" if position in (0, 1, 6) else "---:" for position in range(len(HEADINGS)))
    lines = [HEADINGS, tuple(rule), *(row.cells for row in figures.rows())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(readme: Path, text: str) -> None:
    """Puts the text between the marks in the README. Raises ValueError where there are none."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{readme} has no {_BEGIN} and {_END}")
    readme.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.{_digits(value)}f}"


def _digits(ratio: float) -> int:
    return 3 if ratio < 0.1 else 2
