"""Callers of the function who try again until they have an answer, and who use a retry token twice."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.local.fn import Invocation
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform

MOST_TRIES = 40
# What passes, or says that the token was used.
RIGHT_REFUSALS = (401, 408, 409, 429, 500, 501, 503)


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
