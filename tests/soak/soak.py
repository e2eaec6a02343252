"""One soak: a cloud in bad weather, its events and callers, and the function that has to get through it."""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.local.oci import Clock, Switches
from tests.local.oci.events import image_event
from tests.local.platform import LocalPlatform
from tests.soak.callers import Callers
from tests.soak.figures import Figures, count
from tests.soak.others import ELSEWHERE, Others
from tests.soak.weather import Weather, faults

# Seconds. The shortest try of a call is 4: an answer that is later than that is not waited for.
HANG_S = 4.5
LOOK_EVERY_S = 0.2
# Of the cloud's clock: Events comes again soon, and as often as it takes.
RETRY_DELAY_S, MOST_TRIES = 2.0, 14
BY_FALLBACK = "by-fallback"


@dataclass(frozen=True)
class Plan:
    """How much, and how bad. ``speed``: seconds of the cloud's clock in a real one. Shares are 0 to 1."""

    events: int = 1000
    containers: int = 4
    seed: int = 1
    speed: float = 6.0
    topic_rate: int = 60
    timeout_s: float = 12.0
    fault_share: float = 0.05
    duplicate_share: float = 0.1
    fallback_share: float = 0.2
    others_share: float = 0.1
    callers_share: float = 0.05
    issue_period_s: float = 60.0
    lag_s: float = 3.0
    records: int = 1


def soak(plan: Plan, progress: Callable[[int, int], None], give_up_s: float = 3600) -> Figures:
    """Runs it to the end: every event delivered, or given up by the Events service, every caller answered.

    ``progress`` gets how many announcements there are of how many. Raises TimeoutError after ``give_up_s``.
    """
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, _platform(plan, Path(folder)) as platform:
        cloud, weather = platform.cloud, Weather(platform, plan.seed)
        cloud.buckets.add(ELSEWHERE)
        platform.host.prepare(plan.containers)
        others, callers = Others(platform, Path(folder)), Callers(platform)
        for number in range(plan.events):
            image = cloud.images.add(display_name=_name(number, plan))
            if _falls_on(number, plan.others_share):
                others.meddle_with(image["id"], is_first=_falls_on(number, plan.others_share / 2))
            cloud.events.emit(image_event("createimage.end", image, cloud))
        for number in range(int(plan.events * plan.callers_share)):
            callers.begin(cloud.images.add(display_name=_name(number, plan))["id"], _name(number, plan))
        give_up = time.monotonic() + give_up_s
        while not (callers.are_through and others.are_through and _is_over(platform)):
            if time.monotonic() > give_up:
                raise TimeoutError(f"not over after {give_up_s:.0f} s")
            progress(_told(platform), 2 * plan.events)
            time.sleep(LOOK_EVERY_S)
        progress(_told(platform), 2 * plan.events)
        return count(platform, callers, kills=weather.kills, rotations=weather.rotations)


def _platform(plan: Plan, folder: Path) -> LocalPlatform:
    clock = Clock(speed=plan.speed)

    def refuses_tuple(object_name: str) -> bool:
        """Every object's name begins with its image's. A quarter of the time, nothing is refused."""
        period = plan.issue_period_s
        return BY_FALLBACK in object_name and (not period or int(clock.now() / period) % 4 != 0)

    platform = LocalPlatform(
        folder,
        config={"EXPORT_RECORDS": "axexampleexam/images/records"} if plan.records else None,
        max_containers=plan.containers,
        timeout_s=plan.timeout_s,
        clock=clock,
        advance="by time",
        seconds_per_export=20.0,
        seed=plan.seed,
        switches=Switches(refuses_tuples=refuses_tuple),
    )
    cloud, events = platform.cloud, platform.cloud.events
    cloud.topic_rate = plan.topic_rate
    cloud.work_requests.lag_s = plan.lag_s
    cloud.faults.add(*faults(plan.fault_share, HANG_S))
    events.duplicates, events.unordered = plan.duplicate_share, True
    events.retry_delay, events.max_tries = RETRY_DELAY_S, MOST_TRIES
    return platform


def _falls_on(number: int, share: float) -> bool:
    """Spreads a share evenly over the numbers, whatever the share is."""
    return int((number + 1) * share) > int(number * share)


def _name(number: int, plan: Plan) -> str:
    return f"{BY_FALLBACK if _falls_on(number, plan.fallback_share) else 'by-name'}-{number}"


def _is_over(platform: LocalPlatform) -> bool:
    """Nothing on its way, and no export that runs: its end would bring an event."""
    cloud = platform.cloud
    return cloud.settle(0) and cloud.work_requests.next_due() is None and cloud.settle(0)


def _told(platform: LocalPlatform) -> int:
    """How many different things were announced."""
    read = (json.loads(message.body) for message in list(platform.cloud.messages))
    return len({(event["type"], event["data"]["imageId"]) for event in read})
