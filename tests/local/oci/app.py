"""One request in: checked, worked on or made to fail as the script says, recorded, answered.

However it came: over a socket (`server`), or in memory (`in_memory`).
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from .credentials import Signatures
from .errors import ApiError
from .exchange import Answer, Call, Calls, Route, Routes, Stage
from .faults import Fault, Faults
from .identifiers import request_id
from .tenancy import Tenancy

log = logging.getLogger(__name__)
UNKNOWN = "Unknown"

Callback = Callable[[Call], None]


class App:
    def __init__(self, tenancy: Tenancy, table: Routes, signatures: Signatures, faults: Faults) -> None:
        self.tenancy, self.table, self.signatures, self.faults = tenancy, table, signatures, faults
        self.calls = Calls()
        self.watches: list[tuple[str, Stage, Callback]] = []
        self.bugs: list[Exception] = []

    def receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Exchange":
        """Records a request. `target` is path and query exactly as they were sent."""
        named = {name.lower(): value for name, value in headers.items()}
        return Exchange(self, Call(UNKNOWN, method, target, named, body, self.tenancy.clock.datetime()))

    def watching(self, stage: Stage, call: Call) -> list[Callback]:
        named = ("*", call.operation)
        return [each for operation, at, each in self.watches if at == stage and operation in named]


class Exchange:
    """A request and what comes of it, in three steps: received, `begin`, and after the delay `end`."""

    def __init__(self, app: App, call: Call) -> None:
        self._app, self.call = app, call
        self._route: Route | None = None
        self._fault: Fault | None = None
        self._answer: Answer | None = None
        try:
            self._route, call.params = app.table.find(call.method, call.path)
            call.operation = self._route.operation
        except ApiError as refusal:
            self._answer = Answer.refusing(refusal)
        with app.tenancy.lock:
            app.calls.append(call)

    def begin(self) -> float:
        """Checks who asks, and meets a fault. Returns for how many seconds it delays the answer."""
        call = self.call
        if self._route is None:
            return 0.0
        if self._route.target:
            try:
                call.caller = self._app.signatures.check(call)
            except ApiError as refusal:
                self._answer = Answer.refusing(refusal)
                return 0.0
        fault = self._fault = self._app.faults.take(call.operation, call)
        if fault and (fault.after_work or fault.drop == "after"):
            self._answer = self._work()
        return fault.delay if fault else 0.0

    def end(self) -> Answer | None:
        """The answer; None for a connection to be dropped."""
        answer, fault = self._answer, self._fault
        if fault and fault.drop:
            return None
        if answer is None and not (fault and fault.answers):
            answer = self._work()
        answer = _changed(answer, fault) if fault else answer
        assert answer
        own = request_id(self.call.headers.get("opc-request-id"), self._app.tenancy.random)
        self.call.status = answer.status
        # A copy, for the answer to a retry token is given again.
        return replace(answer, headers={"opc-request-id": own, **answer.headers})

    def _work(self) -> Answer:
        tenancy, route, call = self._app.tenancy, self._route, self.call
        assert route is not None
        with tenancy.lock:
            tenancy.catch_up()
            call.worked = True
            try:
                target = route.target(call) if route.target else None
                if target and not tenancy.policy.allows(call.caller, route.operation, target):
                    return Answer.refusing(target.refusal)
                answer = route.work(call)
                # As bytes, so that what can't be JSON is found out here.
                answer.content = answer.body()
            except ApiError as refusal:
                return Answer.refusing(refusal)
            except Exception as problem:
                if not tenancy.serve:
                    raise
                log.exception("the emulator failed in %s", call.operation)
                self._app.bugs.append(problem)
                return Answer.refusing(ApiError(500, "InternalServerError", "Internal server error"))
            return answer


def _changed(answer: Answer | None, fault: Fault) -> Answer:
    """The answer as the fault would have it: another status and body, headers more or less."""
    answer = replace(answer) if answer else Answer(200)
    if fault.answers:
        answer.status = fault.status or answer.status
        answer.content = {"code": fault.code, "message": fault.message} if fault.body is None else fault.body
        answer.content_type = fault.content_type
    elif fault.change and answer.status < 300:
        answer.content = fault.change(json.loads(answer.body()))
    gone = {*fault.without_headers, *(["content-length"] if fault.answers else [])}
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in gone}
    answer.headers = kept | {name.lower(): value for name, value in fault.headers.items()}
    answer.fault = fault if fault.on_the_wire else None
    return answer
