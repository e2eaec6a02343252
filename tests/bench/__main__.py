"""Runs the benchmark and prints what it found: ``python -m tests.bench``.

The function is asked for an export by an event and by a caller, with and without records, over plain HTTP
and over TLS, beside the vendor's usual sample under the same trigger. Contestants take turns within each
round, so that a noisy spell of the machine hits all of them. The figures are medians of the rounds, the
ratios medians of the rounds' ratios. CPU time is steadier than the clock, for the emulator runs on the same
cores.

Ends with 1 if a target is missed by figures that can be trusted.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress

from tests.bench import measure, report
from tests.bench.contestants import COMPARED, EVENT_AGAIN, OURS_RECORDING, STOOD_READY
from tests.bench.core_share import share_of_a_core
from tests.bench.report import LEAST_ROUNDS, Figures, Metric
from tests.bench.world import World, python_of_the_image

_README = Path(__file__).parent / "README.md"
_VERSIONS = ("3.12", "3.11")
_WARM_CALLS = 10
# What is judged is measured over plain HTTP.
_PROTOCOLS = ((False, (*COMPARED, EVENT_AGAIN)), (True, COMPARED))
# A call there takes seconds.
_LEFT_OUT_AT_A_TENTH = (OURS_RECORDING,)


def main() -> int:
    """Everything in one run; about four minutes for each Python."""
    options = _options()
    console = Console()
    if not console.is_terminal:
        console.width = 160
    found = []
    for python in options.python or _pythons():
        figures = _compare(python, options, console)
        report.show(console, figures)
        found.append(figures)
    if options.write:
        told = (
            f"{datetime.now(UTC):%-d %B %Y}, {psutil.cpu_count()} cores, {options.rounds} rounds;"
            f" a load of {psutil.getloadavg()[1]:.1f}, the benchmark's own with it."
        )
        tables = [f"Python {figures.version}:\n\n{report.markdown(figures)}" for figures in found]
        report.write(_README, "\n\n".join([told, *tables]))
    return 1 if any(figures.is_missed for figures in found) else 0


def _compare(python: str, options: argparse.Namespace, console: Console) -> Figures:
    with (
        python_of_the_image(python) as installed,
        World(installed) as world,
        share_of_a_core(0.1) as launcher,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        figures = Figures(_version(python), options.rounds)
        world.compile_packages(COMPARED)
        if launcher is None:
            console.print("A tenth of a core is not measured: control groups can't be written here.")
        for _ in progress.track(range(options.rounds), description=f"Python {figures.version}"):
            _full_core(world, figures)
            if launcher is not None and not options.quick:
                _tenth(world, figures, launcher)
    return figures


def _full_core(world: World, figures: Figures) -> None:
    for tls, contestants in _PROTOCOLS:
        for contestant in contestants:
            with world.host(contestant, tls=tls) as host:
                first = measure.call(world, contestant, host)
                warm = measure.warm_call(world, contestant, host, _WARM_CALLS)
                resident = measure.resident_mib(host)
            figures.add(Metric.FIRST, contestant, first.cpu_ms, tls=tls)
            figures.add(Metric.WARM, contestant, warm.cpu_ms, tls=tls)
            figures.add(Metric.RESIDENT, contestant, resident, tls=tls)
    for contestant in STOOD_READY:
        figures.add(Metric.READY, contestant, measure.stood_ready(world, contestant).clock_ms)


def _tenth(world: World, figures: Figures, launcher: Sequence[str]) -> None:
    for tls, contestants in _PROTOCOLS:
        for contestant in contestants:
            if contestant not in _LEFT_OUT_AT_A_TENTH:
                with world.host(contestant, launcher, tls=tls) as host:
                    first = measure.call(world, contestant, host)
                figures.add(Metric.TENTH, contestant, first.clock_ms, tls=tls)


def _pythons() -> list[str]:
    """One interpreter of each version that the platform has, of those that are installed."""
    found = []
    for version in _VERSIONS:
        installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
        named = shutil.which(f"python{version}")
        found += [python for python in (*map(str, installed), named) if python and _runs(python, version)][:1]
    return found or [sys.executable]


def _runs(python: str, version: str) -> bool:
    # A name of pyenv's may stand for a version that is not switched on.
    try:
        return _version(python).startswith(f"{version}.")
    except subprocess.CalledProcessError:
        return False


def _version(python: str) -> str:
    program = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", program], capture_output=True, check=True, text=True).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument(
        "--rounds", type=int, default=LEAST_ROUNDS, help=f"turns of each contestant ({LEAST_ROUNDS})"
    )
    parser.add_argument(
        "--python",
        action="append",
        metavar="INTERPRETER",
        help=f"what runs the functions; may be repeated (default: of {_VERSIONS}, what is installed)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round, and no tenth of a core: a first look"
    )
    parser.add_argument("--write", action="store_true", help="write the figures to tests/bench/README.md")
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


if __name__ == "__main__":
    sys.exit(main())
