"""The function host: the platform's side of an invocation."""

import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal, Self

from .container import Container, ContainerDied, ContainerInitFailed, ContainerPool, Headers

CHECKOUT = Path(__file__).resolve().parents[3]

Failure = Literal[
    "FunctionInvokeExecutionFailed",  # the wire status was not 200, or the container died before it answered
    "FunctionInvokeTimeout",  # no answer by the deadline, or the wire status 504
    "FunctionInvokeContainerInitFail",  # the container never listened
    "NotAuthorizedOrNotFound",  # the policy does not let the caller invoke the function
    "FunctionInvokeNoCapacity",  # every container stayed busy for as long as a call may take
]

# Fn's agent (api/agent/agent.go): 200 is an answer; 502 is a function that failed, whose container is kept;
# 504 is a function that says it ran out of time; after any other status the container is shut down.
_CONTAINER_KEPT_AFTER = (200, 502)
# What of the function's folder is not in the image.
_LEFT_OUT = shutil.ignore_patterns(".*", "tests", "__pycache__", "*.pyc", "*.md")
# Whoever calls, these headers are the platform's own.
_OWN = {"fn-call-id", "fn-deadline", "content-length", "transfer-encoding", "connection", "host"}
_BASE_32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Invocation:
    """One invocation, ended.

    `status` is the wire status (200 where a function answered, whatever its own status), 502, 504 or 503
    where the platform answers in its place. `headers` are in lower case. Times are seconds; `overrun_s` is
    how long after the deadline that the function was told the invocation ended, 0 if before.
    """

    status: int
    call_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Failure | None = None
    detail: str = ""
    container: int | None = None
    duration: float = 0.0
    overrun_s: float = 0.0
    cold: bool = False

    @property
    def failed(self) -> bool:
        """Whether the platform counts it as failed, and may deliver the event again."""
        return self.failure is not None

    @property
    def http_status(self) -> int:
        """What an HTTP caller behind a gateway gets: the function's own status if it sent one."""
        return int(self.headers.get("fn-http-status", self.status))

    def json(self) -> Any:
        return json.loads(self.body)


class FunctionLog:
    """The lines so far, in `lines`; each is also appended to a `file`, where there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self.lines: list[str] = []
        self._file = file
        self._grown = threading.Condition()

    def add(self, line: str) -> None:
        """Takes a line, from the thread that reads a container's output."""
        with self._grown:
            self.lines.append(line)
            self._grown.notify_all()
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def wait_for(self, matches: Callable[[str], bool], timeout_s: float = 10.0) -> str:
        """The first line that matches; lines arrive a little after the answer. Raises TimeoutError."""
        with self._grown:
            if not self._grown.wait_for(lambda: any(map(matches, self.lines)), timeout_s):
                raise TimeoutError("no such line in the function's log")
            return next(filter(matches, self.lines))


