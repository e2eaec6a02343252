"""The record of every request that the cloud received."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Stage = Literal["received", "done"]


@dataclass
class Call:
    """A request; `status` stays None while there is no answer, and for ever when the connection was dropped.

    Secrets (`Authorization`, a pre-authenticated request's path, bodies) are kept for tests to look at, but
    are in no repr.
    """

    operation: str
    method: str
    path: str = field(repr=False)
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    time: datetime
    status: int | None = None
    worked: bool = False

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Calls(list[Call]):
    """All calls in the order of their arrival."""

    def named(self, operation: str) -> list[Call]:
        return [call for call in self if call.operation == operation]


@dataclass(frozen=True)
class Watch:
    """Somebody who wants to be there when a call is received (before any work), or done (after it, before the
    answer)."""

    operation: str
    stage: Stage
    callback: Callable[[Call], None]
