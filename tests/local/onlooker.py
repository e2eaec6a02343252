"""Tells on the screen what happens on the local cloud: events, calls, messages, and the function's log."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .platform import Delivery, LocalPlatform
from .screen import Screen

LOOK_EVERY_S = 0.05
# What changes something. Reads come with each call and each poll, and would hide the rest.
_TOLD = {
    "ExportImage": "ExportImage",
    "PublishMessage": "PublishMessage",
    "PutObject": "PutObject, its record of the image's exports",
    "CreatePreauthenticatedRequest": "CreatePreauthenticatedRequest, for the object alone",
    "DeletePreauthenticatedRequest": "DeletePreauthenticatedRequest",
}


class Onlooker:
    """Tells the screen of everything that is new since the last `look`: the first message whole, later
    ones by their titles; the function's log after `tell_log`, for its lines would run through the
    story."""

    def __init__(self, platform: LocalPlatform, screen: Screen) -> None:
        self._platform, self._screen = platform, screen
        self._calls = self._messages = self._deliveries = self._events = 0
        self._log_lines: int | None = None
        self._lock = threading.Lock()

    def look(self) -> None:
        with self._lock:
            self._tell_events_and_calls()
            self._tell_what_came_of_them()

    def tell(self, actor: str, what: str) -> None:
        """Tells something else, after what came before it."""
        self.look()
        self._screen.step(actor, what)

    def tell_log(self) -> None:
        self._log_lines = len(self._platform.host.logs)

    def look_until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Looks until `done`, at most for `limit_s` seconds; whether it was done."""
        give_up = time.monotonic() + limit_s
        while not (came := done()) and time.monotonic() < give_up:
            self.look()
            time.sleep(LOOK_EVERY_S)
        self.look()
        return came

    def look_until_settled(self, limit_s: float = 60.0) -> bool:
        """Looks until each event is delivered or given up."""
        return self.look_until(lambda: self._platform.cloud.settle(0), limit_s)

    def _tell_events_and_calls(self) -> None:
        cloud = self._platform.cloud
        for event in cloud.events.emitted[self._events :]:
            self._events += 1
            if cloud.events.chooses(event):
                self._screen.step("Events", f"{event_name(event)} goes to the function")
        for call in cloud.calls[self._calls :]:
            if call.status is None:  # not answered yet: the next look
                break
            self._calls += 1
            # Signed by its resource principal, not by a user.
            if call.operation in _TOLD and '="ST$' in call.headers.get("authorization", ""):
                self._screen.step("function", f"called {_TOLD[call.operation]}: {call.status}")

    def _tell_what_came_of_them(self) -> None:
        for message in self._platform.cloud.messages[self._messages :]:
            self._messages += 1
            event = json.loads(message.body)
            stored = event["data"].get("object")
            about = f", {stored['sizeInBytes']} bytes, MD5 {stored['md5']}" if stored else ""
            self._screen.step("topic", f"“{message.title}”{about}")
            if self._messages == 1:
                self._screen.document(event)
        for delivery in self._platform.deliveries[self._deliveries :]:
            self._deliveries += 1
            self._screen.step("function", _answered(delivery))
        if self._log_lines is not None:
            for line in self._platform.host.logs[self._log_lines :]:
                self._log_lines += 1
                self._screen.log(line)


def event_name(event: Mapping[str, Any]) -> str:
    """`createimage.end` of `com.oraclecloud.computeapi.createimage.end`."""
    return ".".join(str(event.get("eventType")).split(".")[-2:])


def _answered(delivery: Delivery) -> str:
    invocation = delivery.invocation
    pace = f"{invocation.duration * 1000:.0f} ms, {'a new' if invocation.cold else 'a warm'} container"
    if invocation.failure:
        return f"failed: {invocation.failure} ({pace})"
    try:
        answer = invocation.json()["status"]
    except (ValueError, KeyError, TypeError):
        answer = invocation.body.decode("utf-8", "replace")[:80]
    return f"answered “{answer}” ({pace})"
