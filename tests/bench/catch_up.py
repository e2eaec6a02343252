"""What a catch-up takes, and how it grows: ``python -m tests.bench.catch_up``.

A compartment's images are all missing, then all exported and ended, then all done; each of the three runs has
a container of its own. The emulator answers at once, so the time is the function's and the emulator's own: on
the platform, the services' answers come on top, once for each call.
"""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.contestants import EVENT_RECORDING
from tests.bench.measure import processor_ms
from tests.bench.world import CallFailedError, World

SIZES = (100, 1000)
# A detached call may take so long.
_TIMEOUT_S = 3600.0
_HOURS_OLD = timedelta(hours=2)


class Run(NamedTuple):
    """One catch-up. ``peak_mib``: the most memory that its container held. ``calls``: by operation."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    calls: Counter[str]
    reply: dict[str, Any]


def catch_up(world: World) -> Run:
    """One, over the images that are there, in a new container. Raises CallFailedError."""
    body = json.dumps({"catchUp": {"compartmentId": world.cloud.compartment_id}}).encode()
    before = len(world.cloud.calls)
    with world.host(EVENT_RECORDING, timeout_s=_TIMEOUT_S) as host:
        began = time.perf_counter()
        answer = host.invoke(body, {"content-type": "application/json"})
        seconds = time.perf_counter() - began
        if answer.failed or answer.json().get("status") != "caughtUp":
            raise CallFailedError(f"{answer.status} {answer.body[:500]!r} {answer.detail}")
        pid = host.containers[0].pid
        calls = Counter(call.operation for call in world.cloud.calls[before:])
        return Run(seconds, processor_ms(pid) / 1000, _peak_mib(pid), calls, answer.json())


def three_runs(images: int) -> dict[str, Run]:
    """The catch-ups of a new cloud with that many images, none of which was exported."""
    with World() as world:
        created = (datetime.now(UTC) - _HOURS_OLD).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for number in range(images):
            world.cloud.images.add(display_name=f"golden {number}", time_created=created)
        runs = {"missing": catch_up(world), "ended": catch_up(world), "done": catch_up(world)}
        if len(world.cloud.exports) != images or runs["done"].reply["done"] != images:
            raise CallFailedError(f"{len(world.cloud.exports)} exports, {runs['done'].reply}")
        return runs


def main() -> int:
    """A table, and how the runs grow from the smaller number of images to the larger."""
    table = Table("images", "are all", "seconds", "CPU seconds", "peak MiB", "calls of the cloud")
    found = {images: three_runs(images) for images in SIZES}
    for images, runs in found.items():
        for state, run in runs.items():
            numbers = (run.seconds, run.cpu_seconds, run.peak_mib)
            calls = ", ".join(f"{count:,} {operation}" for operation, count in sorted(run.calls.items()))
            table.add_row(f"{images:,}", state, *(f"{number:,.1f}" for number in numbers), calls)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    few, many = (found[images] for images in SIZES)
    further = SIZES[1] - SIZES[0]
    for state, run in many.items():
        cpu = 1000 * (run.cpu_seconds - few[state].cpu_seconds) / further
        kib = 1024 * (run.peak_mib - few[state].peak_mib) / further
        console.print(f"each further image, {state}: {cpu:.1f} ms of a full core, {kib:.1f} KiB")
    console.print(f"{psutil.cpu_count()} cores, Python {sys.version.split()[0]}")
    return 0


def _peak_mib(pid: int) -> float:
    """The most that a process held at any time (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    sys.exit(main())
