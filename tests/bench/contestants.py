"""What is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.local.fn.host import CHECKOUT
from tests.local.oci import Cloud

_FUNCTIONS = Path(__file__).parent / "functions"
_EXPORT = ("ExportImage", "PublishMessage")


@dataclass(frozen=True)
class Contestant:
    """A function and the entry point that it is started by.

    ``calls``: what the cloud has to have seen of one invocation, each once and answered with a success.
    """

    name: str
    code: Path
    entry_point: Literal["fdk", "standby"] = "fdk"
    calls: tuple[str, ...] = _EXPORT
    configuration: Mapping[str, str] = field(default_factory=dict)


EMPTY = Contestant("empty function", _FUNCTIONS / "empty", calls=())
SAMPLE = Contestant("sample", _FUNCTIONS / "sample")
OURS = Contestant("image-export", CHECKOUT)
OURS_READY = Contestant("by `python3 func.py`", CHECKOUT, "standby")
OURS_RECORDING = Contestant(
    "with records",
    CHECKOUT,
    calls=(*_EXPORT, "GetObject", "PutObject"),
    configuration={"EXPORT_RECORDS": f"{Cloud.namespace}/{Cloud.bucket}/records"},
)

COMPARED = (EMPTY, SAMPLE, OURS, OURS_READY, OURS_RECORDING)
