"""`python -m tests.soak`: many events at once through a cloud where everything goes wrong at times.

Ends with 0 if every event and call was exported exactly once, every export and its end announced, nothing
announced that is not true, and no deadline overrun; else with 1. The topic takes 60 messages a minute, as the
real one does, but the cloud's clock is faster than ours, so that a run takes minutes and not the better part
of an hour; what is throttled is told to wait in the cloud's seconds, and so waits longer than it has to.
"""

import argparse
import sys
import time
from dataclasses import fields

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.soak.figures import Figures
from tests.soak.soak import Plan, soak

_HELP = {
    "events": "distinct events, each of an image of its own",
    "containers": "containers of the function, and deliveries at a time",
    "seed": "of ids, faults and kills; the order of what runs at once is chance",
    "speed": "seconds of the cloud's clock in one of ours",
    "topic_rate": "messages that the topic takes in a minute of the cloud's clock",
    "timeout_s": "the function's timeout, in seconds",
    "fault_share": "of the calls that meet each kind of fault",
    "duplicate_share": "of the events that are sent twice",
    "fallback_share": "of the images whose export by bucket name is refused, now and then",
    "others_share": "of the images that somebody else exports to elsewhere as well",
    "callers_share": "direct calls, compared with the events; each uses its retry token for two objects",
    "issue_period_s": "seconds of the cloud's clock until the known issue comes or goes; 0: it stays",
    "lag_s": "seconds of the cloud's clock until a work request is listed",
    "records": "1 with records, 0 without",
}


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
    for promise in figures.broken_promises:
        console.print(f"[bold red]not 0:[/bold red] {promise}")
    return 1 if figures.broken_promises else 0


def _table(figures: Figures, seconds: float) -> Table:
    table = Table("soak", "", title_justify="left")
    table.columns[1].justify = "right"
    for figure in fields(figures):
        value = getattr(figures, figure.name)
        unit = " (s)" if figure.name.endswith("_s") else ""
        name = figure.name.removesuffix("_s").replace("_", " ") + unit
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    table.add_row("the whole soak (s)", f"{seconds:.0f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for field in fields(Plan):
        option = f"--{field.name.removesuffix('_s').replace('_', '-')}"
        text = f"{_HELP[field.name]}; default {field.default}"
        parser.add_argument(
            option, dest=field.name, type=type(field.default), default=field.default, help=text
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
