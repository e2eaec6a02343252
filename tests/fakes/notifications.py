"""A topic in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.script import Script


@dataclass
class FakeNotifications:
    """``messages``: title and body of what was published."""

    script: Script
    messages: list[tuple[str, str]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The published bodies, parsed."""
        return [json.loads(body) for _, body in self.messages]

    def publish(self, title: str, body: str, *, until: float) -> str:
        with self.script.call("publish", until, title=title, body=body):
            self.messages.append((title, body))
        return f"message-{len(self.messages)}"
