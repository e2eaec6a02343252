"""The fake cloud as one thing."""

from handlers.errors import ExportError
from handlers.exports.services import Services
from tests.fakes.clock import FakeClock
from tests.fakes.compute import FakeCompute
from tests.fakes.notifications import FakeNotifications
from tests.fakes.object_storage import FakeObjectStorage
from tests.fakes.script import Call, Script
from tests.fakes.work_requests import FakeWorkRequests


class FakeServices(Services):
    """A cloud with one image; see the knobs of its parts, and ``fail``, ``lose_answer``, ``take``."""

    compute: FakeCompute
    work_requests: FakeWorkRequests
    notifications: FakeNotifications
    object_storage: FakeObjectStorage

    __setattr__ = object.__setattr__  # unlike the real one, it keeps a record

    def __init__(self, clock: FakeClock | None = None) -> None:
        script = Script(clock or FakeClock())
        work_requests = FakeWorkRequests(script)
        super().__init__(
            compute=FakeCompute(script, work_requests),
            work_requests=work_requests,
            notifications=FakeNotifications(script),
            object_storage=FakeObjectStorage(script),
        )
        self.script = script
        self.compute.add()

    @property
    def clock(self) -> FakeClock:
        return self.script.clock

    def fail(self, operation: str, *failures: ExportError | None) -> None:
        """The operation's next calls meet these, in turn, instead of working; None is a call that works."""
        self.script.failures.setdefault(operation, []).extend(failures)

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """The operation's next calls work, but nobody hears of it."""
        self.script.lost_answers[operation] = times

    def take(self, operation: str, seconds: float) -> None:
        """Each call of the operation takes that long from now on; what takes too long meets NoAnswer."""
        self.script.seconds[operation] = seconds

    def calls(self, operation: str | None = None) -> list[Call]:
        """What was called, in order: of one operation, or all of it."""
        return [call for call in self.script.calls if operation in (None, call.operation)]
