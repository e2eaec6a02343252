"""Starts `program`; stopped while that is imported, it ends without a traceback.

Imports little itself, for a stop before its first line is Python's own matter.
"""

import os
import signal
import sys

INSTALL = "python3 -m venv .venv && .venv/bin/pip install --no-compile -r tests/local/requirements.txt && "


def _run() -> int:
    # There is nothing to clean up yet. A shell starts background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os._exit(128 + number))
    if __package__ != "tests.local":
        return _refused("This is a module of the project, and runs in its folder")
    try:
        from .program import main
    except ModuleNotFoundError as problem:
        if str(problem.name).partition(".")[0] in ("tests", "handlers"):
            raise
        return _refused(f"The package {problem.name} is not installed for this Python", INSTALL)
    return main()


def _refused(why: str, first: str = "") -> int:
    import shlex
    from pathlib import Path

    checkout = shlex.quote(str(Path(__file__).resolve().parents[2]))
    print(f"{why}: cd {checkout} && {first}.venv/bin/python -m tests.local", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(_run())
