"""At-least-once delivery: hands items to a target, again after a failure, sometimes twice, sometimes out of
order; in threads, or in a cloud without any, when it is told to settle."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .tenancy import Tenancy

Item = TypeVar("Item")


@dataclass
class Parcel(Generic[Item]):
    """An item on its way: when it is due, on the cloud's clock, and how often it was tried."""

    item: Item
    due: float
    tries: int = 0


@dataclass(frozen=True)
class Attempt(Generic[Item]):
    """One delivery that was made; an exception of the target counts as a failure and is kept."""

    item: Item
    number: int
    succeeded: bool
    error: Exception | None = None


class Delivery(Generic[Item]):
    """What is posted reaches the target, once there is one.

    Attributes:
        max_tries: after that many failures an item lands in `undelivered`.
        retry_delay: seconds of the cloud's clock before the first retry; it doubles with each.
        duplicates: probability of an item to be delivered once more, by the cloud's seed.
        unordered: take any of the due items instead of the oldest.
        attempts: every delivery made so far.
    """

    def __init__(self, tenancy: Tenancy, name: str, max_tries: int = 5, retry_delay: float = 1.0) -> None:
        self._tenancy, self._name = tenancy, name
        self._target: Callable[[Item], bool] | None = None
        self._workers = 1
        self._threads: list[threading.Thread] = []
        self._pending: list[Parcel[Item]] = []
        self._in_hand = 0
        self._idle = threading.Condition(tenancy.lock)
        self._stopped = False
        self.max_tries, self.retry_delay = max_tries, retry_delay
        self.duplicates, self.unordered = 0.0, False
        self.attempts: list[Attempt[Item]] = []
        self.undelivered: list[Item] = []

    def deliver_to(self, target: Callable[[Item], bool], *, workers: int = 1) -> None:
        """From now on items go to `target`, from that many threads; it returns whether it took the item."""
        with self._tenancy.lock:
            self._target, self._workers = target, workers

    def post(self, item: Item) -> None:
        """Takes an item; without a target it goes nowhere."""
        with self._tenancy.lock:
            if self._target is None or self._stopped:
                return
            copies = 2 if self._tenancy.random.random() < self.duplicates else 1
            self._pending.extend(Parcel(item, self._tenancy.clock.now()) for _ in range(copies))
            while self._tenancy.serve and len(self._threads) < self._workers:
                thread = threading.Thread(
                    target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        self._tenancy.clock.nudge()

    def settle(self, timeout: float) -> bool:
        """Waits (real seconds) until nothing is on its way any more; False if that did not come true.

        Without threads it delivers, and moves the clock to when each is due.
        """
        if not self._tenancy.serve:
            self._deliver_all()
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
            if thread is not threading.current_thread():
                thread.join(timeout=10)

    def _deliver_all(self) -> None:
        clock = self._tenancy.clock
        while self._pending:
            clock.advance(max(0.0, min(waiting.due for waiting in self._pending) - clock.now()))
            if parcel := self._next():
                self._deliver(parcel)

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

    def _next(self) -> Parcel[Item] | None:
        now = self._tenancy.clock.now()
        due = [parcel for parcel in self._pending if parcel.due <= now]
        if not due:
            return None
        parcel = (
            self._tenancy.random.choice(due) if self.unordered else min(due, key=lambda waiting: waiting.due)
        )
        self._pending = [waiting for waiting in self._pending if waiting is not parcel]
        self._in_hand += 1
        return parcel

    def _deliver(self, parcel: Parcel[Item]) -> None:
        parcel.tries += 1
        succeeded, error = False, None
        try:
            assert self._target is not None
            succeeded = bool(self._target(parcel.item))
        # Whatever the target raises is a failed delivery; the test finds it in `attempts`.
        except Exception as problem:  # noqa: BLE001 - see above
            error = problem
        with self._idle:
            self._in_hand -= 1
            self.attempts.append(Attempt(parcel.item, parcel.tries, succeeded, error))
            if not succeeded and parcel.tries < self.max_tries and not self._stopped:
                parcel.due = self._tenancy.clock.now() + self.retry_delay * 2 ** (parcel.tries - 1)
                self._pending.append(parcel)
            elif not succeeded:
                self.undelivered.append(parcel.item)
            self._idle.notify_all()
        self._tenancy.clock.nudge()
