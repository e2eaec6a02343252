"""What is compared."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.local.fn.host import CHECKOUT

_FUNCTIONS = Path(__file__).parent / "functions"


@dataclass(frozen=True)
class Contestant:
    """A function and the entry point that it is started by."""

    name: str
    code: Path
    entry_point: Literal["fdk", "standby"] = "fdk"


EMPTY = Contestant("empty function", _FUNCTIONS / "empty")
SAMPLE = Contestant("sample", _FUNCTIONS / "sample")
OURS = Contestant("image-export", CHECKOUT)
OURS_READY = Contestant("image-export, python3 func.py", CHECKOUT, "standby")
TWO_CALLS = Contestant("two signed calls", _FUNCTIONS / "two_calls")

COMPARED = (EMPTY, SAMPLE, OURS, OURS_READY)
