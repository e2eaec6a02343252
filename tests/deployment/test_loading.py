"""What a first call loads: every module is paid for at a tenth of a core, by somebody who waits."""

from collections.abc import Iterator

import pytest

from handlers.startup import LAZY
from tests.bench.contestants import OURS, SAMPLE
from tests.bench.world import World

# 481 were loaded when this was written, 183 of them by an empty function; the sample loads 1,531.
BUDGET = 500

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
# Of what is imported where it is needed, a direct call that exports to a bucket needs these.
NEEDED = {
    "handlers.entry",
    "handlers.cloud",
    "handlers.messages",
    "handlers.triggers.direct",
    "handlers.triggers.export_request",
    "handlers.operations.export_image",
    "handlers.operations.export_image.attempt",
    "handlers.operations.export_image.retry_token",
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as running:
        yield running


@pytest.fixture(scope="module")
def loaded(world: World) -> set[str]:
    return set(world.modules_of(OURS))


@pytest.mark.parametrize("module", HEAVY)
def test_an_export_does_not_load(module: str, loaded: set[str]) -> None:
    assert not {name for name in loaded if name == module or name.startswith(f"{module}.")}


def test_an_export_loads_what_it_needs_of_the_function_and_no_more(loaded: set[str]) -> None:
    assert set(LAZY) & loaded == NEEDED


def test_an_export_stays_within_the_budget_of_modules(loaded: set[str]) -> None:
    assert len(loaded) <= BUDGET


def test_the_lists_of_modules_tell_the_difference(world: World) -> None:
    assert {"oci.core", "oci.ons"} <= set(world.modules_of(SAMPLE))
