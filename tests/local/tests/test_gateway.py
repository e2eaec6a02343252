"""The gateway speaks HTTP to its clients and Fn's headers to the function, as the captured one does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.local.fn import FunctionHost
from tests.local.gateway import Gateway

ECHO = Path(__file__).parent / "functions" / "echo"
EXPORT = "/20160918/images/ocid1.image.oc1.phx.x/actions/export"
FUNCTION = {"type": "ORACLE_FUNCTIONS_BACKEND", "functionId": "ocid1.fnfunc.oc1.phx.x"}


def route(path: str, *methods: str, **policies: Any) -> dict[str, Any]:
    return {"path": path, "methods": list(methods), "backend": FUNCTION, "requestPolicies": policies}


def filtering(kind: str, *names: str) -> dict[str, Any]:
    return {"filterHeaders": {"type": kind, "items": [{"name": name} for name in names]}}


@pytest.fixture(scope="module")
def host() -> Iterator[FunctionHost]:
    with FunctionHost(ECHO, timeout_s=60) as host:
        yield host


@pytest.fixture(scope="module")
def client(host: FunctionHost) -> Iterator[httpx.Client]:
    routes = [
        # The least specific first: their order must not matter. Each blocks a header that tells of it.
        route("/rest/{rest*}", "ANY", headerTransformations=filtering("BLOCK", "X-Rest")),
        route("/rest/{one}/end", "GET", headerTransformations=filtering("BLOCK", "X-One")),
        route("/rest/one/end", "GET", headerTransformations=filtering("BLOCK", "X-Literal")),
        route("/20160918/images/{imageId}/actions/export", "POST"),
        route("/allowed", "GET", headerTransformations=filtering("ALLOW", "X-Kept")),
    ]
    with (
        Gateway({"routes": routes}, "/v1", host) as gateway,
        httpx.Client(base_url=gateway.url, timeout=60) as client,
    ):
        yield client


def test_a_request_reaches_the_function_as_it_was_sent(client: httpx.Client) -> None:
    path = "/v1/20160918/images/a%2F..%2Fb/actions/export?a=1&b=%2F"
    url = client.base_url.copy_with(raw_path=path.encode())
    seen = client.post(url, json={"status": 200}, headers={"X-Mine": "1", "Te": "x"}).json()
    assert (seen["method"], seen["url"], json.loads(seen["body"])) == ("POST", path, {"status": 200})
    assert seen["httpHeaders"]["x-mine"] == "1"
    assert not {"connection", "te"} & set(seen["httpHeaders"])
    # The FDK merges the gateway's own headers with the client's.
    headers = seen["headers"]
    assert headers["content-type"] == ["application/json", "application/json"]
    assert headers["host"][0] == "localhost"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["fn-intent"] == "httprequest"
    assert headers["oci-subject-id"].startswith("ocid1.apigateway.")
    # Without a content type it has the gateway's default.
    seen = client.post(EXPORT, content=b"x").json()
    assert seen["headers"]["content-type"] == ["application/octet-stream"] * 2


def test_a_clients_platform_headers_arrive_beside_the_real_ones(client: httpx.Client) -> None:
    forged = {"Fn-Intent": "cloudevent", "Oci-Subject-Id": "me", "Fn-Call-Id": "mine"}
    seen = client.post(EXPORT, headers=forged).json()
    # The FDK lets the client's win, but for those that it reads before it merges.
    assert "me" in seen["headers"]["oci-subject-id"]
    assert "cloudevent" in seen["headers"]["fn-intent"]
    assert seen["callId"] != "mine"


def test_the_functions_status_and_prefixed_headers_come_back(client: httpx.Client) -> None:
    order = {"status": 418, "headers": {"etag": "7", "opc-request-id": "compute's", "te": "x"}}
    answer = client.post(EXPORT, json=order)
    expected = {"etag": "7", "opc-request-id": "compute's", "content-type": "application/json"}
    assert answer.status_code == 418
    assert answer.headers.items() >= expected.items()
    assert not [name for name in answer.headers if name.startswith("fn-") or name == "te"]
    # Without a request id, it is the gateway's, which begins with the client's.
    answer = client.post(EXPORT, headers={"opc-request-id": "mine"})
    assert answer.headers["opc-request-id"].startswith("mine/")


def test_a_failed_function_is_answered_by_the_gateway(client: httpx.Client) -> None:
    for order, status in (({"exit": 1}, 502), ({"status": 504}, 504)):
        answer = client.post(EXPORT, json=order)
        assert (answer.status_code, answer.json()["code"]) == (status, status)


def test_a_path_without_a_route_is_404_and_a_method_405(client: httpx.Client) -> None:
    images, outside = "/20160918/images", str(client.base_url).removesuffix("/v1/") + EXPORT
    for path in (f"{images}//actions/export", f"{images}/a/b/actions/export", EXPORT + "/", outside):
        answer = client.post(path)
        assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Not Found"})
    answer = client.delete(EXPORT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_the_most_specific_route_for_path_and_method_is_taken(client: httpx.Client) -> None:
    for method, path, blocked in (
        ("GET", "/rest/one/end", "x-literal"),
        ("GET", "/rest/two/end", "x-one"),
        ("GET", "/rest/two/end/", "x-rest"),
        ("GET", "/rest/", "x-rest"),
        ("PATCH", "/rest/one/end", "x-rest"),
    ):
        sent = dict.fromkeys(("x-literal", "x-one", "x-rest"), "1")
        seen = client.request(method, path, headers=sent).json()["httpHeaders"]
        assert set(sent) - set(seen) == {blocked}


def test_only_allowed_headers_get_through(client: httpx.Client) -> None:
    seen = client.get("/allowed", headers={"X-Kept": "k", "Fn-Intent": "forged"}).json()["httpHeaders"]
    assert seen["x-kept"] == "k"
    assert not {"fn-intent", "user-agent"} & set(seen)


def test_a_body_over_6_mb_never_reaches_the_function(client: httpx.Client, host: FunctionHost) -> None:
    before = host.containers[0].invocations
    assert client.post(EXPORT, content=b"x" * (6 * 1024 * 1024 + 1)).status_code == 413
    assert host.containers[0].invocations == before


def test_what_is_not_emulated_is_refused(host: FunctionHost) -> None:
    stock = route("/", "GET") | {"backend": {"type": "STOCK_RESPONSE_BACKEND", "functionId": "x"}}
    with pytest.raises(ValueError, match="no function"):
        Gateway({"routes": [stock]}, "/v1", host)
    with pytest.raises(ValueError, match="setHeaders"):
        Gateway({"routes": [route("/", "GET", headerTransformations={"setHeaders": {}})]}, "/v1", host)
