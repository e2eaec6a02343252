"""The script of faults: what goes wrong with which operation, how often."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

# What goes wrong without a request: an export comes to its end, and fails; an event is lost.
END_EXPORT, DELIVER_EVENT = "EndExport", "DeliverEvent"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        operation: the operation's name, or `*` for any. Without a request: `EndExport`, which fails with
          `code` and `message`, and `DeliverEvent`, which loses an event that meets a rule.
        when: what the call (`Call`; an `Export`, an event) has to be like; any, by default.
        status, code, message: the answer, given instead of the work, or after it with `after_work`.
        body, content_type: the answer's raw body in place of `{"code", "message"}`.
        change: what becomes of the document of a success, in place of it.
        headers: added to the answer; `without_headers` are taken away.
        delay: seconds before the answer; the work comes after it, but for `after_work` and `drop="after"`.
        drip: seconds between two bytes of the body; with `drip_head`, of the status line and headers as well.
        interim: so many interim answers (`100 Continue`) come before the answer, `drip` seconds apart.
        cut: the connection is closed after so many bytes of the body, although `content-length` says more.
        raw: these bytes in place of the whole answer, whatever they are.
        drop: the connection is closed without an answer, `before` or `after` the work.
        times: how often, None for always.
        probability: of each matching request to be met, by the cloud's seed.
    """

    operation: str
    status: int | None = None
    code: str = "InternalServerError"
    message: str = "A fault of the script"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    delay: float = 0.0
    drip: float = 0.0
    drip_head: bool = False
    interim: int = 0
    cut: int | None = None
    raw: bytes | None = None
    drop: Literal["before", "after"] | None = None
    after_work: bool = False
    without_headers: tuple[str, ...] = ()
    times: int | None = 1
    probability: float = 1.0
    when: Callable[[Any], bool] | None = None
    change: Callable[[Any], object] | None = None

    @property
    def answers(self) -> bool:
        return self.status is not None or self.body is not None or self.raw is not None

    @property
    def on_the_wire(self) -> bool:
        """Whether it is about how the answer's bytes are sent."""
        return bool(self.drip or self.interim) or self.cut is not None or self.raw is not None


class Faults:
    """Faults wait here until a request meets them; the first that fits is taken."""

    def __init__(self, random: Random, lock: threading.RLock) -> None:
        self._random, self._lock = random, lock
        self._waiting: list[tuple[Fault, int | None]] = []
        self.met: Counter[str] = Counter()

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str, subject: object) -> Fault | None:
        """The fault that this call (or export, or event) meets, used up by one."""
        named = (operation,) if operation in (END_EXPORT, DELIVER_EVENT) else ("*", operation)
        with self._lock:
            for place, (fault, left) in enumerate(self._waiting):
                fits = fault.operation in named and (fault.when is None or fault.when(subject))
                if not fits or self._random.random() >= fault.probability:
                    continue
                if left is not None:
                    self._waiting[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                self.met[operation] += 1
                return fault
        return None
