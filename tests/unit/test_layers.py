"""Data goes one way: ``.importlinter`` holds it, and sees an import that does not, wherever it stands."""

import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
# A module, an import in the wrong direction, and how it is told.
WRONG = [
    ("errors", "from handlers import settings", "handlers.errors -> handlers.settings"),
    ("redaction", "def f():\n    from handlers.logs import configure", "handlers.redaction -> handlers.logs"),
    ("names", "if TYPE_CHECKING:\n    from handlers.clock import Clock", "handlers.names -> handlers.clock"),
    ("operations/reads", "from . import endings", ".reads -> .endings"),
    ("entry", "from fdk.response import Response", "handlers.entry -> fdk"),
    ("operations/reads", "import oci.core", "handlers.operations.reads -> oci"),
    ("triggers/event", "import pydantic", "handlers.triggers.event -> pydantic"),
    ("clock", "from tests.unit.world import World", "handlers.clock -> tests"),
]


def lint(folder: Path) -> str:
    """What the linter tells; empty if all contracts are kept."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_layers_are_kept() -> None:
    assert lint(CHECKOUT) == ""


def test_imports_in_the_wrong_direction_are_found(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "handlers", tmp_path / "handlers")
    shutil.copy(CHECKOUT / ".importlinter", tmp_path)
    for module, line, _ in WRONG:
        with (tmp_path / "handlers" / f"{module}.py").open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    told = lint(tmp_path)
    assert [found for *_, found in WRONG if found not in told] == []
