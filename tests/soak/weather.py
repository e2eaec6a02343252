"""What goes wrong during a soak: faults of each kind, killed containers, rotated tokens, lost events, exports
that fail, lists that lag, a configuration that changes, and somebody else who exports the same images."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.local.oci import Call, Export, Fault
from tests.local.oci.errors import ApiError
from tests.local.platform import LocalPlatform

KILL_EVERY = 50
ROTATE_EVERY = 200
# A due kill comes with one of so many calls, so that it meets any step of an invocation.
CALLS_TO_A_KILL = 4
# Seconds. The shortest try of a call is 4: an answer that is later than that is not waited for.
HANG_S = 4.5
# Usual seconds: so long an export that has ended is said to run.
STATUS_LAG_S = 10.0
# Another object name, from the middle on. It begins with the image's name, too.
LATER_NAME = "{image_name}/{event_id}.{extension}"

_CHANGES = ("ExportImage", "PublishMessage")
_READS = ("GetImage", "ListImages", "ListWorkRequests", "GetWorkRequest", "GetObject", "HeadObject")
_ALL = (*_CHANGES, *_READS, "CreatePreauthenticatedRequest", "DeletePreauthenticatedRequest", "PutObject")
_WITH_BODIES = tuple(operation for operation in _ALL if operation != "HeadObject")
_HTML = {"body": b"<html><body><h1>Bad Gateway</h1></body></html>", "content_type": "text/html"}


def _option(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True)
class Plan:
    """How much, and how bad. Shares are 0 to 1. ``speed``: so much faster than usual are exports, the
    topic, Events and lists, but not the function."""

    events: int = _option(1000, "distinct events, each of an image of its own")
    containers: int = _option(4, "containers of the function, and deliveries at a time")
    seed: int = _option(1, "of ids, faults and kills; the order of what runs at once is chance")
    speed: float = _option(6.0, "so much faster than usual is the cloud")
    topic_rate: int = _option(60, "messages that the topic takes in a usual minute")
    timeout_s: float = _option(12.0, "the function's timeout, in seconds")
    fault_share: float = _option(0.05, "of the calls that meet each kind of fault")
    duplicate_share: float = _option(0.1, "of the events that are sent twice")
    lost_share: float = _option(0.1, "of the events that never arrive; with records")
    fail_share: float = _option(0.1, "of the images whose first export fails; a tenth of these fail always")
    fallback_share: float = _option(0.2, "of the images whose export by bucket name is refused, now and then")
    others_share: float = _option(0.1, "of the images that others export, too; a quarter of these move")
    callers_share: float = _option(0.05, "of the images that a caller asks for, by one token for two objects")
    issue_period_s: float = _option(60.0, "usual seconds until the known issue comes or goes; 0: it stays")
    lag_s: float = _option(120.0, "usual seconds until a work request is listed, at most")
    catch_up_every_s: float = _option(20.0, "real seconds between two catch-ups, with records")
    records: int = _option(1, "1 with records, 0 without")


def faults(share: float) -> list[Fault]:
    """Each kind of fault that passes, met by that share of the calls that it concerns. A request that is
    refused for good, and said to be, would not be lost."""
    kinds: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        # Late is the export alone: each costs a whole try, and no other call's late work could be too much.
        (("ExportImage",), {"delay": HANG_S}),
        (_CHANGES, {"status": 501, "code": "MethodNotImplemented"}),
        # The image is AVAILABLE, most of the time.
        (("ExportImage",), {"status": 409, "code": "IncorrectState"}),
        (("ExportImage",), {"status": 409, "code": "Conflict"}),
        (("ExportImage",), {"without_headers": ("opc-work-request-id",)}),
        # The export was accepted, and its work request is in the head; nobody can read the body.
        (("ExportImage",), {"status": 200, "after_work": True, "body": b""}),
        (("GetObject", "PutObject"), {"status": 409, "code": "ConcurrentObjectUpdate"}),
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
    ``lost``: the events that never arrive, by image and time."""

    def __init__(self, platform: LocalPlatform, plan: Plan) -> None:
        self._platform, self._lock = platform, threading.Lock()
        self._random = Random(plan.seed)  # noqa: S311  # weather keeps no secrets
        # Without records nothing brings them back.
        self._lost_share = plan.lost_share if plan.records else 0.0
        self._lag_s = plan.lag_s / plan.speed
        # Once so many exports were accepted, the configuration changes; in fair weather it stays.
        self._middle = plan.events // 2 if plan.fault_share else 0
        self._failures = Counter[str]()
        self._is_bad = True
        self.kills = self.rotations = 0
        self.lost = set[tuple[str, str]]()
        cloud = platform.cloud
        cloud.work_requests.status_lag_s = min(plan.lag_s, STATUS_LAG_S) / plan.speed
        cloud.faults.add(*faults(plan.fault_share), *self._of_the_cloud())
        cloud.on("*", "received", self._watch)
        cloud.on("*", "done", self._watch)

    def fail(self, image_id: str, times: int) -> None:
        """So many exports of the image to the events' bucket will fail."""
        self._failures[image_id] = times

    def clear_up(self) -> None:
        """From now on nothing goes wrong but the exports that are to fail."""
        cloud = self._platform.cloud
        with self._lock:
            self._is_bad, self._lost_share = False, 0.0
            cloud.work_requests.lag_s = cloud.work_requests.status_lag_s = 0.0
            cloud.faults.clear()
            cloud.faults.add(*self._of_the_cloud())

    def _of_the_cloud(self) -> tuple[Fault, Fault]:
        return (
            Fault("DeliverEvent", times=None, when=self._loses),
            Fault("EndExport", message="The disk could not be read", times=None, when=self._fails),
        )

    # The cloud asks for these two under its own lock, so they take no other.
    def _loses(self, event: Mapping[str, Any]) -> bool:
        is_lost = self._random.random() < self._lost_share
        if is_lost:
            self.lost.add((event["data"]["resourceId"], event["eventTime"]))
        return is_lost

    def _fails(self, export: Export) -> bool:
        cloud = self._platform.cloud
        is_functions = export.caller == cloud.function and export.destination.bucket == cloud.bucket
        if not is_functions or not self._failures[export.image_id]:
            return False
        self._failures[export.image_id] -= 1
        return True

    def _watch(self, call: Call) -> None:
        platform = self._platform
        with self._lock:
            if not self._is_bad:
                return
            if call.operation == "ListWorkRequests":
                platform.cloud.work_requests.lag_s = self._random.uniform(0, self._lag_s)
            accepted = len(platform.cloud.exports)
            if accepted // ROTATE_EVERY > self.rotations:
                self.rotations += 1
                platform.cloud.resource_principal.rotate(platform.credentials)
            if self._middle and accepted >= self._middle:
                self._middle = 0
                platform.host.env |= {"EXPORT_OBJECT_NAME": LATER_NAME}
                # The platform replaces them all; here it does not wait for those that are busy.
                for container in platform.host.containers:
                    container.kill()
            due = accepted // KILL_EVERY > self.kills
            if due and self._random.randrange(CALLS_TO_A_KILL) == 0:
                self.kills += self._kill_one()

    def _kill_one(self) -> int:
        busy = [container for container in self._platform.host.busy.values() if container.alive]
        if not busy:
            return 0
        self._random.choice(busy).kill()
        return 1


