"""Sees what happens on the local cloud and tells it: calls, announcements, deliveries."""

import time
from collections.abc import Callable

from .oci import Call, Message
from .platform import Delivery, LocalPlatform
from .screen import Screen

LOOK_EVERY_S = 0.05
# Reads come with every call, and polls by the dozen: the bar tells of those.
_TOLD = {"ExportImage", "PublishMessage", "CreatePreauthenticatedRequest"}


class Onlooker:
    """Tells the screen of everything that is new since the last `look`."""

    def __init__(self, platform: LocalPlatform, screen: Screen) -> None:
        self._platform, self._screen = platform, screen
        self._calls = self._messages = self._deliveries = 0

    def look(self) -> None:
        """Tells what is new, in the order of calls, messages, deliveries."""
        cloud = self._platform.cloud
        for call in cloud.calls[self._calls :]:
            if call.status is None:  # not answered yet: the next look
                break
            self._calls += 1
            if call.operation in _TOLD:
                self._screen.step("function", self._told(call))
        for message in cloud.messages[self._messages :]:
            self._messages += 1
            self._screen.step("subscriber", f"“{message.title}”, {_size(message)}")
        for delivery in self._platform.deliveries[self._deliveries :]:
            self._deliveries += 1
            self._screen.step("Events", _delivered(delivery))

    def look_until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Looks on until `done`, at most for `limit_s` seconds; whether it was done."""
        give_up = time.monotonic() + limit_s
        while not (came := done()) and time.monotonic() < give_up:
            self.look()
            time.sleep(LOOK_EVERY_S)
        self.look()
        return came

    def look_until_settled(self, limit_s: float = 60.0) -> bool:
        """Looks on until every event is delivered or given up, and every message is with its subscribers."""
        return self.look_until(lambda: self._platform.cloud.settle(0), limit_s)

    def _told(self, call: Call) -> str:
        signer = "its resource principal" if '="ST$' in call.headers.get("authorization", "") else "a key"
        return f"{call.operation}, signed by {signer}: answered {call.status}"


def _size(message: Message) -> str:
    return f"{len(message.body.encode())} bytes of CloudEvents JSON"


def _delivered(delivery: Delivery) -> str:
    invocation = delivery.invocation
    outcome = invocation.failure or "taken"
    pace = f"{invocation.duration * 1000:.0f} ms, {'a new' if invocation.cold else 'a warm'} container"
    return f"{delivery.event.get('eventType')} to the function: {outcome} ({pace})"
