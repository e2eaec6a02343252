"""What a first call loads: every module is paid for at a tenth of a core, by somebody who waits."""

from collections.abc import Iterator

import pytest

from handlers.startup import LAZY
from tests.bench.contestants import EVENT, EVENT_RECORDING, OURS, Contestant
from tests.bench.world import World

HEAVY = (
    "oci.core",  # a thousand model classes
    "oci.ons",
    "oci.identity",
    "oci.dns",
    "oci.object_storage",
    "oci.base_client",
    "oci._vendor.chardet.universaldetector",
    "cryptography.x509.name",
    "pkcs11",
    "requests",  # the SDK brings its own copy
    "aiohttp",
    "unittest",
    "pytest",
)
VALIDATION = ("pydantic", "pydantic_core")
ENTRY, EVENTS = "handlers.entry", "handlers.triggers.event"
# What each loads of our own that is loaded at need.
LOADED = {
    EVENT: {ENTRY, EVENTS},
    EVENT_RECORDING: {ENTRY, EVENTS, "handlers.records"},
    OURS: {ENTRY, "handlers.triggers.direct", "handlers.triggers.requests"},
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as running:
        yield running


@pytest.mark.parametrize("caller", LOADED, ids=lambda caller: caller.name)
def test_an_export_loads_what_it_needs_and_an_events_never_pydantic(caller: Contestant, world: World) -> None:
    loaded = set(world.modules_of(caller))
    heavy = HEAVY if caller is OURS else HEAVY + VALIDATION
    assert not {name for name in loaded if name.startswith(tuple(f"{module}." for module in heavy))}
    assert not loaded & set(heavy)
    assert loaded & set(LAZY) == LOADED[caller]
