"""Containers: processes that listen on a unix socket and answer one call at a time, and the pool of them."""

import contextlib
import http.client
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# The platform gives 5 s (Fn's fn-format.md); a busy development machine may need more.
LISTEN_LIMIT_S = 30.0

Headers = Sequence[tuple[str, str | bytes]]


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
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        user: int | None,
    ) -> None:
        self.number = number
        self.invocations = 0
        self._on_line = on_line
        self._folder = Path(tempfile.mkdtemp(prefix="fn-"))
        listener = self._folder / "lsnr.sock"
        self._connection = _UnixHTTPConnection(listener)
        if user is not None:
            os.chown(self._folder, user, user)
        self._process = subprocess.Popen(
            list(command),
            env={"HOME": str(self._folder), "FN_LISTENER": f"unix:{listener}", **environment},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # on the platform, both end up in the function's log
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id; with a `launcher` that does not replace itself, the launcher's."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_listening(self) -> None:
        """Returns once the socket takes connections. Raises ContainerInitFailed."""
        give_up = time.monotonic() + LISTEN_LIMIT_S
        while self.alive and time.monotonic() < give_up:
            try:
                return self._connection.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.002)
        if self.alive:
            raise ContainerInitFailed(f"not listening after {LISTEN_LIMIT_S:.0f} s")
        raise ContainerInitFailed(f"the process ended with {self._process.returncode}")

    def call(self, headers: Headers, body: bytes, timeout_s: float) -> tuple[int, dict[str, str], bytes]:
        """Posts to `/call` as the platform does, in chunks; the wire status, headers (lower case) and body.

        Raises ContainerDied if the container closes the connection or talks nonsense, and TimeoutError if the
        answer keeps it waiting for longer than `timeout_s` (the caller then kills the container).
        """
        self.invocations += 1
        connection = self._connection
        try:
            connection.ready().settimeout(max(timeout_s, 0.001))
            connection.putrequest("POST", "/call", skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            if body:
                connection.send(b"%x\r\n%b\r\n" % (len(body), body))
            connection.send(b"0\r\n\r\n")
            response = connection.getresponse()
            answer = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, answer
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise ContainerDied(f"{type(error).__name__}: {error}") from error

    def hang_up(self) -> None:
        """Closes the connection of an idle container; the next call opens another. On one that is idle for
        longer than 75 s the FDK's server is busy for ever (fdk 0.1.128,
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
        assert self._process.stdout
        with self._process.stdout as stream:
            for line in stream:
                self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))


class ContainerPool:
    """Lends containers, one call at a time to each. Thread safe."""

    def __init__(self, max_containers: int) -> None:
        self.max_containers = max_containers
        self._started = 0
        self._all: list[Container] = []
        self._lent: dict[str, Container] = {}
        self._changed = threading.Condition()

    def start(self, number: int) -> Container:
        """A new container of that number."""
        raise NotImplementedError

    @property
    def containers(self) -> list[Container]:
        with self._changed:
            return [container for container in self._all if container.alive]

    @property
    def busy(self) -> dict[str, Container]:
        """Call id to container, for the calls in flight."""
        with self._changed:
            return dict(self._lent)

    def acquire(self, call_id: str, timeout_s: float) -> tuple[Container, bool]:
        """A container for that call, and whether it is new. Raises ContainerInitFailed, and TimeoutError
        if all stay busy."""
        with self._changed:
            if not self._changed.wait_for(self._can_lend, timeout_s):
                raise TimeoutError(f"all {self.max_containers} containers are busy")
            if idle := self._idle():
                self._lent[call_id] = idle[0]
                return idle[0], False
            container = self._new(call_id)
        self._await(container, call_id)
        return container, True

    def release(self, call_id: str, *, keep: bool) -> None:
        """Takes the container of that call back, or ends it."""
        with self._changed:
            container = self._lent.pop(call_id)
            if not (keep and container.alive):
                self._forget(container)
            elif self.max_containers > 1:
                container.hang_up()  # one of many may be idle for long
            self._changed.notify()

    def prepare(self, containers: int = 1) -> None:
        """Starts containers until that many run (provisioned concurrency). Raises ContainerInitFailed."""
        with self._changed:
            names = [f"start {number}" for number in range(containers - len(self.containers))]
            starting = [(name, self._new(name)) for name in names]
        for call_id, container in starting:
            self._await(container, call_id)
            self.release(call_id, keep=True)

    def close(self) -> None:
        with self._changed:
            while self._all:
                self._forget(self._all[0])

    def _idle(self) -> list[Container]:
        lent = self._lent.values()
        return [container for container in self._all if container not in lent]

    def _can_lend(self) -> bool:
        for container in self._idle():
            if not container.alive:
                self._forget(container)
        return bool(self._idle()) or len(self._all) < self.max_containers

    def _new(self, call_id: str) -> Container:
        self._started += 1
        container = self._lent[call_id] = self.start(self._started)
        self._all.append(container)
        return container

    def _await(self, container: Container, call_id: str) -> None:
        try:
            container.wait_until_listening()
        except ContainerInitFailed:
            self.release(call_id, keep=False)
            raise

    def _forget(self, container: Container) -> None:
        self._all.remove(container)
        container.close()


class _UnixHTTPConnection(http.client.HTTPConnection):
    """`http.client`'s connection, to a socket file instead of a port; kept alive from call to call."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connecting.connect(str(self._path))
        except OSError:
            connecting.close()
            raise
        self.sock = connecting

    def ready(self) -> socket.socket:
        """The open socket; opened anew if the server closed it while it was idle (nothing is lost then)."""
        if self.sock is not None and select.select([self.sock], [], [], 0)[0]:
            self.close()
        if self.sock is None:
            self.connect()
        return self.sock
