"""OCI Events: rules that choose events, and their delivery, at least once and in no promised order."""

import copy
from collections.abc import Mapping

from .delivery import Delivery
from .event_condition import matches
from .image_event import Event
from .tenancy import Tenancy


class Events(Delivery[Event]):
    """Emitted events that meet a rule are delivered to the target; how often and when a failed one is
    delivered again is not documented, so it can be set (see `Delivery`)."""

    def __init__(self, tenancy: Tenancy) -> None:
        super().__init__(tenancy, "events", max_tries=5, retry_delay=1.0)
        self._conditions: list[Mapping[str, object]] = []
        self.emitted: list[Event] = []

    def rule(self, condition: Mapping[str, object]) -> None:
        """Adds a rule; an event is delivered once, however many rules it meets."""
        with self._tenancy.lock:
            self._conditions.append(condition)

    def emit(self, event: Event) -> None:
        """An event of any service, such as the payload of a test."""
        with self._tenancy.lock:
            self.emitted.append(copy.deepcopy(event))
            chosen = any(matches(condition, event) for condition in self._conditions)
        if chosen:
            self.post(copy.deepcopy(event))
