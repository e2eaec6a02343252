"""What goes wrong during a soak: faults of each kind, killed containers, rotated tokens."""

import threading
from random import Random
from typing import Any

from tests.local.oci import Call, Fault
from tests.local.platform import LocalPlatform

KILL_EVERY = 50
ROTATE_EVERY = 200
# A due kill comes with one of so many calls, so that it meets any step of an invocation.
CALLS_TO_A_KILL = 4

_CHANGES = ("ExportImage", "PublishMessage")
_READS = ("GetImage", "ListWorkRequests", "GetWorkRequest", "GetObject", "HeadObject")
_ALL = (*_CHANGES, *_READS, "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest", "PutObject")
_WITH_BODIES = tuple(operation for operation in _ALL if operation != "HeadObject")
_HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}


def faults(share: float, hang_s: float) -> list[Fault]:
    """Each kind of fault, met by that share of the calls that it concerns.

    ``hang_s``: how long a late answer takes, in seconds. Only what passes is here: a request that is refused
    for good, and said to be, would not be lost. Refused tokens are `Weather`'s.
    """
    kinds: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        # Late is the export alone: each costs a whole try, and no other call's late work could be too much.
        (("ExportImage",), {"delay": hang_s}),
        (_CHANGES, {"status": 501, "code": "MethodNotImplemented"}),
        (("ExportImage",), {"status": 409, "code": "IncorrectState"}),
        (("ExportImage",), {"without_headers": ("opc-work-request-id",)}),
        # The export was accepted, and its work request is in the head; nobody can read the body.
        (("ExportImage",), {"status": 200, "after_work": True, "body": b""}),
        (_ALL, {"status": 429, "code": "TooManyRequests", "headers": {"retry-after": "1"}}),
        (_ALL, {"status": 500, "after_work": True}),
        (_ALL, {"status": 503, **_HTML}),
        # Not of a HEAD, which has no body that could be wrong.
        (_WITH_BODIES, {"status": 200, "after_work": True, **_HTML}),
        (_ALL, {"drop": "before"}),
        (_ALL, {"drop": "after"}),
    ]
    return [
        Fault(operation, times=None, probability=share, **kind)
        for operations, kind in kinds
        for operation in operations
    ]


class Weather:
    """Kills a busy container with every 50th export, and rotates the resource principal with every 200th.

    Watches every call that the cloud receives, and every one that is done.
    """

    def __init__(self, platform: LocalPlatform, seed: int) -> None:
        self._platform, self._lock = platform, threading.Lock()
        self._random = Random(seed)  # noqa: S311  # weather keeps no secrets
        self.kills = self.rotations = 0
        platform.cloud.on("*", "received", self._watch)
        platform.cloud.on("*", "done", self._watch)

    def _watch(self, _: Call) -> None:
        with self._lock:
            accepted = len(self._platform.cloud.exports)
            if accepted // ROTATE_EVERY > self.rotations:
                self.rotations += 1
                self._platform.cloud.resource_principal.rotate(self._platform.credentials)
            due = accepted // KILL_EVERY > self.kills
            if due and self._random.randrange(CALLS_TO_A_KILL) == 0:
                self.kills += self._kill_one()

    def _kill_one(self) -> int:
        busy = [container for container in self._platform.host.busy.values() if container.alive]
        if not busy:
            return 0
        self._platform.host.kill(self._random.choice(busy))
        return 1
