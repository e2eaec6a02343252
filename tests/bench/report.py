"""The results: tables for the console and for the README, and a picture."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.contestants import COMPARED, EMPTY, OURS, OURS_READY, SAMPLE

_NAMES = [contestant.name for contestant in COMPARED]
_BEGIN, _END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True)
class Row:
    """One thing measured: the values of all rounds by the contestants' names; less is better.

    ``ours``: the contestant that the ratios are about. ``target``: the wanted ratio to the sample.
    """

    what: str
    unit: str
    rounds: Mapping[str, Sequence[float]]
    ours: str = OURS.name
    target: float | None = None

    def median(self, name: str) -> float | None:
        """The contestant's median, if it took part."""
        values = self.rounds.get(name)
        return statistics.median(values) if values else None

    def ratio(self, to: str) -> float | None:
        """The median of the rounds' ratios: rounds are run in turn, so that a noisy spell hits both."""
        ours, theirs = self.rounds.get(self.ours), self.rounds.get(to)
        if not ours or not theirs:
            return None
        return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))

    @property
    def is_missed(self) -> bool:
        """Whether the ratio to the sample is above the target."""
        ratio = self.ratio(SAMPLE.name)
        return self.target is not None and ratio is not None and ratio > self.target


def show(console: Console, title: str, rows: Sequence[Row]) -> None:
    """A table of medians, with the function's ratio to the sample and to the empty function."""
    table = Table(title=title, title_justify="left")
    for heading in ("", *_NAMES, "to sample", "target", "to empty"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        target = "" if row.target is None else f"≤ {row.target}"
        table.add_row(
            f"{row.what}, {row.unit}",
            *(_number(row.median(name)) for name in _NAMES),
            _number(row.ratio(SAMPLE.name)),
            f"[red]{target}[/]" if row.is_missed else target,
            _number(row.ratio(EMPTY.name)),
        )
    console.print(table)


def markdown(panels: Mapping[str, Sequence[Row]]) -> str:
    """The same as a table of the README."""
    lines = [
        f"| | {' | '.join(_NAMES)} | ratio to sample | target |",
        f"| --- |{' ---: |' * (len(_NAMES) + 2)}",
    ]
    for title, rows in panels.items():
        for position, row in enumerate(rows):
            values = [row.median(name) for name in _NAMES]
            cells = [
                f"**{title}:** {row.what}" if position == 0 else row.what,
                *("" if value is None else f"{_number(value)} {row.unit}".strip() for value in values),
                _number(row.ratio(SAMPLE.name)),
                "" if row.target is None else f"≤ {row.target}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write(readme: Path, text: str) -> None:
    """Puts the text between the marks in the README. Raises ValueError where there are none."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{readme} has no {_BEGIN} and {_END}")
    readme.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def draw(path: Path, panels: Mapping[str, Sequence[Row]]) -> None:
    """Bars of the medians, one panel for each share of a core, as PNG."""
    # Slow to import, and needed once.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = [EMPTY.name, SAMPLE.name, OURS.name, OURS_READY.name]
    colours = dict(zip(names, ("#9aa5b1", "#d08770", "#4c72b0", "#2f4b7c"), strict=True))
    figure, axes = plt.subplots(len(panels), 1, figsize=(9, 3.6 * len(panels)), squeeze=False)
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        timed = [row for row in rows if row.unit == "ms"]
        for position, row in enumerate(timed):
            present = [name for name in names if row.median(name) is not None]
            height = 0.8 / len(present)
            for offset, name in enumerate(present):
                value = row.median(name) or 0.0
                y = position - 0.4 + (offset + 0.5) * height
                axis.barh(y, value, height * 0.9, color=colours[name], label=name.replace("`", ""))
                axis.text(value * 1.05, y, _number(value), va="center", fontsize=8)
        axis.set_yticks(range(len(timed)), [row.what for row in timed])
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.margins(x=0.15)
        axis.set_xlabel("milliseconds (median, logarithmic)")
        axis.set_title(title, loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="lower center", ncol=4, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(path, dpi=130, metadata={"Software": None})


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"
