"""What a first call loads: every module is paid for at a tenth of a core, by somebody who waits."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.bench.contestants import OURS, SAMPLE
from tests.bench.world import World

# 853 were loaded when this was written, 188 of them by an empty function; the sample loads 1,534.
BUDGET = 870

HEAVY = (
    "oci.core",  # a thousand model classes: 100 ms and 21 MiB of a full core's cold start
    "oci.ons",
    "oci.identity",
    "pkcs11",  # the SDK's signer for hardware tokens
    "requests",  # the SDK brings its own copy
    "aiohttp",
    "handlers.interface",  # the description of the interface: for who asks for it
    "handlers.exports.ending",
    "handlers.triggers.gateway",  # this was a direct call
    "handlers.triggers.event",
    "unittest",
    "pytest",
)


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


def test_of_the_sdks_services_only_what_it_loads_itself_is_loaded(loaded: set[str]) -> None:
    by_the_sdk = subprocess.run(
        [sys.executable, "-c", "import sys, oci; print(*sys.modules)"], capture_output=True, check=True
    )
    mine = {name for name in loaded if name.startswith("oci.") and "._vendor." not in name}
    assert mine <= set(by_the_sdk.stdout.decode().split())


def test_an_export_stays_within_the_budget_of_modules(loaded: set[str]) -> None:
    assert len(loaded) <= BUDGET


def test_the_lists_of_modules_tell_the_difference(world: World) -> None:
    assert {"oci.core", "oci.ons"} <= set(world.modules_of(SAMPLE))
