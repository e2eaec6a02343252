"""Stand-ins for the cloud and the clock: the same interfaces, in memory, with knobs for what goes wrong.

``FakeServices`` is ``handlers.exports.services.Services``: an export that it accepts becomes a work request
that it lists, the same retry token finds the same export, and every call is on record. ``FakeClock`` is
``handlers.exports.clock.Clock``: it moves by hand, by sleeping, and by calls that are told to take time.
"""

from tests.fakes.answers import answer, not_found
from tests.fakes.clock import FakeClock
from tests.fakes.compute import FakeCompute
from tests.fakes.example_world import (
    BUCKET,
    COMPARTMENT_ID,
    ENVIRONMENT,
    HOSTS,
    IMAGE_ID,
    NAMESPACE,
    PAR_TOKEN,
    START,
    TOPIC_ID,
    policy,
)
from tests.fakes.notifications import FakeNotifications
from tests.fakes.object_storage import FakeObjectStorage
from tests.fakes.script import Call, Script
from tests.fakes.services import FakeServices
from tests.fakes.work_requests import FakeWorkRequests

__all__ = [
    "BUCKET",
    "COMPARTMENT_ID",
    "ENVIRONMENT",
    "HOSTS",
    "IMAGE_ID",
    "NAMESPACE",
    "PAR_TOKEN",
    "START",
    "TOPIC_ID",
    "Call",
    "FakeClock",
    "FakeCompute",
    "FakeNotifications",
    "FakeObjectStorage",
    "FakeServices",
    "FakeWorkRequests",
    "Script",
    "answer",
    "not_found",
    "policy",
]
