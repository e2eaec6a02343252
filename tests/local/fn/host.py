"""The function host: the platform's side of an invocation."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from .call_id import new_call_id
from .container import Container, ContainerDied, ContainerInitFailed
from .invocation import Failure, Invocation
from .log import FunctionLog
from .platform_headers import platform_headers
from .pool import ContainerPool
from .readonly_code import copy_read_only, make_removable, without_roots_powers
from .unix_http import Headers

CHECKOUT = Path(__file__).resolve().parents[3]

# Fn's agent (api/agent/agent.go): 200 is an answer; 502 is a function that failed, whose container is kept;
# 504 is a function that says it ran out of time; after any other status the container is shut down.
_FAILURE_BY_WIRE_STATUS: dict[int, Failure | None] = {
    200: None,
    502: "FunctionInvokeExecutionFailed",
    504: "FunctionInvokeTimeout",
}
_CONTAINER_KEPT_AFTER = (200, 502)


class FunctionHost:
    """Runs the function in `code` (a folder with func.py) with the environment `env`.

    `entry_point`: "fdk" is the FDK's console script, as `fn deploy` has it; "standby" is `python3 func.py`.
    `packages`: a folder made by `pip install --target`, like the image's /python; default the interpreter's.
    `log`: gets each line that a container writes (called from a thread), or is a file to append them to.
    `read_only`: run a copy of the code that nobody may write to; where `setpriv` is installed, root neither.
    `launcher`: put before the command, to set limits for example. `user`: a user id to run as; needs root.
    `env` and `on_call_started` (called with the container and the call id, just before the call is sent) may
    be changed while the host is open, for the next container and the next call.
    """

    def __init__(
        self,
        code: Path = CHECKOUT,
        env: Mapping[str, str] | None = None,
        *,
        entry_point: Literal["fdk", "standby"] = "fdk",
        max_containers: int = 1,
        timeout_s: float = 120.0,
        python: str | Path = sys.executable,
        packages: Path | None = None,
        log: Callable[[str], None] | Path | None = None,
        read_only: bool = True,
        launcher: Sequence[str] = (),
        user: int | None = None,
    ) -> None:
        self.env = dict(env or {})
        self.timeout_s = timeout_s
        self.log = FunctionLog(log)
        self.on_call_started: Callable[[Container, str], None] | None = None
        self._given_code = Path(code).resolve()
        self._code = self._given_code
        self._entry_point, self._python, self._packages = entry_point, str(python), packages
        self._launcher = (*launcher, *(without_roots_powers() if read_only and user is None else ()))
        self._user = user
        self._read_only = read_only
        self._folder: Path | None = None
        self._pool = ContainerPool(self._start, max_containers)

    def __enter__(self) -> Self:
        if self._read_only:
            self._folder = Path(tempfile.mkdtemp(prefix="function-"))
            self._folder.chmod(0o755)  # another user may run the code
            self._code = copy_read_only(self._given_code, self._folder / "function")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        if self._folder is not None:
            make_removable(self._folder)
            shutil.rmtree(self._folder)

    def invoke(
        self,
        body: bytes = b"",
        headers: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]] = (),
        *,
        call_id: str | None = None,
        deadline: datetime | None = None,
    ) -> Invocation:
        """One invocation; never raises for what the function does.

        `headers` are the caller's or the gateway's (as pairs, a name may come twice); the call id and the
        deadline are the host's own, whatever `headers` say. `deadline` has a time zone; default `timeout_s`
        from now.
        """
        call_id = call_id or new_call_id()
        arrived = time.monotonic()
        try:
            container, cold = self._pool.acquire(call_id, self.timeout_s)
        except ContainerInitFailed as error:
            return Invocation(502, call_id, failure="FunctionInvokeContainerInitFail", detail=str(error))
        except TimeoutError as error:
            return Invocation(503, call_id, failure="FunctionInvokeNoCapacity", detail=str(error))
        ends = deadline or datetime.now(UTC) + timedelta(seconds=self.timeout_s)
        # The platform's deadline header has whole seconds, rounded down; one that a test asks for is sent as
        # it is.
        told = deadline or ends.replace(microsecond=0)
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        sent = platform_headers(list(pairs), call_id=call_id, deadline=told)
        if self.on_call_started is not None:
            self.on_call_started(container, call_id)
        status, answered, answer, failure, detail = _call(container, sent, body, ends)
        finished = datetime.now(UTC)
        self._pool.release(call_id, keep=status in _CONTAINER_KEPT_AFTER)
        return Invocation(
            status,
            call_id,
            headers=answered,
            body=answer if failure is None else b"",  # the platform drops what a failed function says
            failure=failure,
            detail=detail,
            container=container.number,
            duration=time.monotonic() - arrived,
            overrun_s=max(0.0, (finished - told).total_seconds()),
            cold=cold,
        )

    def prepare(self, containers: int = 1) -> None:
        """Starts containers until that many run (provisioned concurrency). Raises ContainerInitFailed."""
        self._pool.prepare(containers)

    @property
    def max_containers(self) -> int:
        """How many containers may run at once."""
        return self._pool.max_containers

    @property
    def containers(self) -> list[Container]:
        """The containers that are alive, oldest first."""
        return self._pool.alive

    @property
    def busy(self) -> dict[str, Container]:
        """Call id to container, for the calls in flight."""
        return self._pool.lent

    @property
    def logs(self) -> list[str]:
        """The lines that containers wrote."""
        return self.log.lines

    @property
    def log_entries(self) -> list[dict[str, Any]]:
        """The log lines that are JSON objects."""
        return self.log.entries

    def kill(self, container: Container) -> None:
        """Kills a container: a call in flight fails, and the next call gets another container."""
        container.kill()

    def kill_busy(self) -> int:
        """Kills every container with a call in flight and says how many; for an emulator's callback."""
        victims = list(self.busy.values())
        for container in victims:
            container.kill()
        return len(victims)

    def _start(self, number: int) -> Container:
        return Container(
            number,
            self.command,
            self.env,
            code=self._code,
            packages=self._packages,
            on_line=self.log.add,
            user=self._user,
        )

    @property
    def command(self) -> list[str]:
        """What starts a container."""
        func = str(self._code / "func.py")
        if self._entry_point == "standby":
            return [*self._launcher, self._python, func]
        scripts = self._packages / "bin" if self._packages else Path(self._python).parent
        return [*self._launcher, self._python, str(scripts / "fdk"), func, "handler"]


def _call(
    container: Container, headers: Headers, body: bytes, ends: datetime
) -> tuple[int, dict[str, str], bytes, Failure | None, str]:
    """The call, and what the platform makes of its outcome: wire status, headers, body, failure, detail."""
    try:
        status, answered, answer = container.call(headers, body, (ends - datetime.now(UTC)).total_seconds())
    except TimeoutError:
        return 504, {}, b"", "FunctionInvokeTimeout", "no answer by the deadline"
    except ContainerDied as error:
        container.kill()  # it may only have hung up; 502 alone would keep it
        return 502, {}, b"", "FunctionInvokeExecutionFailed", f"the container died: {error}"
    failure = _FAILURE_BY_WIRE_STATUS.get(status, "FunctionInvokeExecutionFailed")
    return status, answered, answer, failure, answer.decode("utf-8", "replace") if failure else ""
