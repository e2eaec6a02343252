"""A Python that the project doesn't support is told so in one line, by every program and by pytest."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("minor", "is_supported"), [(8, False), (10, False), (11, True), (12, True), (13, True), (14, False)]
)
def test_another_version_ends_it_with_one_plain_line_and_a_supported_one_goes_on(
    minor: int, is_supported: bool
) -> None:
    # Importing `tests` is what each of them does first.
    program = f"import sys; sys.version_info = (3, {minor}, 0, 'final', 0); import tests"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    told = f"Python 3.11, 3.12 or 3.13 is needed; this is Python 3.{minor}.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == ((0, "", "") if is_supported else (1, "", told))


def test_old_versions_can_read_the_file_that_tells_them() -> None:
    source = (CHECKOUT / "tests" / "__init__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
