"""The API gateway in front of the function: HTTP on one side, the calls of OCI Functions on the other.

It routes by a deployment specification, the stack's, so what is tested is what is deployed. Filters of
headers are applied, other policies are not: authentication, rate limits, CORS, caching; whoever reaches this
machine's loopback may call.

Source: a call captured inside a function behind a real gateway (oracle-functions-samples,
oci-apigw-display-httprequest-info-python); for the way back, Fn's HTTP trigger (runner_httptrigger.go).
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from .background_server import BackgroundServer, raw_target
from .fn import FunctionHost
from .stack import document

Pairs = list[tuple[str, str]]

PATH_PREFIX = "/image-export"
# API Gateway's release notes: 20 MB for a request's body, 6 MB where the backend is a function.
BODY_LIMIT = 6 * 1024 * 1024
GATEWAY_ID = "ocid1.apigateway.oc1.phx.localgateway"
TENANCY_ID = "ocid1.tenancy.oc1..localtenancy"
DEFAULT_TYPE = "application/octet-stream"

# Headers of one connection (RFC 9110, section 7.6.1), and those that a gateway writes anew.
_OF_A_CONNECTION = r"connection|keep-alive|proxy-\w+|te|trailer|transfer-encoding|upgrade"
_NOT_SENT_ON = re.compile(rf"{_OF_A_CONNECTION}|forwarded|x-forwarded-for|x-real-ip")
_NOT_SENT_BACK = re.compile(rf"{_OF_A_CONNECTION}|content-length")
_PREFIX = "fn-http-h-"
_PARAMETER = re.compile(r"\{[^{}*]+(?P<rest>\*?)\}")


class Gateway(BackgroundServer):
    """Serves one deployment: `specification` under `path_prefix`, with `host` as the function of every route.

    `client_first`: see `to_function`. `may_invoke`: whether the policy lets the gateway call the function.
    """

    def __init__(
        self,
        specification: Mapping[str, Any],
        path_prefix: str,
        host: FunctionHost,
        *,
        port: int = 0,
        may_invoke: Callable[[], bool] = lambda: True,
    ) -> None:
        self._path_prefix, self._host, self._may_invoke = path_prefix, host, may_invoke
        self.client_first = False
        self._routes = _routes(specification)
        super().__init__(request_response(self._answer), port)

    @property
    def url(self) -> str:
        """The deployment's endpoint: base URL with the path prefix, without a slash at the end."""
        return super().url + self._path_prefix

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if not path.startswith(self._path_prefix + "/"):
            return _refusal(404)
        path = path.removeprefix(self._path_prefix)
        found = [route for route in self._routes if route.pattern.fullmatch(path)]
        route = next((route for route in found if route.methods & {"ANY", request.method}), None)
        if route is None:
            allowed = sorted(method for route in found for method in route.methods)
            return _refusal(405, Allow=", ".join(allowed)) if allowed else _refusal(404)
        body = await request.body()
        return _refusal(413) if len(body) > BODY_LIMIT else await self._forward(request, route, body)

    async def _forward(self, request: Request, route: "_Route", body: bytes) -> Response:
        if not self._may_invoke():
            return _refusal(404)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        own = [secrets.token_hex(16).upper() for _ in range(2)]
        request_id = "/".join([*filter(None, [request.headers.get("opc-request-id")]), *own])
        sent = to_function(
            _filter(headers, route.filter_headers),
            body,
            method=request.method,
            url=raw_target(request),
            client=request.client.host if request.client else "127.0.0.1",
            request_id=request_id,
            client_first=self.client_first,
        )
        result = await run_in_threadpool(self._host.invoke, body, sent)
        if result.failed:
            return _refusal(result.status if result.status in (502, 503, 504) else 502)
        response = Response(result.body, result.http_status)
        for name, value in result.headers.items():
            theirs = name.removeprefix(_PREFIX)
            prefixed = name.startswith(_PREFIX) and not _NOT_SENT_BACK.fullmatch(theirs)
            if prefixed or name == "content-type":
                response.headers.append(theirs, value)
        response.headers.setdefault("opc-request-id", request_id)
        return response