class FunctionHost(ContainerPool):
    """Runs the function in `code` (a folder with func.py) with the environment `env`, which may be
    changed for the next container. What runs is a copy that nobody may write to; where `setpriv` is
    installed, root neither.

    `entry_point`: "fdk" is the FDK's console script, as `fn deploy` has it; "standby" is `python3 func.py`.
    `packages`: a folder made by `pip install --target`, like the image's /python; default the interpreter's.
    `log`: a file to which each line that a container writes is appended.
    `launcher`: put before the command, to set limits for example. `user`: a user id to run as; needs root.
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
        log: Path | None = None,
        launcher: Sequence[str] = (),
        user: int | None = None,
    ) -> None:
        self.env = dict(env or {})
        self.timeout_s = timeout_s
        self.log = FunctionLog(log)
        self.logs = self.log.lines
        self._given_code = Path(code).resolve()
        self._folder = self._code = self._given_code
        self._entry_point, self._python, self._packages = entry_point, str(python), packages
        self._launcher = (*launcher, *(_without_roots_powers() if user is None else ()))
        self._user = user
        super().__init__(max_containers)

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="function-"))
        self._folder.chmod(0o755)  # another user may run the code
        self._code = shutil.copytree(self._given_code, self._folder / "function", ignore=_LEFT_OUT)
        for path in [self._code, *self._code.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        for path in self._folder.rglob("*"):
            if path.is_dir():
                path.chmod(0o700)  # a file in a folder that nobody may write to can't be removed
        shutil.rmtree(self._folder)

    def invoke(
        self,
        body: bytes = b"",
        headers: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]] = (),
        *,
        call_id: str | None = None,
        deadline: datetime | None = None,
    ) -> Invocation:
        """One invocation; never raises for what the function does. `headers` are the caller's or the
        gateway's; the call id and the deadline are the host's own, whatever they say."""
        call_id = call_id or new_call_id()
        arrived = time.monotonic()
        try:
            container, cold = self.acquire(call_id, self.timeout_s)
        except ContainerInitFailed as error:
            return Invocation(502, call_id, failure="FunctionInvokeContainerInitFail", detail=str(error))
        except TimeoutError as error:
            return Invocation(503, call_id, failure="FunctionInvokeNoCapacity", detail=str(error))
        ends = deadline or datetime.now(UTC) + timedelta(seconds=self.timeout_s)
        # The platform's deadline header has whole seconds, rounded down; one that a test asks for is sent as
        # it is.
        told = deadline or ends.replace(microsecond=0)
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        sent = _headers(list(pairs), call_id=call_id, deadline=told)
        invocation = _call(container, call_id, sent, body, ends)
        finished = datetime.now(UTC)
        self.release(call_id, keep=invocation.status in _CONTAINER_KEPT_AFTER)
        return replace(
            invocation,
            container=container.number,
            duration=time.monotonic() - arrived,
            overrun_s=max(0.0, (finished - told).total_seconds()),
            cold=cold,
        )

    @property
    def log_entries(self) -> list[dict[str, Any]]:
        """The log lines that are JSON objects."""
        entries = []
        for line in list(self.logs):
            with suppress(ValueError):
                entries.append(json.loads(line))
        return [entry for entry in entries if isinstance(entry, dict)]

    def kill_busy(self) -> int:
        """Kills every container with a call in flight, which fails, and says how many."""
        victims = self.busy
        for container in victims.values():
            container.kill()
        return len(victims)

    def start(self, number: int) -> Container:
        return Container(number, self.command, self._environment, self.log.add, self._user)

    @property
    def _environment(self) -> dict[str, str]:
        """All but what is a container's own, and nothing of the developer's. Source: what a running function
        printed (oracle-functions-samples, oci-apigw-display-httprequest-info-python), and Fn's fn-format.md.
        """
        return {
            "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOSTNAME": "localcontainer",
            # The image has /function:/python. Without a folder of packages, the interpreter's own are used.
            "PYTHONPATH": ":".join(str(folder) for folder in (self._code, self._packages) if folder),
            # The platform's file system is read-only, so Python can't keep a .pyc of the function's code.
            "PYTHONDONTWRITEBYTECODE": "1",
            "FN_FN_ID": "ocid1.fnfunc.oc1.phx.localfunction",
            "FN_APP_ID": "ocid1.fnapp.oc1.phx.localapplication",
            "FN_MEMORY": "256",
            "FN_CPUS": "100m",
            "FN_TYPE": "sync",
            "FN_FORMAT": "http-stream",
            **self.env,
        }

    @property
    def command(self) -> list[str]:
        func = str(self._code / "func.py")
        if self._entry_point == "standby":
            return [*self._launcher, self._python, func]
        scripts = self._packages / "bin" if self._packages else Path(self._python).parent
        return [*self._launcher, self._python, str(scripts / "fdk"), func, "handler"]


def _call(container: Container, call_id: str, headers: Headers, body: bytes, ends: datetime) -> Invocation:
    """The call, and what the platform makes of its outcome."""
    try:
        status, answered, answer = container.call(headers, body, (ends - datetime.now(UTC)).total_seconds())
    except TimeoutError:
        told = "no answer by the deadline"
        return Invocation(504, call_id, failure="FunctionInvokeTimeout", detail=told)
    except ContainerDied as error:
        container.kill()  # it may only have hung up; 502 alone would keep it
        told = f"the container died: {error}"
        return Invocation(502, call_id, failure="FunctionInvokeExecutionFailed", detail=told)
    if status == 200:
        return Invocation(status, call_id, answered, answer)
    # What a failed function says is dropped.
    failure: Failure = "FunctionInvokeTimeout" if status == 504 else "FunctionInvokeExecutionFailed"
    return Invocation(status, call_id, answered, failure=failure, detail=answer.decode("utf-8", "replace"))


def new_call_id() -> str:
    """A call id as the platform gives it, a ULID: 26 characters of Crockford's base 32, of 48 bits of
    milliseconds since 1970 and 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_BASE_32[(number >> shift) & 31] for shift in range(125, -5, -5))


def _headers(given: Headers, *, call_id: str, deadline: datetime) -> Headers:
    """The headers to send: the platform's own, and the given ones in their order but for those. Source: a
    call captured inside a running function (oracle-functions-samples,
    oci-apigw-display-httprequest-info-python)."""
    names = {name.lower() for name, _ in given}
    defaults = {
        "content-type": "application/octet-stream",
        "fn-invoke-type": "sync",
        "user-agent": "Go-http-client/1.1",
        "accept-encoding": "gzip",
        "date": format_datetime(datetime.now(UTC).replace(microsecond=0), usegmt=True),
        "opc-request-id": call_id,
    }
    told = deadline.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return [
        ("Host", "localhost"),
        ("Fn-Call-Id", call_id),
        ("Fn-Deadline", told),
        *((name, value) for name, value in defaults.items() if name not in names),
        *((name, value) for name, value in given if name.lower() not in _OWN),
    ]


def _without_roots_powers() -> tuple[str, ...]:
    """What to put before a command, so that file permissions hold for it even if root runs it (Linux)."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0 or setpriv is None:
        return ()
    return (setpriv, "--bounding-set=-all", "--inh-caps=-all")
