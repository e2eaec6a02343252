"""Runs the benchmarks and prints what they found: ``python -m tests.bench``.

Contestants take turns within each round, so that a noisy spell of the machine hits all of them; the figures
are medians of the rounds, the ratios medians of the rounds' ratios.
"""

import argparse
import platform
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.progress import Progress

from tests.bench import measure, report
from tests.bench.contestants import COMPARED, EMPTY, OURS, OURS_READY, SAMPLE
from tests.bench.core_share import share_of_a_core
from tests.bench.report import Row
from tests.bench.world import World

_WARM_CALLS = 30
_TENTH = 0.1
_LATER = (1_000, 20_000)
_CONTAINERS = (1, 2, 4)
_NAMES = [contestant.name for contestant in COMPARED]


@dataclass(frozen=True)
class Comparison:
    """What was found at one share of a core. The last two: milliseconds, and a ratio."""

    rows: list[Row]
    two_calls_ms: float
    warm_to_two_calls: float


def main() -> None:
    """Everything in one run; about ten minutes."""
    options = _options()
    console = Console()
    if not console.is_terminal:
        console.width = 140
    console.print(f"Python {platform.python_version()}, {psutil.cpu_count()} cores, {options.rounds} rounds")
    panels = {}
    with World() as world, Progress(console=console, disable=not console.is_terminal) as progress:
        for share, title in ((1.0, "at a full core"), (_TENTH, "at a tenth of a core")):
            if share < 1 and options.full_core_only:
                continue
            with share_of_a_core(share) as launcher:
                if launcher is None:
                    console.print("A tenth of a core was not measured: control groups can't be written here.")
                    continue
                found = _compare(world, launcher, options.rounds, progress, title)
            panels[title] = found.rows
            report.show(console, title, found.rows, _NAMES)
            console.print(
                f"two signed calls alone: {found.two_calls_ms:.3g} ms; a warm call of {OURS.name} takes"
                f" {found.warm_to_two_calls:.3g} times as long (target ≤ 1.3)"
            )
        if not options.no_scale:
            _scale(world, console, progress)
    if options.picture:
        report.draw(options.picture, panels, _NAMES)
        console.print(f"drawn: {options.picture}")


def _compare(
    world: World, launcher: tuple[str, ...], rounds: int, progress: Progress, title: str
) -> Comparison:
    first: dict[str, list[float]] = defaultdict(list)
    ready: dict[str, list[float]] = defaultdict(list)
    warm: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    alone: list[float] = []
    task = progress.add_task(title, total=rounds * (2 * len(COMPARED) + 1))
    for _ in range(rounds):
        for contestant in COMPARED:
            process = measure.one_process(world, contestant, launcher, _WARM_CALLS)
            first[contestant.name].append(process.first_ms)
            warm[contestant.name].append(process.warm_ms)
            memory[contestant.name].append(process.resident_mib)
            progress.advance(task)
        for contestant in COMPARED:
            ready[contestant.name].append(measure.stood_ready(world, contestant, launcher))
            progress.advance(task)
        alone.append(measure.two_calls(world, launcher, _WARM_CALLS))
        progress.advance(task)
    # The usual entry point gains nothing from having stood ready: its place is taken by the one made for it.
    ready.pop(OURS.name)
    modules = {
        contestant.name: [float(len(world.modules_of(contestant)))] for contestant in (EMPTY, SAMPLE, OURS)
    }
    return Comparison(
        [
            Row("first call of a new process", "ms", first, OURS.name, target=0.95),
            Row("first call of a container that stood ready", "ms", ready, OURS_READY.name, target=0.05),
            Row("warm call", "ms", warm, OURS.name, target=0.12),
            Row("resident memory", "MiB", memory, OURS.name, target=0.85),
            Row("modules loaded", "modules", modules, OURS.name),
        ],
        two_calls_ms=median(alone),
        warm_to_two_calls=median(ours / two for ours, two in zip(warm[OURS.name], alone, strict=True)),
    )


def _scale(world: World, console: Console, progress: Progress) -> None:
    task = progress.add_task("scale", total=len(_CONTAINERS) + 1)
    for containers in _CONTAINERS:
        rate = measure.calls_per_second(world, OURS, containers, calls=400 * containers)
        console.print(f"{containers} containers: {rate:,.0f} calls per second")
        progress.advance(task)
    early, late = measure.memory_after(world, OURS, _LATER)
    progress.advance(task)
    console.print(
        f"resident memory after {_LATER[0]:,} calls {early:.1f} MiB, after {_LATER[1]:,} calls {late:.1f} MiB"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant has its turn (5)")
    parser.add_argument("--full-core-only", action="store_true", help="leave out the tenth of a core")
    parser.add_argument("--no-scale", action="store_true", help="leave out throughput and 20,000 calls")
    parser.add_argument("--picture", type=Path, help="draw the comparison as a PNG file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
