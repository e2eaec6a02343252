"""One container: a process that listens on a unix socket and answers one call at a time."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from .environment import container_environment
from .unix_http import Headers, UnixHTTPConnection, post_call

# The platform gives 5 s (Fn's fn-format.md); a busy development machine may need more.
LISTEN_LIMIT_S = 30.0


class ContainerInitFailed(Exception):
    """The process ended, or did not listen in time."""


class ContainerDied(Exception):
    """The process ended, or closed the connection, before it had answered the call."""


class Container:
    """A process started like the function's image. Not for use by two threads at once, but for `kill`."""

    def __init__(
        self,
        number: int,
        command: Sequence[str],
        config: Mapping[str, str],
        *,
        code: Path,
        packages: Path | None,
        on_line: Callable[[str], None],
        user: int | None = None,
    ) -> None:
        self.number = number
        self.invocations = 0
        self._on_line = on_line
        self._folder = Path(tempfile.mkdtemp(prefix="fn-"))
        socket = self._folder / "lsnr.sock"
        self._connection = UnixHTTPConnection(socket)
        owner: dict[str, object] = {}
        if user is not None:
            os.chown(self._folder, user, user)
            owner = {"user": user, "group": user, "extra_groups": []}
        self._process = subprocess.Popen(  # type: ignore[call-overload]
            list(command),
            env=container_environment(config, code=code, packages=packages, socket=socket, home=self._folder),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # on the platform, both end up in the function's log
            start_new_session=True,
            **owner,
        )
        self._reader = threading.Thread(target=self._read_log, name=f"log of container {number}", daemon=True)
        self._reader.start()

    def __repr__(self) -> str:
        return f"<Container {self.number} pid={self.pid} {'alive' if self.alive else 'dead'}>"

    @property
    def pid(self) -> int:
        """The process id; with a `launcher` that does not replace itself, the launcher's."""
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """The memory that the process holds, in bytes (resident set size)."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def wait_until_listening(self) -> None:
        """Returns once the socket takes connections. Raises ContainerInitFailed."""
        give_up = time.monotonic() + LISTEN_LIMIT_S
        while True:
            if not self.alive:
                raise ContainerInitFailed(f"the process ended with {self._process.returncode}")
            try:
                self._connection.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > give_up:
                    raise ContainerInitFailed(f"not listening after {LISTEN_LIMIT_S:.0f} s") from None
                time.sleep(0.002)
            else:
                return

    def call(self, headers: Headers, body: bytes, timeout_s: float) -> tuple[int, dict[str, str], bytes]:
        """One call. Raises TimeoutError (the caller then kills the container) and ContainerDied."""
        self.invocations += 1
        try:
            return post_call(self._connection, headers, body, timeout_s)
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise ContainerDied(f"{type(error).__name__}: {error}") from error

    def hang_up(self) -> None:
        """Closes the connection of an idle container; the next call opens another.

        On one that is idle for longer than 75 s the FDK's server is busy for ever (fdk 0.1.128,
        `HttpProtocol.keep_alive_timeout_callback`: it reads another module's clock, which stands still).
        """
        self._connection.close()

    def kill(self) -> None:
        """Ends the process at once, whatever it is doing, and all that it started."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):  # it may end by itself just now
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Ends the process, reads the last of its log, and removes its folder."""
        self.kill()
        self._reader.join(timeout=5)
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_log(self) -> None:
        with self._process.stdout as stream:
            for line in stream:
                self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
