"""OCI Events: what Compute emits about an image, rules that choose events, and their delivery: at least once,
in no promised order; in threads, or in a cloud without a server when it is told to settle.

Source: Oracle's "Contents of an Event Message" (CloudEvents 0.1, `eventID`), captured events of the same
service, and "Matching Events with Filters".
"""

import copy
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .compute import Image
from .faults import DELIVER_EVENT, Faults
from .identifiers import rfc3339, uuid
from .tenancy import Tenancy

Event = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass
class _Parcel:
    """An event on its way; `due` on the cloud's clock."""

    event: Event
    due: float
    tries: int = 0


class Events:
    """Emitted events that meet a rule are delivered to the target; `undelivered` were given up.

    Attributes:
        max_tries: after that many failures an event is given up.
        retry_delay: seconds of the cloud's clock before the first retry; it doubles with each.
        duplicates: probability of an event to be delivered once more, by the cloud's seed.
        unordered: take any of the due events instead of the oldest.
    """

    def __init__(self, tenancy: Tenancy, faults: Faults) -> None:
        self._tenancy, self._faults = tenancy, faults
        self._conditions: list[Mapping[str, object]] = []
        self._target: Callable[[Event], bool] | None = None
        self._workers = 1
        self._threads: list[threading.Thread] = []
        self._pending: list[_Parcel] = []
        self._in_hand = 0
        self._idle = threading.Condition(tenancy.lock)
        self._stopped = False
        self.max_tries, self.retry_delay = 5, 1.0
        self.duplicates, self.unordered = 0.0, False
        self.emitted: list[Event] = []
        self.undelivered: list[Event] = []

    def rule(self, condition: Mapping[str, object]) -> None:
        """Adds a rule; an event is delivered once, however many rules it meets."""
        self._conditions.append(condition)

    def deliver_to(self, target: Callable[[Event], bool], *, workers: int = 1) -> None:
        """From now on events go to `target`, from that many threads. It returns whether it took the event; an
        exception counts as a failure."""
        self._target, self._workers = target, workers

    def emit(self, event: Event) -> None:
        """An event of any service, such as the payload of a test."""
        self.emitted.append(copy.deepcopy(event))
        if not self.chooses(event) or self._faults.take(DELIVER_EVENT, event):
            return
        delivered = copy.deepcopy(event)
        with self._tenancy.lock:
            if self._target is None or self._stopped:
                return
            copies = 2 if self._tenancy.random.random() < self.duplicates else 1
            self._pending.extend(_Parcel(delivered, self._tenancy.clock.now()) for _ in range(copies))
            while self._tenancy.serve and len(self._threads) < self._workers:
                self._threads.append(threading.Thread(target=self._work, daemon=True))
                self._threads[-1].start()
        self._tenancy.clock.nudge()

    def chooses(self, event: Event) -> bool:
        return any(matches(condition, event) for condition in self._conditions)

    def settle(self, timeout: float) -> bool:
        """Waits (real seconds) until nothing is on its way any more; False if that did not come true. Without
        threads it delivers, and moves the clock to when each is due."""
        clock = self._tenancy.clock
        while self._pending and not self._tenancy.serve:
            clock.advance(max(0.0, min(waiting.due for waiting in self._pending) - clock.now()))
            if parcel := self._next():
                self._deliver(parcel)
        with self._idle:
            return self._idle.wait_for(lambda: not self._pending and not self._in_hand, timeout)

    def stop(self) -> None:
        """Drops what is pending and waits for what is in hand."""
        with self._idle:
            self._stopped = True
            self._pending.clear()
            self._idle.notify_all()
        self._tenancy.clock.nudge()
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        clock = self._tenancy.clock
        while True:
            ticket = clock.ticket()
            with self._tenancy.lock:
                if self._stopped:
                    return
                parcel = self._next()
                until = min((waiting.due for waiting in self._pending), default=None)
            if parcel is None:
                clock.wait(until, ticket)
            else:
                self._deliver(parcel)

    def _next(self) -> _Parcel | None:
        now = self._tenancy.clock.now()
        due = [parcel for parcel in self._pending if parcel.due <= now]
        if not due:
            return None
        oldest = min(due, key=lambda waiting: waiting.due)
        parcel = self._tenancy.random.choice(due) if self.unordered else oldest
        self._pending = [waiting for waiting in self._pending if waiting is not parcel]
        self._in_hand += 1
        return parcel

    def _deliver(self, parcel: _Parcel) -> None:
        parcel.tries += 1
        assert self._target is not None
        try:
            succeeded = self._target(parcel.event)
        except Exception:
            log.exception("the target of an event failed")
            succeeded = False
        with self._idle:
            self._in_hand -= 1
            if not succeeded and parcel.tries < self.max_tries and not self._stopped:
                parcel.due = self._tenancy.clock.now() + self.retry_delay * 2 ** (parcel.tries - 1)
                self._pending.append(parcel)
            elif not succeeded:
                self.undelivered.append(parcel.event)
            self._idle.notify_all()
        self._tenancy.clock.nudge()


def image_event(what: str, image: Image, tenancy: Tenancy) -> Event:
    """`what` is the end of the type, such as `createimage.end`. What such an event carries in
    `additionalDetails` is not documented, so here it carries nothing that could be relied on."""
    return {
        "eventType": f"com.oraclecloud.computeapi.{what}",
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "source": "ComputeApi",
        "eventTime": rfc3339(tenancy.clock.now()),
        "contentType": "application/json",
        "data": {
            "compartmentId": image["compartmentId"],
            "compartmentName": tenancy.compartment_name,
            "resourceName": image.get("displayName"),
            "resourceId": image["id"],
            "availabilityDomain": "AD1",
            "freeformTags": image.get("freeformTags", {}),
            "definedTags": image.get("definedTags", {}),
            "additionalDetails": {},
        },
        "eventID": uuid(tenancy.random),
        "extensions": {"compartmentId": image["compartmentId"]},
    }


def matches(condition: object, event: object) -> bool:
    """Whether an event meets a rule's condition: JSON in the shape of an event; fields that it does not
    mention are ignored; a list means any of its values; `*` in a value stands for any characters; `{}`
    matches every event. A key that the event does not have never matches."""
    if isinstance(condition, Mapping):
        if not isinstance(event, Mapping):
            return False
        return all(key in event and matches(wanted, event[key]) for key, wanted in condition.items())
    if isinstance(event, list):
        return any(matches(condition, value) for value in event)
    if isinstance(condition, list):
        return any(matches(wanted, event) for wanted in condition)
    if isinstance(condition, str) and isinstance(event, str):
        return re.fullmatch(".*".join(map(re.escape, condition.split("*"))), event, re.DOTALL) is not None
    return type(condition) is type(event) and condition == event
