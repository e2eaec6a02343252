"""The measurements: each takes a world and a contestant, and gives plain numbers."""

import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import Contestant
from tests.bench.world import CallFailedError, World
from tests.local.fn import FunctionHost

_MIB = 1024 * 1024
# A process that uses less in a second has nothing to do: the FDK's server wakes up now and then.
_STILL_MS = 5.0


@dataclass(frozen=True)
class Cost:
    """Milliseconds by the clock, and of a processor."""

    clock_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class OneProcess:
    """From the start to the first answer, the warm calls after it (medians), and the memory then."""

    first: Cost
    warm: Cost
    resident_mib: float


def one_process(
    world: World, contestant: Contestant, launcher: Sequence[str], warm_calls: int, pause: float
) -> OneProcess:
    """A new process, called at once; then warm calls, each ``pause`` seconds after the one before.

    With a share of a core, the pause is what a process needs to get back the time that a call took.
    """
    with world.host(contestant, launcher) as host:
        body = world.export()
        first = _cost(host, lambda: world.call(contestant, host, body), is_new=True)
        warm = []
        for _ in range(warm_calls):
            time.sleep(pause)
            warm.append(_warm(world, contestant, host))
        return OneProcess(
            first,
            Cost(
                statistics.median(cost.clock_ms for cost in warm),
                statistics.median(cost.cpu_ms for cost in warm),
            ),
            host.containers[0].resident_bytes / _MIB,
        )


def stood_ready(world: World, contestant: Contestant, launcher: Sequence[str]) -> Cost:
    """The first call of a container that had all the time it wanted before."""
    with world.host(contestant, launcher) as host:
        host.prepare()
        _wait_until_still(host.containers[0].pid)
        return _warm(world, contestant, host)


def calls_per_second(world: World, contestant: Contestant, containers: int, calls: int) -> float:
    """Throughput of that many containers, each called anew as soon as it answered."""
    with world.host(contestant, max_containers=containers) as host:
        host.prepare(containers)
        bodies = [world.export() for _ in range(calls)]
        todo, lock = iter(bodies), threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    body = next(todo, None)
                if body is None:
                    return
                host.invoke(body)

        threads = [threading.Thread(target=work) for _ in range(containers)]
        for _ in threads:
            world.call(contestant, host)
        exports = len(world.cloud.exports)
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
    if len(world.cloud.exports) - exports != calls:
        raise CallFailedError(f"{len(world.cloud.exports) - exports} exports of {calls}")
    return calls / took


def memory_after(world: World, contestant: Contestant, calls: Sequence[int]) -> list[float]:
    """Resident memory, in MiB, of one container after each of these (rising) numbers of calls.

    All of them are one request under one retry token, so that it is the emulator that does not grow.
    """
    body = json.dumps({**json.loads(world.export()), "opcRetryToken": "the-same-again"}).encode()
    resident, done = [], 0
    with world.host(contestant) as host:
        for goal in calls:
            while done < goal:
                world.call(contestant, host, body)
                done += 1
            resident.append(host.containers[0].resident_bytes / _MIB)
    return resident


def processor_ms(pid: int) -> float:
    """What the threads of a process have had of processors (Linux; not those that have ended)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def _warm(world: World, contestant: Contestant, host: FunctionHost) -> Cost:
    body = world.export()
    return _cost(host, lambda: world.call(contestant, host, body))


def _cost(host: FunctionHost, call: Callable[[], object], *, is_new: bool = False) -> Cost:
    before = 0.0 if is_new else processor_ms(host.containers[0].pid)
    began = time.perf_counter()
    call()
    clock = time.perf_counter() - began
    return Cost(clock * 1000, processor_ms(host.containers[0].pid) - before)


def _wait_until_still(pid: int) -> None:
    """Waits until a process does next to nothing: whatever it loads, it has loaded."""
    before = 0.0
    while abs((now := processor_ms(pid)) - before) > _STILL_MS:
        before = now
        time.sleep(1)
