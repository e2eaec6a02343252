"""The fakes are what they stand in for: the same verbs, with the same arguments."""

import inspect
from typing import Any

import pytest

from handlers import services as wanted
from handlers.clock import Clock
from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.object_storage import ObjectStorage
from handlers.cloud.work_requests import WorkRequests
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.services import Services
from tests.fakes import IMAGE_ID, FakeClock, FakeServices
from tests.unit.examples import PLACE, TOKEN


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.mark.parametrize("name", ["compute", "work_requests", "notifications", "object_storage"])
def test_a_fake_and_the_real_service_have_the_verbs_that_operations_call(name: str) -> None:
    protocol, real = {
        "compute": (wanted.Compute, Compute),
        "work_requests": (wanted.WorkRequests, WorkRequests),
        "notifications": (wanted.Notifications, Notifications),
        "object_storage": (wanted.ObjectStorage, ObjectStorage),
    }[name]
    fake = type(getattr(FakeServices(), name))
    verbs = [verb for verb in vars(protocol) if not verb.startswith("_")]
    assert verbs
    for verb in verbs:
        signature = inspect.signature(getattr(protocol, verb))
        assert inspect.signature(getattr(real, verb)) == signature
        assert inspect.signature(getattr(fake, verb)).parameters == signature.parameters


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


def ask(services: FakeServices, until: float = 9e9, details: str = "b") -> Any:
    return services.compute.export_image(
        IMAGE_ID, {"a": details}, retry_token=TOKEN, if_match=None, until=until
    )


def test_the_fake_compute_finds_the_same_export_by_its_token_and_refuses_another(
    services: FakeServices,
) -> None:
    assert ask(services) == ask(services)
    with pytest.raises(ServiceRefusal, match="used before"):
        ask(services, details="c")
    assert len(services.work_requests.known) == 1


def test_a_fake_call_that_takes_too_long_ends_when_its_time_is_up_without_having_worked(
    services: FakeServices,
) -> None:
    services.take("export_image", 10.0)
    until = services.clock.monotonic() + 4.0
    with pytest.raises(NoAnswer):
        ask(services, until)
    assert services.clock.monotonic() == until
    assert services.work_requests.known == []


def test_a_lost_answer_leaves_the_work_done(services: FakeServices) -> None:
    services.lose_answer("export_image")
    with pytest.raises(NoAnswer):
        ask(services)
    assert len(services.work_requests.known) == 1


def test_the_fake_storage_writes_on_its_condition_only(services: FakeServices) -> None:
    storage = services.object_storage
    storage.put(PLACE, b"1", if_match=None, until=9e9)
    etag = storage.get(PLACE, until=9e9).etag
    for wrong in (None, "another"):
        with pytest.raises(ServiceRefusal) as refused:
            storage.put(PLACE, b"2", if_match=wrong, until=9e9)
        assert refused.value.answered == 412
    storage.put(PLACE, b"2", if_match=etag, until=9e9)
    assert storage.get(PLACE, until=9e9).document == 2
