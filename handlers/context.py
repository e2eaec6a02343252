"""What one invocation works with: settings, services, time, secrets to hide, and who asked."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

from handlers.clock import Clock, parse_time
from handlers.container import Container
from handlers.destinations import Destination
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import ExportError
from handlers.redaction import Redactor
from handlers.retries import Retries, plan
from handlers.services import Services
from handlers.settings import Settings

_log = logging.getLogger(__name__)

_NAME = "image-export"
# What the FDK assumes where the platform sends no deadline.
_DEFAULT_SECONDS = 30.0
_LONGEST_ID = 255


class Requester(NamedTuple):
    """Who asked. ``id``: the call id, or the event's id."""

    kind: Literal["gateway", "event", "direct"]
    id: str


class Context:
    """One invocation.

    ``source``: the function's OCID, or a name, as announcements carry it. ``request_id``: the caller's own
    opc-request-id, if it is one to send on to the services. It ``began`` at that time of day in UTC, and
    ``started`` at that second of the monotonic clock.
    """

    def __init__(
        self,
        container: Callable[[], Container],
        requester: Requester,
        *,
        call_id: str,
        deadline: str = "",
        function_id: str = "",
        request_id: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._container = container
        self.requester = requester
        self.call_id = call_id
        self.source = function_id or _NAME
        self.request_id = request_id
        self.redactor = Redactor()
        self.clock = clock or Clock()
        self.began: datetime = self.clock.now()
        ends = parse_time(deadline)
        left = (ends - self.began).total_seconds() if ends else _DEFAULT_SECONDS
        self.started = self.clock.monotonic()
        self.retries = Retries(plan(self.started, self.started + left), self.clock)

    @cached_property
    def container(self) -> Container:
        """What the container keeps. Raises Misconfigured."""
        return self._container()

    def prepare(self) -> None:
        """Builds what the container keeps, unless it is there. Raises Misconfigured."""
        _ = self.container

    @property
    def settings(self) -> Settings:
        return self.container.settings

    @property
    def services(self) -> Services:
        return self.container.services

    @property
    def hosts(self) -> ObjectStorageHosts:
        return self.container.hosts

    def publish(self, title: str, body: str) -> str:
        """Publishes within the time kept for it: the message's id, without secrets and short enough for a
        header. Raises ExportError.
        """
        message_id = self.retries.call(
            lambda until: self.services.notifications.publish(title, body, until=until),
            self.retries.budget.announcement,
        )
        return self.redactor.text(message_id)[:_LONGEST_ID]

    def log(self, level: int, what: str, failure: ExportError | None = None) -> None:
        """A line in the log beside the invocation's own: what happened, and the failure's words."""
        why = (
            f": {failure.status} {self.shown_code(failure)} {self.shown_message(failure)}" if failure else ""
        )
        _log.log(level, "%s%s", what, why, extra={"fields": {"callId": self.call_id}})

    def shown_message(self, error: ExportError) -> str:
        """An error's message without secrets."""
        return self.redactor.text(error.message) if error.is_foreign else error.message

    def shown_code(self, error: ExportError) -> str:
        """An error's code without secrets."""
        return self.redactor.name(error.code)

    def shown_place(self, place: Destination) -> Destination:
        """A destination without secrets, and without its base. The names that the operator listed are no
        caller's words.
        """
        listed = {name for allowed in self.settings.allow_list.places for name in allowed[:2]}
        namespace, bucket = (
            name if name in listed else self.redactor.text(name) for name in (place.namespace, place.bucket)
        )
        return Destination(namespace, bucket, self.redactor.opaque(place.object_name))
