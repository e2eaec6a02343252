"""What people and programs call that run the function, on one more loopback endpoint.

- Functions: GetFunction and InvokeFunction, as the SDK, `oci fn function invoke` and `fn invoke` call them.
- Logging Search: SearchLogs, over the function's log.
- Audit: ListEvents, over the events that the emulator emitted.

Every request's signature is verified. Of Logging's query language one form is emulated.

Source: the SDK's clients of these services; "Troubleshooting Functions" for how a failed function is
answered; "Logging Query Language Specification".
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from .background_server import BackgroundServer, raw_target
from .fn import FunctionHost
from .fn.host import new_call_id
from .oci import Cloud, errors
from .oci.errors import ApiError
from .oci.exchange import Answer, Call, Route, Routes, text, time
from .oci.identifiers import request_id, seconds

# The SDK's documentation of the body.
BODY_LIMIT = 6 * 1024 * 1024
# Of a caller's headers, those that the operation has. Whether the service hands on others is not documented.
_HANDED_ON = ("accept", "content-type", "fn-intent", "fn-invoke-type", "opc-request-id")
_QUERY = re.compile(
    r'search "(?P<compartment>[^/"]+)/(?P<group>[^/"]+)/(?P<log>[^/"]+)"'
    r" \| where logContent = '\*(?P<text>[^'*]+)\*'"
)


class ControlServer(BackgroundServer):
    """Serves the one function of a cloud, while the context is open. `config` is the function's."""

    log_group_id = "ocid1.loggroup.oc1.phx.localgroup"
    log_id = "ocid1.log.oc1.phx.localfunctionlog"

    def __init__(self, cloud: Cloud, host: FunctionHost, config: Callable[[], Mapping[str, str]]) -> None:
        self._cloud, self._host, self._config = cloud, host, config
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="detached")
        # The version is 20260325 in the SDK of this year, 20181201 in `fn` and older SDKs.
        function = "/{version}/functions/{functionId}"
        self._routes = Routes(
            Route("GET", function, "GetFunction", self._get_function, None),
            Route("POST", f"{function}/actions/invoke", "InvokeFunction", self._invoke_function, None),
            Route("POST", "/20190909/search", "SearchLogs", self._search_logs, None),
            Route("GET", "/20190901/auditEvents", "ListEvents", self._list_events, None),
        )
        super().__init__(request_response(self._serve))

    def __exit__(self, *_: object) -> None:
        """Drops the detached calls that have not begun; those that run end with their containers."""
        super().__exit__()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, request: Request) -> Response:
        try:
            # In a thread, for the function calls this cloud before it answers.
            answer = await run_in_threadpool(self._answer, request, await request.body())
        except ApiError as refusal:
            answer = Answer.refusing(refusal)
        sent = request_id(request.headers.get("opc-request-id"), self._cloud.random)
        headers = {"opc-request-id": sent, **answer.headers}
        return Response(answer.body(), answer.status, headers, answer.content_type)

    def _answer(self, request: Request, body: bytes) -> Answer:
        route, params = self._routes.find(request.method, request.scope["raw_path"].decode("latin-1"))
        headers, now = dict(request.headers), self._cloud.clock.datetime()
        call = Call(route.operation, request.method, raw_target(request), headers, body, now, params)
        call.caller = self._cloud.signatures.check(call)
        if params.get("functionId", self._cloud.function_id) != self._cloud.function_id:
            raise errors.not_found("function")
        return route.work(call)

    def _get_function(self, request: Call) -> Answer:
        if not request.caller.administrator:
            raise errors.not_found("function")
        function = {
            "id": self._cloud.function_id,
            "compartmentId": self._cloud.function_compartment_id,
            "timeoutInSeconds": int(self._host.timeout_s),
            "config": dict(self._config()),
            "invokeEndpoint": self.url,
        }
        return Answer(200, function)

    def _invoke_function(self, request: Call) -> Answer:
        """200 with what the function answered, whatever it means; a failed function is 502 or 504. A detached
        call is answered with 202 before it begins."""
        if not self._cloud.may_invoke(request.caller):
            raise errors.not_found("function")
        if len(request.body) > BODY_LIMIT:
            raise errors.too_large()
        call_id = new_call_id()
        headers = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
        headers |= {
            "oci-subject-id": request.caller.id,
            "oci-subject-type": request.caller.type,
            "oci-subject-tenancy-id": self._cloud.tenancy_id,
        }
        if request.headers.get("fn-invoke-type") == "detached":
            self._threads.submit(self._host.invoke, request.body, headers, call_id=call_id)
            return Answer(202, b"", {"fn-call-id": call_id})
        invocation = self._host.invoke(request.body, headers, call_id=call_id)
        named = {"fn-call-id": call_id}
        if invocation.failure:
            message = "Container initialization failed" if invocation.container is None else "function failed"
            raise ApiError(invocation.status, invocation.failure, message, named)
        content_type = invocation.headers.get("content-type", "application/octet-stream")
        return Answer(200, invocation.body, named, content_type)

    def _search_logs(self, request: Call) -> Answer:
        fields = request.document()
        for name in ("timeStart", "timeEnd"):
            time(fields, name)
        query = _QUERY.fullmatch(text(fields, "searchQuery"))
        if query is None:
            raise errors.invalid("searchQuery", "is none that this emulator reads")
        place = (self._cloud.function_compartment_id, self.log_group_id, self.log_id)
        if query.group("compartment", "group", "log") != place:
            raise errors.not_found("log")
        results = [
            {"data": {"logContent": {"data": {"message": line}}}}
            for line in list(self._host.logs)
            if query["text"] in line
        ]
        return Answer(200, {"results": results, "summary": {"resultCount": len(results)}})

    def _list_events(self, request: Call) -> Answer:
        """200 with the compartment's events in that time, at once; the real one has them some minutes later.
        Audit writes an event in the envelope of Events, with `eventId`."""
        compartment = text(request.query, "compartmentId")
        since, until = time(request.query, "startTime"), time(request.query, "endTime")
        found = [
            {"eventId" if name == "eventID" else name: event[name] for name in event if name != "extensions"}
            for event in list(self._cloud.events.emitted)
            if event["data"].get("compartmentId") == compartment
            and since <= seconds(event["eventTime"]) <= until
        ]
        return Answer(200, found)
