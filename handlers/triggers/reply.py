"""What goes back to the FDK, before it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """``document``: what the body says. ``body``: the same as the service spelt it that said it."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)


def without_none(items: Mapping[str, Any]) -> dict[str, Any]:
    """The items that there are."""
    return {key: value for key, value in items.items() if value is not None}
