"""The results: a table for people, a picture for the README."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.contestants import EMPTY, SAMPLE


@dataclass(frozen=True)
class Row:
    """One thing measured: the values of all rounds by the contestants' names; less is better.

    ``ours``: the contestant that the ratios are about. ``target``: the wanted ratio to the sample.
    """

    what: str
    unit: str
    rounds: Mapping[str, Sequence[float]]
    ours: str
    target: float | None = None

    def median(self, name: str) -> float | None:
        """The contestant's median, if it took part."""
        values = self.rounds.get(name)
        return statistics.median(values) if values else None

    def ratio(self, name: str, to: str) -> float | None:
        """The median of the rounds' ratios: rounds are run in turn, so that a noisy spell hits both."""
        ours, theirs = self.rounds.get(name), self.rounds.get(to)
        if not ours or not theirs:
            return None
        return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def show(console: Console, title: str, rows: Sequence[Row], names: Sequence[str]) -> None:
    """A table of medians, with the function's ratio to the sample and to the empty function."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for heading in ("to sample", "target", "to empty"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            f"{row.what}, {row.unit}",
            *(_number(row.median(name)) for name in names),
            _number(row.ratio(row.ours, SAMPLE.name)),
            f"≤ {row.target}" if row.target is not None else "",
            _number(row.ratio(row.ours, EMPTY.name)),
        )
    console.print(table)


def draw(path: Path, panels: Mapping[str, Sequence[Row]], names: Sequence[str]) -> None:
    """Bars of the medians, one panel for each share of a core, as PNG."""
    # Slow to import, and needed once.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    colours = dict(zip(names, ("#9aa5b1", "#d08770", "#4c72b0", "#2f4b7c"), strict=False))
    figure, axes = plt.subplots(len(panels), 1, figsize=(9, 3.4 * len(panels)), squeeze=False)
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        timed = [row for row in rows if row.unit == "ms"]
        for position, row in enumerate(timed):
            present = [name for name in names if row.median(name) is not None]
            height = 0.8 / len(present)
            for offset, name in enumerate(present):
                value = row.median(name) or 0.0
                y = position - 0.4 + (offset + 0.5) * height
                axis.barh(
                    y, value, height * 0.9, color=colours[name], label=name if position == 0 else "_nolegend_"
                )
                axis.text(value * 1.05, y, _number(value), va="center", fontsize=8)
        axis.set_yticks(range(len(timed)), [row.what for row in timed])
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.margins(x=0.15)
        axis.set_xlabel("milliseconds (median, logarithmic)")
        axis.set_title(title, loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    handles = {}
    for axis in axes[:, 0]:
        handles.update(dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True)))
    figure.legend(handles.values(), handles.keys(), loc="lower center", ncol=4, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path, dpi=130, metadata={"Software": None})


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