def to_function(
    headers: Pairs,
    body: bytes,
    *,
    method: str,
    url: str,
    client: str,
    request_id: str,
    client_first: bool = False,
) -> Pairs:
    """The headers of the call for one HTTP request; `url` is the raw path with the prefix, and the query.

    Every header of the client is prefixed. A request without a content type has the captured gateway's
    default, both prefixed and not. `client_first` puts the client's headers before the gateway's own: their
    order is known from nowhere, and the FDK's merge depends on it.
    """
    clients = [(name, value) for name, value in headers if not _NOT_SENT_ON.fullmatch(name.lower())]
    content_type = next((value for name, value in clients if name.lower() == "content-type"), None)
    if content_type is None:
        content_type = DEFAULT_TYPE
        clients.append(("content-type", content_type))
    clients += [("forwarded", f"for={client}"), ("x-forwarded-for", client), ("x-real-ip", client)]
    prefixed = [(_PREFIX + name.lower(), value) for name, value in clients]
    own = [
        ("Content-Type", content_type),
        ("User-Agent", "lua-resty-http/0.14 (Lua) ngx_lua/10015"),
        ("Fn-Intent", "httprequest"),
        ("Fn-Invoke-Type", "sync"),
        ("Fn-Http-Method", method),
        ("Fn-Http-Request-Url", url),
        ("Oci-Subject-Id", GATEWAY_ID),
        ("Oci-Subject-Tenancy-Id", TENANCY_ID),
        ("Oci-Subject-Type", "resource"),
        ("Opc-Request-Id", request_id),
        ("X-Content-Sha256", base64.b64encode(hashlib.sha256(body).digest()).decode()),
    ]
    return prefixed + own if client_first else own + prefixed


class _Route(NamedTuple):
    """One route; `methods` in capitals (ANY is any). The `rank` sorts before that of a less specific path:
    segment by segment, a literal comes before a parameter, and a parameter before a wildcard."""

    rank: list[int]
    pattern: re.Pattern[str]
    methods: frozenset[str]
    filter_headers: Mapping[str, Any] | None


def _routes(specification: Mapping[str, Any]) -> Sequence[_Route]:
    """The specification's routes, the most specific first. Whether the real gateway goes on to a less
    specific one when the more specific one lacks the method is not documented; here it does."""
    routes = []
    for entry in specification["routes"]:
        if entry["backend"]["type"] != "ORACLE_FUNCTIONS_BACKEND" or not entry["backend"]["functionId"]:
            raise ValueError(f"the route {entry['path']} has no function as its backend")
        transformations = (entry.get("requestPolicies") or {}).get("headerTransformations") or {}
        if unknown := set(transformations) - {"filterHeaders"}:
            raise ValueError(f"the route {entry['path']} has what is not emulated: {unknown}")
        # {name} is one segment, not empty; {name*} is the rest (a subset of RFC 6570, says the SDK).
        segments = entry["path"].split("/")
        found = [_PARAMETER.fullmatch(segment) for segment in segments]
        rank = [0 if each is None else 2 if each["rest"] else 1 for each in found]
        parts = [(re.escape(segment), "[^/]+", ".*")[at] for segment, at in zip(segments, rank, strict=True)]
        methods = frozenset(entry.get("methods", ["ANY"]))
        filters = transformations.get("filterHeaders")
        routes.append(_Route(rank, re.compile("/".join(parts)), methods, filters))
    return sorted(routes, key=lambda route: route.rank)


def _filter(headers: Pairs, policy: Mapping[str, Any] | None) -> Pairs:
    """The headers that a `filterHeaders` policy lets through; names are compared without their case."""
    if not policy:
        return headers
    names = {item["name"].lower() for item in policy["items"]}
    keep_listed = policy["type"] == "ALLOW"
    return [(name, value) for name, value in headers if (name.lower() in names) == keep_listed]


def _refusal(status: int, **headers: str) -> Response:
    body = json.dumps({"code": status, "message": HTTPStatus(status).phrase})
    return Response(body, status, headers=headers, media_type="application/json")


def specification() -> dict[str, Any]:
    """The deployment specification, as `oci api-gateway deployment create --specification` takes it."""
    deployed: dict[str, Any] = document(
        "gateway-specification.json",
        function_id="ocid1.fnfunc.oc1.phx.localfunction",
        jwks_url="https://identity.example.com/admin/v1/SigningCert/jwk",
        token_issuer="https://identity.example.com/",  # noqa: S106 - who issues tokens
        token_audience="image-export",  # noqa: S106 - whom they are for
        requests_per_second=10,
    )
    return deployed


def without_policies(deployed: Mapping[str, Any]) -> dict[str, Any]:
    """The same routes to the same function, with nothing that protects it."""
    kept = ("path", "methods", "backend")
    return {"routes": [{name: route[name] for name in kept} for route in deployed["routes"]]}


def rule_conditions(tag: tuple[str, str, str] | None = None) -> list[dict[str, Any]]:
    """The conditions of the Events rules, as `oci events rule create --condition` takes them. `tag`:
    namespace, key and value of the defined tag that new images need to be exported."""
    namespace, key, value = tag or ("-", "-", "-")
    conditions = document("rule-conditions.json", tag_namespace=namespace, tag_key=key, tag_value=value)
    del conditions["created" if tag else "created-with-tag"]
    return list(conditions.values())
