"""The ASGI application: one request in, checked, worked on or made to fail as the script says, recorded,
answered."""

import asyncio
import logging
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import errors
from .calls import Call, Calls, Stage, Watch
from .errors import ApiError
from .exchange import Answer, Received
from .faults import Fault, Faults
from .identifiers import request_id
from .principals import ANYBODY
from .routes import Route, Routes
from .server import answer_raw
from .signatures import Signatures
from .tenancy import Tenancy
from .wire import pieces

log = logging.getLogger(__name__)
UNKNOWN = "Unknown"


class App:
    """Serves the routes of one cloud."""

    def __init__(self, tenancy: Tenancy, table: Routes, signatures: Signatures, faults: Faults) -> None:
        self._tenancy, self._table, self._signatures, self._faults = tenancy, table, signatures, faults
        self.calls = Calls()
        self.watches: list[Watch] = []
        self.bugs: list[Exception] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw_path = scope["raw_path"].decode("ascii")
        call = Call(
            operation=UNKNOWN,
            method=request.method,
            path=raw_path,
            query=dict(request.query_params),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
            time=self._tenancy.clock.datetime(),
        )
        answer = await self._answer(call, raw_path, scope["query_string"].decode("ascii"))
        await self._tell("done", call)
        if answer is None:
            await answer_raw(scope, receive)
            return
        call.status = answer.status
        answer.headers.setdefault(
            "opc-request-id", request_id(call.headers.get("opc-request-id"), self._tenancy.random)
        )
        if (fault := answer.fault) is not None:
            written = pieces(answer, fault, with_body=call.method != "HEAD")
            await answer_raw(scope, receive, written, fault.drip)
            return
        await Response(answer.body(), answer.status, answer.headers, answer.content_type)(
            scope, receive, send
        )

    async def _answer(self, call: Call, raw_path: str, query: str) -> Answer | None:
        """The answer, or None for a connection to be dropped."""
        try:
            route, params = self._route(call, raw_path)
            await self._tell("received", call)
            caller = ANYBODY
            if route.target:
                target = f"{raw_path}?{query}" if query else raw_path
                caller = self._signatures.check(call.operation, call.method, target, call.headers, call.body)
            received = Received(call.operation, params, call.query, call.headers, call.body, caller)
            fault = self._faults.take(call.operation)
            if fault:
                return await self._fail(fault, call, route, received)
            return self._work(call, route, received)
        except ApiError as refusal:
            return _refused(refusal)

    def _route(self, call: Call, raw_path: str) -> tuple[Route, dict[str, str]]:
        try:
            route, params = self._table.find(call.method, raw_path)
            call.operation = route.operation
        finally:
            with self._tenancy.lock:
                self.calls.append(call)
        return route, dict(params)

    def _work(self, call: Call, route: Route, received: Received) -> Answer:
        with self._tenancy.lock:
            self._tenancy.catch_up()
            call.worked = True
            try:
                self._authorize(route, received)
                return route.work(received).encoded()
            except ApiError as refusal:
                return _refused(refusal)
            except Exception as problem:
                log.exception("the emulator failed in %s", call.operation)
                self.bugs.append(problem)
                return _refused(errors.bug())

    def _authorize(self, route: Route, received: Received) -> None:
        """Asks the policy. Raises ApiError, as if nothing were there."""
        if route.target:
            target = route.target(received)
            if not self._tenancy.policy.allows(received.caller, route.operation, target):
                raise target.refusal

    async def _fail(self, fault: Fault, call: Call, route: Route, received: Received) -> Answer | None:
        works_first = fault.after_work or fault.drop == "after"
        answer = self._work(call, route, received) if works_first else None
        await asyncio.sleep(fault.delay)
        if fault.drop:
            return None
        if answer is None and not fault.answers:
            answer = self._work(call, route, received)
        return _changed(answer, fault)

    async def _tell(self, stage: Stage, call: Call) -> None:
        for watch in list(self.watches):
            if watch.stage == stage and watch.operation in ("*", call.operation):
                await run_in_threadpool(watch.callback, call)


def _refused(refusal: ApiError) -> Answer:
    return Answer(refusal.status, {"code": refusal.code, "message": refusal.message}, dict(refusal.headers))


def _changed(answer: Answer | None, fault: Fault) -> Answer:
    """The answer as the fault would have it: another status and body, headers more or less."""
    answer = replace(answer) if answer else Answer(200)
    if fault.answers:
        answer.headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        answer.status = fault.status or answer.status
        answer.content = {"code": fault.code, "message": fault.message} if fault.body is None else fault.body
        answer.content_type = fault.content_type
    kept = {
        name: value for name, value in answer.headers.items() if name.lower() not in fault.without_headers
    }
    answer.fault = fault if fault.on_the_wire else None
    answer.headers = kept | {name.lower(): value for name, value in fault.headers.items()}
    return answer
