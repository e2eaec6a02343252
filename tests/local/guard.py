"""What the program has in the temporary folder and runs as containers ends with it, also when it is killed.

Run as a program of its own, it waits until its standard input ends. That is a pipe to which nobody writes,
and which the system closes when the process at its other end has ended, however. Then it kills the containers
whose sockets lie in the given folder, and removes the folder.
"""

import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def temporary_files_guarded() -> Iterator[None]:
    """Meanwhile this process has its temporary files in a folder that is removed with it."""
    # Short: the path of a socket in it has at most 107 bytes. Made once there is somebody to remove it.
    folder = Path(tempfile.gettempdir()) / f"local-{secrets.token_hex(4)}"
    guard = subprocess.Popen(
        [sys.executable, "-m", "tests.local.guard", str(folder)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # what a terminal sends to the program does not reach it
    )
    usual = tempfile.tempdir
    try:
        folder.mkdir(mode=0o700)
        tempfile.tempdir = str(folder)
        yield
    finally:
        tempfile.tempdir = usual
        guard.communicate()


def _clean_up(folder: Path) -> None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("FN_LISTENER", "").startswith(f"unix:{folder}/"):
                process.kill()
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)  # the copy of the function's code is read-only
    shutil.rmtree(folder, ignore_errors=not folder.exists())


if __name__ == "__main__":
    sys.stdin.read()
    _clean_up(Path(sys.argv[1]))
