"""One run: what it was asked to do, what it has made and found so far."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import oci

from tests.local.screen import Screen

from .clients import Clients
from .points import Findings
from .report import shortened

REFUSED = oci.exceptions.ServiceError
# What the SDK raises where a service can't be reached.
UNREACHED = (oci.exceptions.RequestException, oci.exceptions.ConnectTimeout)

AVAILABLE_LIMIT_S = 300.0


class StepFailed(Exception):
    """A step could not do what it is for; the text says why."""


class RunEnds(StepFailed):
    """As StepFailed, and no other step makes sense."""


@dataclass(frozen=True)
class Options:
    """What the user asked for. Times in seconds. `object_prefix` None: from the function's configuration."""

    function_id: str
    image_id: str
    bucket: str
    records: str | None = None
    object_prefix: str | None = None
    log_group_id: str | None = None
    log_id: str | None = None
    keep: bool = False
    export_limit_s: float = 4 * 3600.0
    notice_limit_s: float = 600.0
    poll_s: float = 10.0


@dataclass(frozen=True, order=True)
class Place:
    """An object."""

    namespace: str
    bucket: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.bucket}/{self.name}"


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


@dataclass
class Run:
    """What the steps share. `function`, `image`, `namespace` and `prefix` are there after the first step.

    `stamp` is in the names of all that the run makes. `objects` are what it has made, or may have made;
    `own_requests` the user's pre-authenticated requests by the object that they are for. `had_record`: there
    was a record before, or none can be seen. `followed`: the exports whose end was seen; `unfinished`: those
    that go on as far as the run knows.
    """

    options: Options
    clients: Clients
    screen: Screen
    findings: Findings = field(default_factory=Findings)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    stamp: str = field(default_factory=_stamp)
    namespace: str = ""
    prefix: str = ""
    function: Any = None
    image: Any = None
    objects: list[Place] = field(default_factory=list)
    own_requests: dict[Place, Any] = field(default_factory=dict)
    user_needs_requests: bool = False
    had_record: bool = True
    followed: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def config(self) -> dict[str, str]:
        """The function's configuration; empty if the user may not read it."""
        return dict(self.function.config or {}) if self.function else {}

    @property
    def records(self) -> str | None:
        """Where the function keeps its records, `namespace/bucket` or `namespace/bucket/prefix`."""
        return self.options.records or self.config.get("EXPORT_RECORDS") or None

    def place(self, name: str) -> Place:
        """A place of this run's own, where the function lets callers export to; it is deleted at the end."""
        parts = (self.prefix, f"image-export-live-{self.stamp}", name)
        place = Place(self.namespace, self.options.bucket, "/".join(part for part in parts if part))
        self.objects.append(place)
        return place

    def check(self, what: str, passed: bool) -> bool:
        """Notes and shows whether a check passed."""
        if passed:
            self.screen.step("check", f"✓ {what}")
        return self.screen.check(what, passed)

    def wait(self, until: Callable[[], bool], limit_s: float) -> bool:
        """Asks every few seconds; whether it came true in time."""
        give_up = time.monotonic() + limit_s
        while not (came := until()) and time.monotonic() < give_up:
            time.sleep(self.options.poll_s)
        return came

    def wait_until_available(self) -> None:
        """An export needs an image that is AVAILABLE. Raises StepFailed."""
        if self.unfinished or not self.wait(lambda: self.image_state() == "AVAILABLE", AVAILABLE_LIMIT_S):
            raise StepFailed("the image is not AVAILABLE: an export of it goes on")

    def image_state(self) -> str:
        """The image's lifecycle state now."""
        return str(self.clients.compute.get_image(self.options.image_id).data.lifecycle_state)


def told(problem: Exception) -> str:
    """A service's refusal, or what kept it from being asked, in a few words."""
    if isinstance(problem, REFUSED):
        return shortened(f"{problem.status} {problem.code}: {problem.message}")
    return shortened(f"{type(problem).__name__}: {problem}"[:300])
