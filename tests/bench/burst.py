"""A burst of events against the topic's limit, on a clock of its own: ``python -m tests.bench.burst``.

A thousand images end within a minute, and the topic takes 60 messages a minute. The function pauses after a
429, for 20 seconds in all, and then lets the invocation fail, to be delivered again. This counts what that
costs, for its own pauses and for others. Nothing waits: it takes seconds.

Assumed, for no document says it: the topic counts in a sliding minute, and a 429 has no Retry-After; Events
delivers a failed event again by one of the schedules below, a fifth sooner or later; there are as many
containers as are wanted.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from statistics import mean
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from handlers.clock import backoff
from handlers.errors import ServiceRefusal

MINUTE_S, A_MINUTE, MEMORY_GB = 60.0, 60, 0.25
# Longest sum of pauses of one invocation. A container's start and first call at a tenth of a core, about as
# ``python -m tests.bench`` measures it. The calls before the announcement, and one publication: assumed.
PATIENCE_S, COLD_S, WORK_S, PUBLISH_S = 20.0, 2.5, 0.5, 0.1
# Seconds before the first redelivery, and at most before any.
SCHEDULES = {"30 s, doubled up to 10 min": (30.0, 600.0), "a minute": (60.0, 60.0)}

# Seconds before the next try, or None to give up: of the tries so far, the seconds of patience left, and a
# random number in [0, 1).
Pause = Callable[[int, float, float], float | None]
_THROTTLED = ServiceRefusal(429, "TooManyRequests", None, service="Notifications")


def function_pause(tries: int, left: float, jitter: float) -> float | None:
    """As the function has it."""
    return backoff(_THROTTLED, tries, left, jitter)


def candidate(first: float, longest: float, *, full: bool) -> Pause:
    """Doubled each time from ``first`` to ``longest`` seconds; jitter takes all of it away, or half."""

    def pause(tries: int, left: float, jitter: float) -> float | None:
        seconds = min(longest, first * 2 ** (tries - 1)) * (jitter if full else (1 + jitter) / 2)
        return seconds if seconds <= left else None

    return pause


class Outcome(NamedTuple):
    """What a burst took. ``containers``: at once, at most. ``minutes``: from the first event to the last
    announcement. ``deliveries``: of one event, at most. ``by_first_delivery``: events announced by it.
    ``calls``: of PublishMessage.
    """

    containers: float
    gb_seconds: float
    minutes: float
    deliveries: float
    by_first_delivery: float
    calls: float


class _Cloud:
    """The topic, the containers and the bill."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # to be repeated, not to be secret
        self.now = 0.0
        # Of each announcement: when, and by which delivery.
        self.announced: list[tuple[float, int]] = []
        self.containers = self.idle = self.calls = 0
        self.seconds = 0.0
        self._recent: deque[float] = deque()

    def publish(self) -> bool:
        """Whether the topic took a message."""
        self.calls += 1
        while self._recent and self._recent[0] <= self.now - MINUTE_S:
            self._recent.popleft()
        if len(self._recent) >= A_MINUTE:
            return False
        self._recent.append(self.now)
        return True

    def event(self, pause: Pause, schedule: tuple[float, float]) -> Iterator[float]:
        """The life of one event, as the seconds until its next step."""
        for delivery in count(1):
            began = self.now
            is_new = self.idle == 0
            self.containers, self.idle = self.containers + is_new, self.idle - (not is_new)
            yield WORK_S + COLD_S * is_new
            left: float = PATIENCE_S
            for tries in count(1):
                yield PUBLISH_S
                is_done = self.publish()
                seconds = None if is_done else pause(tries, left, self.random.random())
                if seconds is None:
                    break
                left -= seconds
                yield seconds
            self.idle += 1
            self.seconds += self.now - began
            if is_done:
                self.announced.append((self.now, delivery))
                return
            first, longest = schedule
            yield min(longest, first * 2 ** (delivery - 1)) * self.random.uniform(0.8, 1.2)


def simulate(
    pause: Pause, events: int = 1000, schedule: tuple[float, float] = (30.0, 600.0), seed: int = 1
) -> Outcome:
    """All events, from the first to the last announcement."""
    cloud = _Cloud(seed)
    steps = [(number * MINUTE_S / events, number, cloud.event(pause, schedule)) for number in range(events)]
    while steps:
        cloud.now, number, event = heapq.heappop(steps)
        seconds = next(event, None)
        if seconds is not None:
            heapq.heappush(steps, (cloud.now + seconds, number, event))
    minutes = max(at for at, _ in cloud.announced) / MINUTE_S
    deliveries = [delivery for _, delivery in cloud.announced]
    gb_seconds = cloud.seconds * MEMORY_GB
    return Outcome(cloud.containers, gb_seconds, minutes, max(deliveries), deliveries.count(1), cloud.calls)


def main() -> None:
    """A table for each schedule: means over three seeds."""
    policies: dict[str, Pause] = {"the function's": function_pause, "none: fails at once": lambda *_: None}
    for first, longest in ((0.5, 10), (1, 20), (2, 20), (5, 20), (10, 20)):
        for full in (True, False):
            name = f"{first:g} s, doubled up to {longest}, {'full' if full else 'half'} jitter"
            policies[name] = candidate(first, longest, full=full)
    for title, schedule in SCHEDULES.items():
        table = Table(
            "pauses", *Outcome._fields, title=f"Delivered again after {title}", title_justify="left"
        )
        for name, pause in policies.items():
            outcomes = [simulate(pause, schedule=schedule, seed=seed) for seed in range(3)]
            table.add_row(name, *(f"{mean(values):,.0f}" for values in zip(*outcomes, strict=True)))
        Console().print(table)


if __name__ == "__main__":
    main()
