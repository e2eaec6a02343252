"""How one invocation went, as the platform sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Failure = Literal[
    "FunctionInvokeExecutionFailed",  # the wire status was not 200, or the container died before it answered
    "FunctionInvokeTimeout",  # no answer by the deadline, or the wire status 504
    "FunctionInvokeContainerInitFail",  # the container never listened
    "NotAuthorizedOrNotFound",  # the policy does not let the caller invoke the function
    "FunctionInvokeNoCapacity",  # every container stayed busy for as long as a call may take
]


@dataclass(frozen=True)
class Invocation:
    """One invocation, ended.

    `status` is the wire status (200 where a function answered, whatever its own status), 502, 504 or 503
    where the platform answers in its place. `headers` are in lower case. Times are seconds; `overrun_s` is
    how long after the deadline that the function was told (whole seconds on the platform) the invocation
    ended, 0 if it ended before.
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
        """The body, read as JSON."""
        return json.loads(self.body)
