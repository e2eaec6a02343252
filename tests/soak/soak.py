"""One soak: a cloud in bad weather, its events and callers, and the function that has to get through it."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from tests.local.oci import Cloud, Switches
from tests.local.oci.compute import Image
from tests.local.oci.events import image_event
from tests.local.oci.identifiers import rfc3339
from tests.local.platform import LocalPlatform
from tests.soak.callers import RECORDS, Callers, CatchUps
from tests.soak.figures import Figures, count
from tests.soak.weather import Others, Plan, Weather

LOOK_EVERY_S = 0.2
EXPORT_S = 20.0
# Events comes again soon, and as often as it takes.
RETRY_DELAY_S, MOST_TRIES = 2.0, 14
# A catch-up looks at images that are older than an hour.
AGE_OF_IMAGES_S = 2 * 3600.0
BY_FALLBACK = "by-fallback"


def soak(plan: Plan, progress: Callable[[int, int], None], give_up_s: float = 3600) -> Figures:
    """Runs it to the end: every event delivered, or given up by the Events service, every caller answered,
    and, with records, all caught up.

    ``progress`` gets how many announcements there are of how many. Raises TimeoutError after ``give_up_s``.
    """
    give_up = time.monotonic() + give_up_s
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, _platform(plan, Path(folder)) as platform:
        cloud, weather, callers = platform.cloud, Weather(platform, plan), Callers(platform)
        elsewhere = cloud.add_compartment(cloud.compartment_id)
        catch_ups = CatchUps(platform, (cloud.compartment_id, elsewhere), plan.seed)
        platform.host.prepare(plan.containers)

        def wait() -> None:
            while not (callers.are_through and _is_over(platform)):
                if time.monotonic() > give_up:
                    raise TimeoutError(f"not over after {give_up_s:.0f} s")
                progress(_told(platform), 2 * plan.events)
                time.sleep(LOOK_EVERY_S)
            progress(_told(platform), 2 * plan.events)

        _begin(plan, cloud, weather, Others(platform, elsewhere), callers)
        if plan.records:
            catch_ups.begin(plan.catch_up_every_s)
        wait()
        is_caught_up = True
        if plan.records:
            catch_ups.end()
            weather.clear_up()
            is_caught_up = catch_ups.finish(wait)
        return count(platform, callers, catch_ups, weather, is_caught_up=is_caught_up)


def _begin(plan: Plan, cloud: Cloud, weather: Weather, others: Others, callers: Callers) -> None:
    """Images, what befalls each, their events, and callers."""
    created = rfc3339(cloud.clock.now() - AGE_OF_IMAGES_S)
    names = [
        f"{BY_FALLBACK if number < plan.events * plan.fallback_share else 'by-name'}-{number}"
        for number in range(plan.events)
    ]
    images = [cloud.images.add(name, time_created=created) for name in names]
    chosen = Random(plan.seed)  # noqa: S311  # chance keeps no secrets

    def some(share: float) -> Iterator[tuple[int, Image]]:
        return enumerate(chosen.sample(images, int(plan.events * share)))

    for number, image in some(plan.fail_share):
        # One in ten always fails.
        weather.fail(image["id"], 99 if number % 10 == 0 else 1)
    for number, image in some(plan.others_share):
        others.meddle_with(image["id"], is_first=number % 2 == 0, moves=number % 4 == 0)
    for image in images:
        cloud.events.emit(image_event("createimage.end", image, cloud))
    for _, image in some(plan.callers_share):
        callers.begin(image["id"], image["displayName"])


def _platform(plan: Plan, folder: Path) -> LocalPlatform:
    def refuses_tuple(object_name: str) -> bool:
        """Every object's name begins with its image's. A quarter of the time, nothing is refused."""
        period = plan.issue_period_s / plan.speed
        return BY_FALLBACK in object_name and (not period or int(time.monotonic() / period) % 4 != 0)

    platform = LocalPlatform(
        folder,
        config={"EXPORT_RECORDS": f"axexampleexam/images/{RECORDS}"} if plan.records else None,
        max_containers=plan.containers,
        timeout_s=plan.timeout_s,
        advance="by time",
        seconds_per_export=EXPORT_S / plan.speed,
        seed=plan.seed,
        switches=Switches(refuses_tuples=refuses_tuple),
    )
    cloud, events = platform.cloud, platform.cloud.events
    cloud.topic_rate = int(plan.topic_rate * plan.speed)
    events.duplicates, events.unordered = plan.duplicate_share, True
    events.retry_delay, events.max_tries = RETRY_DELAY_S / plan.speed, MOST_TRIES
    return platform


def _is_over(platform: LocalPlatform) -> bool:
    """Nothing on its way, and no export that runs: its end would bring an event."""
    cloud = platform.cloud
    return cloud.settle(0) and cloud.work_requests.next_due() is None and cloud.settle(0)


def _told(platform: LocalPlatform) -> int:
    """How many different things were announced."""
    read = (json.loads(message.body) for message in list(platform.cloud.messages))
    return len({(event["type"], event["data"]["imageId"]) for event in read})
