"""Who calls the function: callers who try again until they have an answer, and who use a retry token
twice; and the schedule, with catch-ups now and then, some of them killed, and the last ones, until all is
caught up."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.local.fn import Invocation
from tests.local.fn.host import new_call_id
from tests.local.oci.identifiers import rfc3339, seconds
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform

MOST_TRIES = 40
# What passes, or says that the token was used.
RIGHT_REFUSALS = (401, 408, 409, 429, 500, 501, 503)
# Real seconds. A detached call may have longer than the function's timeout.
SHORTEST_S, LONGEST_S, LAST_S = 12.0, 60.0, 300.0
LATEST_KILL_S = 8.0
KILLED_SHARE = 0.3
MOST_ROUNDS = 12
# Compute has forgotten every work request by then.
LONG_S = 14 * 3600.0
RECORDS = "records"


class Callers:
    """Each asks for one export until it is announced; with the same token for another; for the first again.

    ``wrong``: what was answered that is not so. ``invocations``: all of them.
    """

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform = platform
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="callers")
        self._pending: list[Future[None]] = []
        self._lock = threading.Lock()
        self.wrong: list[str] = []
        self.invocations: list[Invocation] = []

    @property
    def are_through(self) -> bool:
        """Whether all have their answers. Raises what kept one from asking."""
        return all(future.done() and future.result() is None for future in self._pending)

    def begin(self, image_id: str, name: str) -> None:
        self._pending.append(self._pool.submit(self._ask, image_id, name))

    def _ask(self, image_id: str, name: str) -> None:
        first = self._until_answered(image_id, f"{name}-first")
        if "workRequestId" not in first:
            self._note(f"{name} was not exported: {first}")
        # The same token for another object: refused, or, where Compute never had it, another export.
        self._until_answered(image_id, f"{name}-second")
        # Exported again, it is one of the duplicates.
        self._until_answered(image_id, f"{name}-first")

    def _until_answered(self, image_id: str, name: str) -> dict[str, Any]:
        reply: dict[str, Any] = {}
        for _ in range(MOST_TRIES):
            invocation = self._platform.invoke(
                {
                    "imageId": image_id,
                    "opcRetryToken": image_id[-60:],
                    "exportImageDetails": {
                        "destinationType": "objectStorageTuple",
                        "namespaceName": self._platform.cloud.namespace,
                        "bucketName": ALLOWED_BUCKET,
                        "objectName": f"{ALLOWED_PREFIX}/{name}",
                    },
                }
            )
            with self._lock:
                self.invocations.append(invocation)
            reply = {} if invocation.failed else json.loads(invocation.body)
            self._check(reply, image_id, name)
            is_announced = "messageId" in reply.get("notification", {})
            if is_announced or reply.get("code") == "InvalidatedRetryToken":
                return reply
        return reply

    def _check(self, reply: dict[str, Any], image_id: str, name: str) -> None:
        """Notes a refusal that would last, and a work request that is another export's."""
        if reply.get("status", 409) not in RIGHT_REFUSALS:
            self._note(f"{name} was refused: {reply}")
        exports = {
            export.work_request_id
            for export in list(self._platform.cloud.exports)
            if export.image_id == image_id and export.destination.object.endswith(f"/{name}")
        }
        if reply.get("workRequestId") not in (None, *exports):
            self._note(f"{name} is exported by {exports}, not: {reply}")

    def _note(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)


class CatchUps:
    """``invocations``: all of them. ``replies``: what they answered. ``killed``: how many were killed."""

    def __init__(self, platform: LocalPlatform, compartments: Sequence[str], seed: int) -> None:
        self._platform, self._compartments = platform, compartments
        self._random = Random(seed)  # noqa: S311  # chance keeps no secrets
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._now_and_then, name="schedule", daemon=True)
        self._every_s = 0.0
        self.invocations: list[Invocation] = []
        self.replies: list[dict[str, Any]] = []
        self.killed = 0

    def begin(self, every_s: float) -> None:
        """Calls one after so many real seconds each, until `end`."""
        self._every_s = every_s
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        if self._every_s:
            self._thread.join()

    def finish(self, wait: Callable[[], None]) -> bool:
        """The last ones, with `wait` for all to be quiet before each; whether all is caught up then.

        What has no work request is left alone for 13 hours: at the end of the rounds these go by.
        """
        for _ in range(MOST_ROUNDS):
            wait()
            replies = [self._run(compartment, LAST_S) for compartment in self._compartments]
            is_over = all(
                reply.get("status") == "caughtUp" and not reply["exported"] and not reply["announced"]
                for reply in replies
            )
            if is_over and not any(reply["running"] for reply in replies):
                return True
            if is_over:
                self._let_time_pass()
        return False

    def _now_and_then(self) -> None:
        while not self._ends.wait(self._every_s):
            killed_after = None
            if self._random.random() < KILLED_SHARE:
                killed_after = self._random.uniform(0, LATEST_KILL_S)
            seconds_given = self._random.uniform(SHORTEST_S, LONGEST_S)
            self._run(self._random.choice(self._compartments), seconds_given, killed_after)

    def _run(
        self, compartment: str, seconds_given: float, killed_after: float | None = None
    ) -> dict[str, Any]:
        """One catch-up; its reply, or an empty one if it failed."""
        host, call_id = self._platform.host, new_call_id()

        def kill() -> None:
            if container := host.busy.get(call_id):
                self.killed += 1
                container.kill()

        killer = threading.Timer(killed_after or 0.0, kill)
        if killed_after is not None:
            killer.start()
        invocation = host.invoke(
            json.dumps({"catchUp": {"compartmentId": compartment}}).encode(),
            {"content-type": "application/json"},
            call_id=call_id,
            deadline=datetime.now(UTC) + timedelta(seconds=seconds_given),
        )
        killer.cancel()
        self.invocations.append(invocation)
        reply: dict[str, Any] = {} if invocation.failed else invocation.json()
        self.replies.append(reply)
        return reply

    def _let_time_pass(self) -> None:
        """It is the records' times that move: nobody has 14 hours."""
        buckets = self._platform.cloud.buckets
        for destination, stored in list(buckets.objects.items()):
            record = json.loads(stored.path.read_bytes())
            open_ones = [
                entry
                for entry in (record["exports"] if destination.object.startswith(f"{RECORDS}/") else ())
                if entry["status"] == "ACCEPTED" and entry["workRequestId"] is None
            ]
            for entry in open_ones:
                entry["timeAccepted"] = rfc3339(seconds(entry["timeAccepted"]) - LONG_S)
            if open_ones:
                buckets.put(destination, json.dumps(record).encode())