class Others:
    """Somebody else, who exports images to another object in the same bucket, just before the function's
    export or when that has ended."""

    def __init__(self, platform: LocalPlatform, elsewhere: str) -> None:
        """``elsewhere``: the compartment to which images are moved."""
        self._cloud, self._elsewhere = platform.cloud, elsewhere
        self._first, self._moving, self._afterwards = set[str](), set[str](), set[str]()
        self._cloud.on("ExportImage", "received", self._go_before)
        self._cloud.on("PublishMessage", "received", self._go_after)

    def meddle_with(self, image_id: str, *, is_first: bool, moves: bool) -> None:
        """Exports the image so that the function's export meets 409, and then ``moves`` the image, so that
        this export's work request stays behind; or exports it after the function."""
        (self._first if is_first else self._afterwards).add(image_id)
        if is_first and moves:
            self._moving.add(image_id)

    def _go_before(self, call: Call) -> None:
        image_id = call.path.split("/")[-3]
        if image_id in self._first:
            self._first.discard(image_id)
            self._export(image_id)
        # Where it has ended, so that its event tells of the compartment in which its work request is.
        elif self._over(self._moving & {image_id}):
            self._moving.discard(image_id)
            self._cloud.images.move(image_id, self._elsewhere)

    def _go_after(self, _: Call) -> None:
        """Whenever something is announced: which of the function's exports have ended?"""
        for image_id in self._over(self._afterwards):
            self._afterwards.discard(image_id)
            self._export(image_id)

    def _over(self, images: Collection[str]) -> set[str]:
        cloud = self._cloud
        exports = [export for export in list(cloud.exports) if export.image_id in images]
        return {
            export.image_id
            for export in exports
            if cloud.work_requests[export.work_request_id]["status"] in ("SUCCEEDED", "FAILED")
        }

    def _export(self, image_id: str) -> None:
        try:
            self._cloud.export_as_another(image_id, f"others/{image_id}")
        except ApiError:
            """It is being exported: then nobody meddles."""
