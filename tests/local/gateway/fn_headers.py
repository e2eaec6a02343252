"""HTTP to the headers of a function call, and a function's answer to HTTP.

Source: a call captured inside a function behind a real gateway (oracle-functions-samples,
oci-apigw-display-httprequest-info-python); for the way back, Fn's HTTP trigger (runner_httptrigger.go).
"""

import base64
import hashlib
from collections.abc import Mapping

Pairs = list[tuple[str, str]]

GATEWAY_ID = "ocid1.apigateway.oc1.phx.localgateway"
TENANCY_ID = "ocid1.tenancy.oc1..localtenancy"
DEFAULT_TYPE = "application/octet-stream"

# Headers of one connection, which a gateway does not hand on (RFC 9110, section 7.6.1).
_OF_A_CONNECTION = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_WRITTEN_ANEW = {"forwarded", "x-forwarded-for", "x-real-ip"}
_PREFIX = "fn-http-h-"


def to_function(
    headers: Pairs, body: bytes, *, method: str, url: str, client: str, request_id: str, client_first: bool
) -> Pairs:
    """The headers of the call for one HTTP request; `url` is the raw path with the prefix, and the query.

    Every header of the client is prefixed. A request without a content type has the captured gateway's
    default, both prefixed and not, so the function can't tell it from one that names it. `client_first` puts
    the client's headers before the gateway's own: their order is known from nowhere, and the FDK's merge
    depends on it.
    """
    clients = [
        (name, value) for name, value in headers if name.lower() not in _OF_A_CONNECTION | _WRITTEN_ANEW
    ]
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


def from_function(headers: Mapping[str, str]) -> tuple[int, Pairs]:
    """Status and headers for the client: those with the prefix, and the content type; no others."""
    status = int(headers.get("fn-http-status", 200))
    pairs = [
        (name.removeprefix(_PREFIX), value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
        and name.removeprefix(_PREFIX) not in _OF_A_CONNECTION | {"content-length"}
    ]
    if "content-type" in headers:
        pairs.append(("content-type", headers["content-type"]))
    return status, pairs
