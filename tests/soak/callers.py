"""Callers of the function who try again until they have an answer, and who use a retry token twice."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.local.fn import Invocation
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform

MOST_TRIES = 40


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
        second = self._until_answered(image_id, f"{name}-second")
        again = self._until_answered(image_id, f"{name}-first")
        if "workRequestId" not in first:
            self._note(f"{name} was not exported: {first}")
        # The same token for another object: refused, or, where Compute has forgotten it, another export.
        elif second.get("workRequestId") and second["workRequestId"] == first["workRequestId"]:
            self._note(f"{name}: another object, the same work request")
        if again.get("workRequestId") not in (None, first.get("workRequestId")):
            self._note(f"{name}: the same request, another work request")

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
            is_announced = "messageId" in reply.get("notification", {})
            if is_announced or reply.get("code") == "InvalidatedRetryToken":
                return reply
        return reply

    def _note(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)
