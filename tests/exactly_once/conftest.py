"""One local cloud for all tests of this folder, warm; each test has images of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.exactly_once.request import Door, Request
from tests.local.oci import Call
from tests.local.oci.calls import Stage
from tests.local.platform import LocalPlatform

# More than all tests publish: what is throttled says so itself.
UNLIMITED = 1_000_000


@pytest.fixture(scope="package")
def one_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Two containers; exports end by hand; events go nowhere but where a test sends them."""
    folder = tmp_path_factory.mktemp("buckets")
    with LocalPlatform(folder, max_containers=2, advance="by hand", seed=1) as platform:
        platform.cloud.topic_rate = UNLIMITED
        platform.cloud.events.deliver_to(lambda _: True)
        platform.host.prepare(2)
        yield platform


@pytest.fixture
def platform(one_platform: LocalPlatform) -> Iterator[LocalPlatform]:
    """The local cloud, put back after the test as it was before."""
    cloud = one_platform.cloud
    # Whatever the test before did to the containers, a cold start is not what this one is about.
    one_platform.invoke({"eventType": "of no interest", "cloudEventsVersion": "0.1"})
    yield one_platform
    cloud.faults.clear()
    cloud.switches.refuses_tuples, cloud.par_allowed, cloud.topic_rate = False, True, UNLIMITED


@pytest.fixture
def request_through(platform: LocalPlatform) -> Callable[[Door], Request]:
    """Makes a request that comes through the given door."""
    return lambda door: Request(platform, door)


@pytest.fixture
def event_request(platform: LocalPlatform) -> Request:
    """The request of an event."""
    return Request(platform)


@pytest.fixture
def once(platform: LocalPlatform) -> Callable[[str, Stage, Callable[[], object]], None]:
    """Acts at the next call of an operation when it is received, or done; not again."""

    def act_once(operation: str, stage: Stage, act: Callable[[], object]) -> None:
        waiting = [act]

        def watch(_: Call) -> None:
            if waiting:
                waiting.pop()()

        platform.cloud.on(operation, stage, watch)

    return act_once
