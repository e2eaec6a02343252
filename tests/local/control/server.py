"""The server: one request in, its signature checked, worked on in a thread of its own, answered."""

import re
from collections.abc import Callable, Mapping
from typing import Self
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..background_server import BackgroundServer
from ..fn import FunctionHost
from ..oci import Cloud, errors
from ..oci.errors import ApiError
from ..oci.exchange import Answer, Received
from ..oci.identifiers import request_id
from .audit import Audit
from .functions import Functions
from .logging_search import LoggingSearch

Work = Callable[[Received], Answer]


class ControlServer:
    """Serves the function of a cloud and its host, from `__enter__` to `__exit__`.

    `config` is the function's configuration, for GetFunction.
    """

    def __init__(self, cloud: Cloud, host: FunctionHost, config: Callable[[], Mapping[str, str]]) -> None:
        self._cloud = cloud
        self.functions = Functions(cloud, host, config)
        self.logging_search = LoggingSearch(cloud, host)
        # The SDK of this year says 20260325, `fn` and older SDKs 20181201.
        function = r"/(?:20181201|20260325)/functions/(?P<functionId>[^/]+)"
        self._table: list[tuple[str, str, str, Work]] = [
            ("GET", function, "GetFunction", self.functions.get),
            ("POST", function + "/actions/invoke", "InvokeFunction", self.functions.invoke),
            ("POST", "/20190909/search", "SearchLogs", self.logging_search.search),
            ("GET", "/20190901/auditEvents", "ListEvents", Audit(cloud).list_events),
        ]
        self._server = BackgroundServer(self._serve)

    @property
    def url(self) -> str:
        """The endpoint: base URL without a path."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        self.functions.endpoint = self.url
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()
        self.functions.stop()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            # In a thread, for the function calls this cloud before it answers.
            answer = await run_in_threadpool(self._answer, request, await request.body())
        except ApiError as refusal:
            answer = Answer(
                refusal.status, {"code": refusal.code, "message": refusal.message}, refusal.headers
            )
        sent = request_id(request.headers.get("opc-request-id"), self._cloud.random)
        headers = {"opc-request-id": sent, **answer.headers}
        await Response(answer.body(), answer.status, headers, answer.content_type)(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Answer:
        path = request.scope["raw_path"].decode("ascii")
        query = request.scope["query_string"].decode("ascii")
        headers = {name.lower(): value for name, value in request.headers.items()}
        for method, pattern, operation, work in self._table:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                target = f"{path}?{query}" if query else path
                caller = self._cloud.signatures.check(operation, method, target, headers, body)
                params = {name: unquote(value) for name, value in found.groupdict().items()}
                return work(Received(operation, params, dict(request.query_params), headers, body, caller))
        raise errors.no_such_route()
