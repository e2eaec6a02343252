"""The fakes are what they stand in for: the same verbs, with the same arguments."""

import inspect
from typing import Any

import pytest

from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.object_storage import ObjectStorage
from handlers.cloud.work_requests import WorkRequests
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.exports import services as wanted
from handlers.exports.clock import Clock
from handlers.exports.services import Services
from tests import fakes
from tests.fakes import IMAGE_ID, FakeClock, FakeServices

SERVICES = [
    (wanted.Compute, Compute, fakes.FakeCompute),
    (wanted.WorkRequests, WorkRequests, fakes.FakeWorkRequests),
    (wanted.Notifications, Notifications, fakes.FakeNotifications),
    (wanted.ObjectStorage, ObjectStorage, fakes.FakeObjectStorage),
]


@pytest.mark.parametrize(("protocol", "real", "fake"), SERVICES, ids=lambda kind: kind.__name__)
def test_a_fake_and_the_real_service_have_the_verbs_that_the_domain_wants(
    protocol: Any, real: Any, fake: Any
) -> None:
    verbs = [name for name in vars(protocol) if not name.startswith("_")]
    assert verbs
    for verb in verbs:
        signature = inspect.signature(getattr(protocol, verb))
        assert inspect.signature(getattr(real, verb)) == signature
        assert inspect.signature(getattr(fake, verb)) == signature


def test_the_fakes_are_services_and_a_clock() -> None:
    assert isinstance(FakeServices(), Services)
    assert isinstance(FakeClock(), Clock)


def test_the_fake_clock_moves_its_two_times_together() -> None:
    clock = FakeClock()
    now, monotonic = clock.now(), clock.monotonic()
    clock.advance(5)
    clock.sleep(2.5)
    assert (clock.now() - now).total_seconds() == clock.monotonic() - monotonic == 7.5
    assert clock.sleeps == [2.5]


TOKEN = "retry-token-1"  # noqa: S105  # no secret


def export(services: FakeServices, until: float = 9e9, details: str = "b") -> Any:
    return services.compute.export_image(
        IMAGE_ID, {"a": details}, retry_token=TOKEN, if_match=None, until=until
    )


def test_the_same_retry_token_finds_the_same_export_and_refuses_another() -> None:
    services = FakeServices()
    assert export(services) == export(services)
    with pytest.raises(ServiceRefusal, match="used before"):
        export(services, details="c")
    assert len(services.work_requests.known) == 1


def test_a_call_that_takes_too_long_ends_when_its_time_is_up_without_having_worked() -> None:
    services = FakeServices()
    services.take("export_image", 10.0)
    until = services.clock.monotonic() + 4.0
    with pytest.raises(NoAnswer):
        export(services, until)
    assert services.clock.monotonic() == until
    assert services.work_requests.known == []


def test_a_lost_answer_leaves_the_work_done() -> None:
    services = FakeServices()
    services.lose_answer("export_image")
    with pytest.raises(NoAnswer):
        export(services)
    assert len(services.work_requests.known) == 1
