"""The function's log: what its containers wrote to stdout and stderr, line by line, as it comes."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


class FunctionLog:
    """The lines so far, in `lines`; each also goes to `sink`, a callable or a file that is appended to."""

    def __init__(self, sink: Callable[[str], None] | Path | None = None) -> None:
        self.lines: list[str] = []
        self._sink = sink
        self._grown = threading.Condition()

    def add(self, line: str) -> None:
        """Takes a line, from the thread that reads a container's output."""
        with self._grown:
            self.lines.append(line)
            self._grown.notify_all()
        if isinstance(self._sink, Path):
            with self._sink.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        elif self._sink is not None:
            self._sink(line)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The lines that are JSON objects."""
        return [entry for entry in map(_json_object, list(self.lines)) if entry is not None]

    def wait_for(self, matches: Callable[[str], bool], timeout_s: float = 10.0) -> str:
        """The first line that matches; lines arrive a little after the answer. Raises TimeoutError."""
        with self._grown:
            if not self._grown.wait_for(lambda: any(map(matches, self.lines)), timeout_s):
                raise TimeoutError("no such line in the function's log")
            return next(filter(matches, self.lines))


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
