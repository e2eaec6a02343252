"""Data goes one way: ``.importlinter`` holds it, and sees an import that does not, wherever it stands."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def lint(folder: Path) -> str:
    """The names of the broken contracts, and the output's other lines; empty if all are kept."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_layers_are_kept() -> None:
    assert lint(CHECKOUT) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors", "from handlers import settings", "stands below it"),
        ("redaction", "def f():\n    from handlers.logs import configure", "stands below it"),
        ("names", "if TYPE_CHECKING:\n    from handlers.context import Context", "stands below it"),
        ("operations/reads", "from . import endings", "No circle"),
        ("entry", "from fdk.response import Response", "know the FDK"),
        ("operations/reads", "import oci.core", "know the SDK"),
        ("triggers/event", "import pydantic", "validated by pydantic"),
        ("clock", "from tests.unit.world import World", "Nothing of the tests"),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    shutil.copytree(CHECKOUT / "handlers", tmp_path / "handlers")
    shutil.copy(CHECKOUT / ".importlinter", tmp_path)
    with (tmp_path / "handlers" / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    broken = [text for text in lint(tmp_path).splitlines() if text.endswith(" BROKEN")]
    assert [contract in text for text in broken].count(True) == 1
