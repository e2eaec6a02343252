"""The gateway itself: a request goes through its route's policies to the function, and the answer back."""

import json
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..background_server import BackgroundServer
from ..fn import FunctionHost
from .fn_headers import from_function, to_function
from .header_policies import Pairs, transform_headers
from .routes import Route, find_route, read_routes

# API Gateway's release notes: 20 MB for a request's body, 6 MB where the backend is a function.
BODY_LIMIT = 6 * 1024 * 1024


class Gateway:
    """Serves one deployment: `specification` under `path_prefix`, with `host` as the function of every route.

    `port` 0 is a free one. `client_first`: see `fn_headers.to_function`. `may_invoke` says whether the policy
    lets the gateway call the function; where it does not, clients get 404.
    """

    def __init__(
        self,
        specification: Mapping[str, Any],
        path_prefix: str,
        host: FunctionHost,
        *,
        port: int = 0,
        client_first: bool = False,
        may_invoke: Callable[[], bool] = lambda: True,
    ) -> None:
        self.path_prefix = path_prefix.rstrip("/")
        self.host = host
        self.client_first = client_first
        self._may_invoke = may_invoke
        self._routes = read_routes(specification)
        self._server = BackgroundServer(self._serve, port)

    @property
    def url(self) -> str:
        """The deployment's endpoint: base URL with the path prefix, without a slash at the end."""
        return self._server.url + self.path_prefix

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if not path.startswith(self.path_prefix + "/"):
            return _refusal(404)
        route, parameters, allowed = find_route(
            self._routes, request.method, path.removeprefix(self.path_prefix)
        )
        if route is None:
            return _refusal(405, Allow=", ".join(sorted(allowed))) if allowed else _refusal(404)
        body = await _read(request)
        if body is None:
            return _refusal(413)
        refused = _body_refused(route, request.headers.get("content-type"), body)
        return _refusal(refused) if refused else await self._forward(request, route, parameters, body)

    async def _forward(
        self, request: Request, route: Route, parameters: dict[str, str], body: bytes
    ) -> Response:
        context = {"path": parameters, "headers": dict(request.headers), "query": dict(request.query_params)}
        headers: Pairs = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ]
        if not self._may_invoke():
            return _refusal(404)
        query = request.scope["query_string"].decode("latin-1")
        request_id = _request_id(request.headers.get("opc-request-id"))
        sent = to_function(
            transform_headers(headers, route.request_policies.get("headerTransformations"), context),
            body,
            method=request.method,
            url=request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            client=request.client.host if request.client else "127.0.0.1",
            request_id=request_id,
            client_first=self.client_first,
        )
        result = await run_in_threadpool(self.host.invoke, body, sent)
        if result.failed:
            return _refusal(result.status if result.status in (502, 503, 504) else 502)
        status, answered = from_function(result.headers)
        answered = transform_headers(answered, route.response_policies.get("headerTransformations"), context)
        response = Response(result.body, status)
        response.raw_headers += [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answered
        ]
        if "opc-request-id" not in response.headers:
            response.headers["opc-request-id"] = request_id
        return response


def _request_id(clients: str | None) -> str:
    """The client's request id, if it sent one, then the gateway's own segments, as OCI does."""
    own = [secrets.token_hex(16).upper(), secrets.token_hex(16).upper()]
    return "/".join([clients, *own] if clients else own)


async def _read(request: Request) -> bytes | None:
    """The body, or None if it is over the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _body_refused(route: Route, content_type: str | None, body: bytes) -> int | None:
    """The status with which a `bodyValidation` policy refuses the request, if it does."""
    policy = route.request_policies.get("bodyValidation")
    if not policy or policy.get("validationMode", "ENFORCING") != "ENFORCING":
        return None
    if not body:
        return 400 if policy.get("required") else None
    types = policy.get("content") or {}
    given = (content_type or "").partition(";")[0].strip().lower()
    return 415 if types and given not in types and "*/*" not in types else None


def _refusal(status: int, **headers: str) -> Response:
    """An answer of the gateway's own."""
    body = json.dumps({"code": status, "message": HTTPStatus(status).phrase})
    return Response(body, status, headers=headers, media_type="application/json")
