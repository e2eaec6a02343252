"""One invocation: its time, its secrets, who asked, what its log line says; and what its container keeps."""

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Literal, NamedTuple

from handlers import logs
from handlers import settings as configuration
from handlers.clock import Clock, parse_time, plan
from handlers.cloud import api
from handlers.cloud.client import Connection
from handlers.destinations import Destination
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import ExportError
from handlers.redaction import Redactor
from handlers.settings import Settings

_NAME = "image-export"
# What the FDK assumes where the platform sends no deadline.
_DEFAULT_SECONDS = 30.0
# The SDKs' clients listen for 60.
_GATEWAY_SECONDS = 45.0
# An event comes again: until then, its container would only be one more that waits.
_EVENT_THROTTLED_SECONDS = 20.0


class Requester(NamedTuple):
    """Who asked. ``id``: the call id, or the event's id."""

    kind: Literal["gateway", "event", "direct", "catch-up"]
    id: str

    @property
    def document(self) -> dict[str, str]:
        """As messages and records have it."""
        return {"kind": self.kind, "id": self.id}


class Container(NamedTuple):
    """Everything that outlives an invocation: the settings, and how the services are reached."""

    settings: Settings
    connection: Connection
    places: api.Places
    hosts: ObjectStorageHosts


def build(environment: Mapping[str, str]) -> Container:
    """Reads the settings first, so that a wrong configuration is named before anything is called.

    Raises Misconfigured.
    """
    settings = configuration.read(environment)
    return Container(settings, *api.connect(settings))


class Context:
    """One invocation.

    ``source``: the function's OCID, or a name, as announcements carry it. It ``began`` at that time of day in
    UTC, and ``started`` at that second of the monotonic clock. Once connected, it has ``cloud`` and
    ``settings``.

    What an operation learns for the invocation's line in the log stands here as it is learnt: ``image_id``,
    ``image_name``, ``destination``, ``export_format``, ``work_request_id``, ``service_request_id`` (a
    service's opc-request-id), ``code``, and ``more`` keys with numbers. ``message`` says what came of it,
    ``level`` who has to act.
    """

    def __init__(
        self,
        requester: Requester,
        *,
        call_id: str,
        deadline: str = "",
        function_id: str = "",
        request_id: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.requester = requester
        self.call_id = call_id
        self.source = function_id or _NAME
        self.redactor = Redactor()
        self.clock = clock or Clock()
        self.began = self.clock.now()
        self.started = self.clock.monotonic()
        ends = parse_time(deadline)
        seconds = (ends - self.began).total_seconds() if ends else _DEFAULT_SECONDS
        self.deadline = self.started + seconds
        self._request_id = request_id

        self.image_id: str | None = None
        self.image_name: str | None = None
        self.destination: Destination | None = None
        self.export_format: str | None = None
        self.work_request_id: str | None = None
        self.service_request_id: str | None = None
        self.code: str | None = None
        self.more: dict[str, int] = {}
        self.message = ""
        self.level = logging.INFO

    def connect(self, container: Container) -> None:
        """Makes the invocation's client of what the container keeps."""
        seconds = self.deadline - self.started
        if self.requester.kind == "gateway":
            seconds = min(seconds, _GATEWAY_SECONDS)
        self.settings = container.settings
        self.hosts = container.hosts
        self.cloud = api.Cloud(
            container.connection,
            container.places,
            plan(self.started, self.started + seconds),
            self.clock,
            self.redactor,
            request_id=self._request_id,
            throttled_seconds=_EVENT_THROTTLED_SECONDS if self.requester.kind == "event" else math.inf,
        )

    def log(self, level: int, what: str, failure: ExportError | None = None, **fields: str | None) -> None:
        """A line in the log beside the invocation's own."""
        logs.write(level, what, failure, **fields)

    @contextmanager
    def best_effort(
        self, what: str, *, level: int = logging.WARNING, part: float | None = None
    ) -> Iterator[None]:
        """Goes on after a failure in here, which leaves a line in the log: ``what`` did not happen.

        ``part``: of the time, as in ``Client.part_of_time``.
        """
        try:
            with self.cloud.part_of_time(part) if part else nullcontext():
                yield
        except ExportError as failure:
            self.log(level, what, failure)
