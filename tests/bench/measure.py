"""The measurements: each takes a world and a contestant, and gives plain numbers."""

import statistics
import time
from typing import NamedTuple

import psutil

from tests.bench.contestants import Contestant
from tests.bench.world import World
from tests.local.fn import FunctionHost

_MIB = 1024 * 1024
# A process that uses less in that time has nothing to do: the FDK's server wakes up now and then.
_STILL_MS, _STILL_SECONDS = 3.0, 0.5


class Cost(NamedTuple):
    """Milliseconds by the clock, and of a processor."""

    clock_ms: float
    cpu_ms: float


def call(world: World, contestant: Contestant, host: FunctionHost) -> Cost:
    """One call; the host's first one includes the start of the process."""
    body = world.body(contestant)
    before = processor_ms(host.containers[0].pid) if host.containers else 0.0
    began = time.perf_counter()
    world.call(contestant, host, body)
    clock = time.perf_counter() - began
    return Cost(clock * 1000, processor_ms(host.containers[0].pid) - before)


def warm_call(world: World, contestant: Contestant, host: FunctionHost, calls: int) -> Cost:
    """The medians of some calls."""
    clock, cpu = zip(*(call(world, contestant, host) for _ in range(calls)), strict=True)
    return Cost(statistics.median(clock), statistics.median(cpu))


def stood_ready(world: World, contestant: Contestant) -> Cost:
    """The first call of a container that had all the time it wanted before."""
    with world.host(contestant) as host:
        host.prepare()
        _wait_until_still(host.containers[0].pid)
        return call(world, contestant, host)


def resident_mib(host: FunctionHost) -> float:
    """The memory that the host's container holds."""
    return float(psutil.Process(host.containers[0].pid).memory_info().rss / _MIB)


def processor_ms(pid: int) -> float:
    """What all threads of a process have had of processors, those that have ended too (Linux).

    The clock is that of clock_getcpuclockid(3). In /proc, a process's time is in ticks of 10 ms.
    """
    return time.clock_gettime((~pid << 3) | 2) * 1000


def _wait_until_still(pid: int) -> None:
    """Waits until a process does next to nothing: whatever it loads, it has loaded."""
    before = 0.0
    while abs((now := processor_ms(pid)) - before) > _STILL_MS:
        before = now
        time.sleep(_STILL_SECONDS)
