"""A Python that the project doesn't support is told so in one line, by every program and by pytest."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def imported_under(version: tuple[int, int]) -> subprocess.CompletedProcess[str]:
    """Importing `tests` is what each of them does first."""
    program = f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0, 'final', 0); import tests"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("version", [(3, 8), (3, 10), (3, 14)])
def test_another_version_ends_it_with_one_plain_line(version: tuple[int, int]) -> None:
    ran = imported_under(version)
    told = f"Python 3.11, 3.12 or 3.13 is needed; this is Python {version[0]}.{version[1]}.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", told)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_supported_version_goes_on(version: tuple[int, int]) -> None:
    ran = imported_under(version)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_old_versions_can_read_the_file_that_tells_them() -> None:
    source = (CHECKOUT / "tests" / "__init__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
