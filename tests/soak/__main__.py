"""`python -m tests.soak`: many events at once through a cloud where everything goes wrong at times.

Ends with 0 if every image and call was exported exactly once, every export and its end announced, nothing
announced or answered that is not true, and no deadline overrun; else with 1. What a kill leaves, and what is
promised of no run, or of none without records, has figures of its own: see the README's Limits.

The cloud is faster than usual: see ``--speed``.
"""

import argparse
import sys
import time
from dataclasses import fields

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.soak.figures import MUST_BE_0, Figures
from tests.soak.soak import soak
from tests.soak.weather import Plan


def main(arguments: list[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    plan = Plan(**vars(_parser().parse_args(arguments)))
    console = Console(highlight=False)
    began = time.monotonic()
    bar = (TextColumn("announced"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as shown:
        task = shown.add_task("announced", total=2 * plan.events)
        figures = soak(plan, lambda done, of: shown.update(task, completed=done, total=of))
    console.print(_table(figures, time.monotonic() - began))
    for figure, what in figures.findings:
        if figure in MUST_BE_0:
            console.print(f"{figure}: {what}", markup=False, soft_wrap=True)
    for promise in figures.broken_promises:
        console.print(f"[bold red]not 0:[/bold red] {promise}")
    return 1 if figures.broken_promises else 0


def _table(figures: Figures, seconds: float) -> Table:
    table = Table("soak", "", title_justify="left")
    table.columns[1].justify = "right"
    for name, value in figures.numbers.items():
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    table.add_row("the whole soak (s)", f"{seconds:.0f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for field in fields(Plan):
        option = f"--{field.name.removesuffix('_s').replace('_', '-')}"
        text = f"{field.metadata['help']}; default {field.default}"
        kind = type(field.default)
        parser.add_argument(option, dest=field.name, type=kind, default=field.default, help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
