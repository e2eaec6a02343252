"""Stand-ins for the cloud and the clock: the same interfaces, in memory, with knobs for what goes wrong.

``FakeServices`` is ``handlers.services.Services``: an export that it accepts becomes a work request that it
lists, the same retry token finds the same export, and every call is on record. ``FakeClock`` is
``handlers.clock.Clock``: it moves by hand, by sleeping, and by calls that are told to take time. ``context``
is an invocation's over them.
"""

from tests.fakes.clock import START, FakeClock
from tests.fakes.script import Call, Script
from tests.fakes.services import FakeServices, answer, not_found, refusal
from tests.fakes.world import (
    BUCKET,
    CALL_ID,
    COMPARTMENT_ID,
    DEADLINE,
    ENVIRONMENT,
    HOSTS,
    IMAGE_ID,
    NAMESPACE,
    PAR_TOKEN,
    RECORDS,
    TOPIC_ID,
    container,
    context,
    image,
)

__all__ = [
    "BUCKET",
    "CALL_ID",
    "COMPARTMENT_ID",
    "DEADLINE",
    "ENVIRONMENT",
    "HOSTS",
    "IMAGE_ID",
    "NAMESPACE",
    "PAR_TOKEN",
    "RECORDS",
    "START",
    "TOPIC_ID",
    "Call",
    "FakeClock",
    "FakeServices",
    "Script",
    "answer",
    "container",
    "context",
    "image",
    "not_found",
    "refusal",
]
