"""What is compared."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tests.local.fn.host import CHECKOUT

_SAMPLE = Path(__file__).parent / "sample"


@dataclass(frozen=True)
class Contestant:
    """A function, how it is started and what asks it for an export.

    ``trigger``: the event of a new image, or a caller's direct call. ``records``: it keeps records.
    """

    name: str
    code: Path = CHECKOUT
    trigger: Literal["event", "caller"] = "event"
    entry_point: Literal["fdk", "standby"] = "fdk"
    records: bool = False

    @property
    def calls(self) -> tuple[str, ...]:
        """What the cloud has to have done for one invocation."""
        return ("ExportImage", "PublishMessage", *(("GetObject", "PutObject") if self.records else ()))


SAMPLE_EVENT = Contestant("sample, event", _SAMPLE)
SAMPLE = Contestant("sample, caller", _SAMPLE, "caller")
EVENT = Contestant("event")
EVENT_RECORDING = Contestant("event, with records", records=True)
OURS = Contestant("caller", trigger="caller")
OURS_RECORDING = Contestant("caller, with records", trigger="caller", records=True)
OURS_READY = Contestant("caller, stood ready", trigger="caller", entry_point="standby")
# The same once more: how far two identical runs are apart says what a figure is worth.
EVENT_AGAIN = replace(EVENT, name="event, again")
READY_AGAIN = replace(OURS_READY, name="caller, stood ready, again")

COMPARED = (SAMPLE_EVENT, EVENT, EVENT_RECORDING, SAMPLE, OURS, OURS_RECORDING)
# The usual entry point gains nothing from having stood ready: there is another one for that.
STOOD_READY = (SAMPLE, OURS_READY, READY_AGAIN)


def sample_of(contestant: Contestant) -> Contestant:
    """The sample under the same trigger."""
    return SAMPLE_EVENT if contestant.trigger == "event" else SAMPLE


def again(contestant: Contestant) -> tuple[Contestant, Contestant]:
    """The two identical contestants of the runs in which this one took part."""
    return (OURS_READY, READY_AGAIN) if contestant.entry_point == "standby" else (EVENT, EVENT_AGAIN)
