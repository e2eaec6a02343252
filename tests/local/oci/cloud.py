"""One cloud: its services, wired together, and the server that answers for them, if there is to be one."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from .app import App, Callback
from .compute import Export, ExportDetails, Exports, Image, Images
from .credentials import ResourcePrincipal, Signatures, Users
from .events import Events, image_event
from .exchange import Routes, Stage
from .faults import Faults
from .notifications import Topic
from .object_storage import Buckets, Destination
from .policy import Principal
from .server import Server
from .tenancy import Tenancy
from .work_requests import WorkRequests


class Cloud(Tenancy):
    """The OCI services that the function calls, on one loopback endpoint while the context is open. See
    `Tenancy` for what there is to choose.

    With `serve=False` there is no endpoint, no thread and no context: requests come in memory (`in_memory`),
    and time stands still until it is moved.

    `calls`: every request received, in order. `exports`: accepted exports, each once; `outcomes`: what each
    wrote, by its work request. `messages`: what the topic accepted.
    """

    def __init__(self, folder: Path, *knobs: Any, **more_knobs: Any) -> None:
        super().__init__(folder, *knobs, **more_knobs)
        self.faults = Faults(self.random, self.lock)
        self.events = Events(self, self.faults)
        self.images = Images(self, self._announce)
        self.buckets = Buckets(self)
        self.work_requests = WorkRequests(self)
        self.resource_principal = ResourcePrincipal(self)
        services = (self.images, self.buckets, self.work_requests)
        self._exports = Exports(self, *services, faults=self.faults, announce=self._announce)
        topic = Topic(self)
        users = Users(self)
        self.api_key = users.add
        table = Routes(*(route for each in (self._exports, topic, *services) for route in each.routes))
        self.signatures = Signatures(self.resource_principal, users)
        self.app = App(self, table, self.signatures, self.faults)
        self.calls, self.exports = self.app.calls, self._exports.accepted
        self.messages, self.pars = topic.messages, self.buckets.pars
        self.outcomes = self._exports.outcomes
        self._late: list[tuple[float, Callable[[], object]]] = []
        if self.serve:
            self._server = Server(self.app)
        else:
            self.endpoint = f"https://objectstorage.{self.region}.{self.realm_domain}"
            self.clock.on_move = self.catch_up
        self._closing = threading.Event()
        self._timekeeper = threading.Thread(target=self._keep_time, daemon=True)

    def on(self, operation: str, stage: Stage, callback: Callback) -> None:
        """Calls back for each call (`*`: of any operation), and waits for it: when it is `received`, before
        anything is checked or done, or `done`, before the answer is sent."""
        self.app.watches.append((operation, stage, callback))

    def stop_watching(self) -> None:
        self.app.watches.clear()

    def export_as_another(self, image_id: str, object_name: str, export_format: str = "OCI") -> Export:
        """An ordinary user exports an image to the usual bucket. Raises ApiError."""
        details = ExportDetails(Destination(self.namespace, self.bucket, object_name), "tuple", export_format)
        with self.lock:
            self._exports.start(image_id, details, Principal("user", "another", administrator=True))
            return self.exports[-1]

    def settle(self, timeout: float = 30.0) -> bool:
        """Waits (real seconds) until what is due has happened, and every event is delivered or given up."""
        self.catch_up()
        return self.events.settle(timeout)

    def catch_up(self) -> None:
        self.work_requests.catch_up()
        with self.lock:
            now = self.clock.now()
            due = [act for when, act in self._late if when <= now]
            self._late = [(when, act) for when, act in self._late if when > now]
        for act in due:
            act()

    def at(self, when: float, act: Callable[[], object]) -> None:
        with self.lock:
            self._late.append((when, act))

    def __enter__(self) -> Self:
        self.endpoint = self._server.__enter__().url
        self._timekeeper.start()
        return self

    def __exit__(self, kind: object, problem: BaseException | None, traceback: object) -> None:
        """Stops everything. Raises RuntimeError if the emulator itself had a bug, so that no test takes its
        500 for the real thing."""
        self._closing.set()
        self.events.stop()
        self._server.__exit__()
        self.clock.nudge()
        self._timekeeper.join()
        if self.app.bugs and problem is None:
            raise RuntimeError("the emulator failed; see its log") from self.app.bugs[0]

    def _announce(self, what: str, image: Image) -> None:
        self.events.emit(image_event(what, image, self))

    def _keep_time(self) -> None:
        """Ends what goes by time when its time has come, also when nobody asks."""
        while not self._closing.is_set():
            ticket = self.clock.ticket()
            self.catch_up()
            self.clock.wait(self.work_requests.next_due(), ticket)
