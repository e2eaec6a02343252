"""Payloads as they arrive, as files: events, direct calls, and bodies of gateway requests."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def read(name: str) -> bytes:
    """The payload ``{name}.json`` as it is on the wire."""
    return (FOLDER / f"{name}.json").read_bytes()


def load(name: str) -> Any:
    """The same, parsed, to be changed by a test."""
    return json.loads(read(name))
