"""All pins have wheels for the platform's versions of Python and machines: a build compiles nothing."""

import re

import pytest

from tests.deployment.build import CHECKOUT, wheels

REQUIREMENTS = CHECKOUT / "requirements.txt"
UNREACHABLE = re.compile(
    r"Retrying \(Retry|NewConnectionError|Temporary failure in name resolution|Max retries"
)


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_pin_has_a_wheel_for_linux_on(machine: str, python: str) -> None:
    found = wheels(REQUIREMENTS, machine, python)
    if found.returncode != 0 and UNREACHABLE.search(found.stdout + found.stderr):
        pytest.skip("the package index can't be reached")
    assert found.returncode == 0, found.stderr[-2000:]
    pins = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("Would install")]
    assert len(line.split()) - 2 == len(pins)
