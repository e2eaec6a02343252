"""The measurements: each takes a world and a contestant, and gives plain numbers."""

import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from tests.bench.contestants import TWO_CALLS, Contestant
from tests.bench.world import World
from tests.local.fn import FunctionHost, Invocation

_MIB = 1024 * 1024
_STILL_SECONDS = 1.0


class CallFailedError(Exception):
    """A contestant did not do its work: its time would be worth nothing."""


@dataclass(frozen=True)
class OneProcess:
    """From the start to the first answer, the warm calls after it (median), and the memory then."""

    first_ms: float
    warm_ms: float
    resident_mib: float


def one_process(world: World, contestant: Contestant, launcher: Sequence[str], warm_calls: int) -> OneProcess:
    """A new process, called at once."""
    with world.host(contestant, launcher) as host:
        body = world.export()
        began = time.perf_counter()
        call(host, body)
        first = time.perf_counter() - began
        warm = [_warm(world, host) for _ in range(warm_calls)]
        return OneProcess(
            first * 1000, statistics.median(warm) * 1000, host.containers[0].resident_bytes / _MIB
        )


def stood_ready(world: World, contestant: Contestant, launcher: Sequence[str]) -> float:
    """The first call, in milliseconds, of a container that had all the time it wanted before."""
    with world.host(contestant, launcher) as host:
        host.prepare()
        _wait_until_still(host.containers[0].pid)
        return _warm(world, host) * 1000


def two_calls(world: World, launcher: Sequence[str], calls: int) -> float:
    """The two signed calls alone, in milliseconds (median), as the process that makes them takes the time."""
    with world.host(TWO_CALLS, launcher) as host:
        call(host, world.export())
        return (
            statistics.median(float(json.loads(call(host, world.export()).body)) for _ in range(calls)) * 1000
        )


def calls_per_second(world: World, contestant: Contestant, containers: int, calls: int) -> float:
    """Throughput of that many containers, each called anew as soon as it answered."""
    with world.host(contestant, max_containers=containers) as host:
        host.prepare(containers)
        bodies = [world.export() for _ in range(calls)]
        todo, lock = iter(bodies), threading.Lock()
        failures: list[Exception] = []

        def work() -> None:
            while True:
                with lock:
                    body = next(todo, None)
                if body is None:
                    return
                try:
                    call(host, body)
                except CallFailedError as error:
                    failures.append(error)
                    return

        for _ in range(containers):
            call(host, world.export())
        threads = [threading.Thread(target=work) for _ in range(containers)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return calls / (time.perf_counter() - began)


def memory_after(world: World, contestant: Contestant, calls: Sequence[int]) -> list[float]:
    """Resident memory, in MiB, of one container after each of these (rising) numbers of calls.

    All of them are one request under one retry token, so that it is the emulator that does not grow.
    """
    body = json.dumps({**json.loads(world.export()), "opcRetryToken": "the-same-again"}).encode()
    resident, done = [], 0
    with world.host(contestant) as host:
        for goal in calls:
            while done < goal:
                call(host, body)
                done += 1
            resident.append(host.containers[0].resident_bytes / _MIB)
    return resident


def call(host: FunctionHost, body: bytes) -> Invocation:
    """One invocation that has to succeed. Raises CallFailedError."""
    answer = host.invoke(body, {"content-type": "application/json"})
    if answer.failed or b'"code"' in answer.body[:100]:
        raise CallFailedError(f"{answer.status} {answer.detail} {answer.body[:200]!r}")
    return answer


def _warm(world: World, host: FunctionHost) -> float:
    body = world.export()
    began = time.perf_counter()
    call(host, body)
    return time.perf_counter() - began


def _wait_until_still(pid: int) -> None:
    """Waits until a process has used no time for a while: whatever it loads, it has loaded."""
    process, before = psutil.Process(pid), -1.0
    while (now := sum(process.cpu_times()[:2])) != before:
        before = now
        time.sleep(_STILL_SECONDS)
