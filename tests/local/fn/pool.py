"""The containers of one function: warm ones first, more on demand, the dead replaced."""

import threading
import time
from collections.abc import Callable

from .container import Container, ContainerInitFailed


class ContainerPool:
    """Lends containers, one call at a time to each. `start` makes a container of that number. Thread safe."""

    def __init__(self, start: Callable[[int], Container], max_containers: int) -> None:
        self.max_containers = max_containers
        self._start = start
        self._started = 0
        self._all: list[Container] = []
        self._idle: list[Container] = []
        self._lent: dict[str, Container] = {}
        self._changed = threading.Condition()

    @property
    def alive(self) -> list[Container]:
        """The containers that run, oldest first."""
        with self._changed:
            return [container for container in self._all if container.alive]

    @property
    def lent(self) -> dict[str, Container]:
        """Call id to container, for the calls in flight."""
        with self._changed:
            return dict(self._lent)

    def acquire(self, call_id: str, timeout_s: float) -> tuple[Container, bool]:
        """A container for that call, and whether it is new.

        Raises ContainerInitFailed, and TimeoutError if all stay busy.
        """
        give_up = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for dead in [container for container in self._idle if not container.alive]:
                    self._forget(dead)
                if self._idle:
                    container = self._idle.pop()
                    self._lent[call_id] = container
                    return container, False
                if len(self._all) < self.max_containers:
                    container = self._new(call_id)
                    break
                if not self._changed.wait(give_up - time.monotonic()):
                    raise TimeoutError(f"all {self.max_containers} containers are busy")
        self._await(container, call_id)
        return container, True

    def release(self, call_id: str, *, keep: bool) -> None:
        """Takes the container of that call back, or ends it."""
        with self._changed:
            container = self._lent.pop(call_id)
            if keep and container.alive:
                self._idle.append(container)
            else:
                self._forget(container)
            self._changed.notify()

    def prepare(self, containers: int) -> None:
        """Starts containers until that many run. Raises ContainerInitFailed."""
        with self._changed:
            names = [f"start {number}" for number in range(containers - len(self.alive))]
            starting = [(name, self._new(name)) for name in names]
        for call_id, container in starting:
            self._await(container, call_id)
            self.release(call_id, keep=True)

    def close(self) -> None:
        """Ends all of them."""
        with self._changed:
            for container in self._all:
                container.close()
            self._all.clear()
            self._idle.clear()

    def _new(self, call_id: str) -> Container:
        self._started += 1
        container = self._start(self._started)
        self._all.append(container)
        self._lent[call_id] = container
        return container

    def _await(self, container: Container, call_id: str) -> None:
        try:
            container.wait_until_listening()
        except ContainerInitFailed:
            self.release(call_id, keep=False)
            raise

    def _forget(self, container: Container) -> None:
        if container in self._all:
            self._all.remove(container)
        if container in self._idle:
            self._idle.remove(container)
        container.close()
