"""Runs the benchmarks and prints what they found: ``python -m tests.bench``.

Contestants take turns within each round, so that a noisy spell of the machine hits all of them; the figures
are medians of the rounds, the ratios medians of the rounds' ratios. CPU time is steadier than the clock, for
the emulator runs on the same cores. Ends with 1 if a target is missed.
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress

from tests.bench import measure, report
from tests.bench.contestants import COMPARED, EMPTY, OURS, OURS_READY, OURS_RECORDING, SAMPLE
from tests.bench.core_share import share_of_a_core
from tests.bench.report import Row
from tests.bench.world import World, python_of_the_image
from tests.local.fn.host import CHECKOUT

_README, _PICTURE = CHECKOUT / "README.md", Path(__file__).parent / "figures.png"
_FULL, _TENTH = "full core", "a tenth"
# A call that comes by itself: with a tenth of a core, the time that the one before took is back by then.
_PAUSE_SECONDS = 0.5
_LATER = (1_000, 20_000)
_CONTAINERS = (1, 2, 4)

Panels = dict[str, list[Row]]


def main() -> int:
    """Everything in one run; about twenty minutes for each Python."""
    options = _options()
    console = Console()
    if not console.is_terminal:
        console.width = 160
    first: tuple[str, Panels, str] | None = None
    is_missed = False
    for python in options.python or [sys.executable]:
        version = _version(python)
        console.print(f"Python {version}, {psutil.cpu_count()} cores, {options.rounds} rounds")
        with (
            python_of_the_image(python) as installed,
            World(installed) as world,
            Progress(console=console, disable=not console.is_terminal) as progress,
        ):
            world.compile_packages(COMPARED)
            panels = _compare(world, options, console, progress)
            scale = "" if first or options.no_scale else _scale(world, progress)
        console.print(scale)
        is_missed |= any(row.is_missed for rows in panels.values() for row in rows)
        first = first or (version, panels, scale)
    if options.write and first:
        version, panels, scale = first
        report.draw(_PICTURE, panels)
        intro = f"Python {version}, {psutil.cpu_count()} cores, {options.rounds} rounds, medians."
        report.write(_README, "\n\n".join([intro, report.markdown(panels), scale]))
    return 1 if is_missed else 0


def _compare(world: World, options: argparse.Namespace, console: Console, progress: Progress) -> Panels:
    panels: Panels = {}
    for title, share in ((_FULL, 1.0), (_TENTH, 0.1)):
        if share < 1 and options.full_core_only:
            continue
        with share_of_a_core(share) as launcher:
            if launcher is None:
                console.print("A tenth of a core was not measured: control groups can't be written here.")
                continue
            task = progress.add_task(title, total=options.rounds)
            found = _Rounds()
            for _ in range(options.rounds):
                found.measure(world, launcher, is_tenth=share < 1)
                progress.advance(task)
        panels[title] = found.at_a_tenth() if share < 1 else found.at_a_full_core(world)
        report.show(console, title, panels[title])
    return panels


@dataclass
class _Rounds:
    """All rounds at one share of a core, by the contestants' names."""

    first: dict[str, list[measure.Cost]] = field(default_factory=lambda: defaultdict(list))
    warm: dict[str, list[measure.Cost]] = field(default_factory=lambda: defaultdict(list))
    ready: dict[str, list[measure.Cost]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def measure(self, world: World, launcher: Sequence[str], *, is_tenth: bool) -> None:
        """One round: each contestant in turn."""
        calls, pause = (10, _PAUSE_SECONDS) if is_tenth else (30, 0.0)
        for contestant in COMPARED:
            process = measure.one_process(world, contestant, launcher, calls, pause)
            self.first[contestant.name].append(process.first)
            self.warm[contestant.name].append(process.warm)
            self.memory[contestant.name].append(process.resident_mib)
        # The usual entry point gains nothing from having stood ready: there is another one for that.
        for contestant in (EMPTY, SAMPLE, OURS_READY):
            self.ready[contestant.name].append(measure.stood_ready(world, contestant, launcher))

    def at_a_full_core(self, world: World) -> list[Row]:
        counted = (EMPTY, SAMPLE, OURS, OURS_RECORDING)
        modules = {contestant.name: [float(len(world.modules_of(contestant)))] for contestant in counted}
        # The thread that loads it has ended before anyone can ask what it took.
        first_cpu = {name: costs for name, costs in self.first.items() if name != OURS_READY.name}
        return [
            Row("first call of a new process, CPU", "ms", _cpu(first_cpu), target=0.62),
            Row("the same by the clock", "ms", _clock(self.first)),
            Row("first call of a container that stood ready", "ms", _clock(self.ready), OURS_READY.name),
            Row("warm call, CPU", "ms", _cpu(self.warm), target=0.105),
            Row("the same by the clock", "ms", _clock(self.warm)),
            Row("resident memory", "MiB", self.memory, target=0.72),
            Row("modules loaded", "", modules),
        ]

    def at_a_tenth(self) -> list[Row]:
        return [
            Row("first call of a new process", "ms", _clock(self.first), target=0.66),
            Row("first call of a container that stood ready", "ms", _clock(self.ready), OURS_READY.name),
            Row("warm call that comes by itself", "ms", _clock(self.warm), target=0.03),
        ]


def _cpu(costs: dict[str, list[measure.Cost]]) -> dict[str, list[float]]:
    return {name: [cost.cpu_ms for cost in rounds] for name, rounds in costs.items()}


def _clock(costs: dict[str, list[measure.Cost]]) -> dict[str, list[float]]:
    return {name: [cost.clock_ms for cost in rounds] for name, rounds in costs.items()}


def _scale(world: World, progress: Progress) -> str:
    task = progress.add_task("scale", total=len(_CONTAINERS) + 1)
    rates = []
    for containers in _CONTAINERS:
        rate = measure.calls_per_second(world, OURS, containers, calls=400 * containers)
        rates.append(f"{containers}: {rate:,.0f}")
        progress.advance(task)
    early, late = measure.memory_after(world, OURS, _LATER)
    progress.advance(task)
    return (
        f"Calls a second, by the number of containers: {', '.join(rates)}. A container holds {early:.1f} MiB"
        f" after {_LATER[0]:,} calls, and {late:.1f} MiB after {_LATER[1]:,}."
    )


def _version(python: str) -> str:
    program = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", program], capture_output=True, check=True, text=True).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant has its turn (5)")
    parser.add_argument(
        "--python",
        action="append",
        metavar="INTERPRETER",
        help="what runs the functions; may be repeated (default: this one)",
    )
    parser.add_argument("--full-core-only", action="store_true", help="leave out the tenth of a core")
    parser.add_argument("--no-scale", action="store_true", help="leave out throughput and 20,000 calls")
    parser.add_argument(
        "--write", action="store_true", help="write the first Python's figures to the README, and the picture"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
