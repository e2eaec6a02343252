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
IMAGE = "ocid1.image.oc1.phx.x"
EXPORT = f"/20160918/images/{IMAGE}/actions/export"
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
def gateway(host: FunctionHost) -> Iterator[Gateway]:
    routes = [
        # The least specific first: their order must not matter. Each blocks a header that tells of it.
        route("/rest/{rest*}", "ANY", headerTransformations=filtering("BLOCK", "X-Rest")),
        route("/rest/{one}/end", "GET", headerTransformations=filtering("BLOCK", "X-One")),
        route("/rest/one/end", "GET", headerTransformations=filtering("BLOCK", "X-Literal")),
        route("/20160918/images/{imageId}/actions/export", "POST"),
        route("/allowed", "GET", headerTransformations=filtering("ALLOW", "X-Kept")),
    ]
    with Gateway({"routes": routes}, "/v1", host) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=60) as client:
        yield client


def test_a_request_reaches_the_function_with_method_url_and_body(client: httpx.Client) -> None:
    seen = client.post(f"{EXPORT}?a=1&b=%2F", json={"status": 200}).json()
    assert seen["method"] == "POST"
    assert seen["url"] == f"/v1{EXPORT}?a=1&b=%2F"
    assert json.loads(seen["body"]) == {"status": 200}
    assert seen["headers"]["fn-intent"] == "httprequest"
    assert seen["headers"]["oci-subject-id"].startswith("ocid1.apigateway.")


def test_the_path_reaches_the_function_still_percent_encoded(client: httpx.Client) -> None:
    url = client.base_url.copy_with(raw_path=b"/v1/20160918/images/a%2F..%2Fb/actions/export")
    assert client.post(url).json()["url"] == "/v1/20160918/images/a%2F..%2Fb/actions/export"


def test_client_headers_are_prefixed_and_merge_with_the_gateways(client: httpx.Client) -> None:
    seen = client.post(
        EXPORT, headers={"X-Mine": "1", "Content-Type": "application/json"}, content=b"[]"
    ).json()
    assert seen["httpHeaders"]["x-mine"] == "1"
    assert seen["headers"]["content-type"] == ["application/json", "application/json"]
    assert seen["headers"]["host"][0] == "localhost"
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"


def test_a_request_without_a_content_type_gets_the_gateways_default(client: httpx.Client) -> None:
    seen = client.post(EXPORT, content=b"x").json()
    assert seen["headers"]["content-type"] == ["application/octet-stream"] * 2


def test_a_clients_platform_headers_arrive_beside_the_real_ones(client: httpx.Client) -> None:
    forged = {"Fn-Intent": "cloudevent", "Oci-Subject-Id": "me", "Fn-Call-Id": "mine"}
    seen = client.post(EXPORT, headers=forged).json()
    # The FDK lets the client's win, but for those that it reads before it merges.
    assert "me" in seen["headers"]["oci-subject-id"]
    assert "cloudevent" in seen["headers"]["fn-intent"]
    assert seen["callId"] != "mine"


def test_the_functions_status_and_prefixed_headers_come_back(
    client: httpx.Client, host: FunctionHost
) -> None:
    order = {"status": 418, "headers": {"etag": "7", "opc-request-id": "compute's"}}
    answer = client.post(EXPORT, json=order)
    assert answer.status_code == 418
    assert answer.headers["etag"] == "7"
    assert answer.headers["opc-request-id"] == "compute's"
    assert answer.headers["content-type"] == "application/json"
    assert not [name for name in answer.headers if name.startswith("fn-")]


def test_an_answer_without_a_request_id_gets_the_gateways_which_starts_with_the_clients(
    client: httpx.Client,
) -> None:
    answer = client.post(EXPORT, headers={"opc-request-id": "mine"})
    assert answer.headers["opc-request-id"].startswith("mine/")


@pytest.mark.parametrize(
    ("order", "status"), [({"raise": "x"}, 502), ({"status": 504}, 504), ({"exit": 1}, 502)]
)
def test_a_failed_function_is_answered_by_the_gateway(
    client: httpx.Client, order: dict[str, Any], status: int
) -> None:
    answer = client.post(EXPORT, json=order)
    assert answer.status_code == status
    assert answer.json()["code"] == status


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/20160918/images//actions/export", "/20160918/images/a/b/actions/export", EXPORT + "/"],
)
def test_a_path_without_a_route_is_404(client: httpx.Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Not Found"})
    outside = str(client.base_url).removesuffix("/v1/") + path
    assert httpx.post(outside).status_code == 404


def test_a_method_without_a_route_is_405_and_names_the_others(client: httpx.Client) -> None:
    answer = client.delete(EXPORT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/rest/one/end", "x-literal"),
        ("GET", "/rest/two/end", "x-one"),
        ("GET", "/rest/two/end/", "x-rest"),
        ("GET", "/rest/", "x-rest"),
        ("PATCH", "/rest/one/end", "x-rest"),
    ],
)
def test_the_most_specific_route_for_path_and_method_is_taken(
    client: httpx.Client, method: str, path: str, route: str
) -> None:
    sent = {"X-Literal": "1", "X-One": "1", "X-Rest": "1"}
    seen = client.request(method, path, headers=sent).json()["httpHeaders"]
    assert [name for name in ("x-literal", "x-one", "x-rest") if name not in seen] == [route]


def test_only_allowed_headers_get_through(client: httpx.Client) -> None:
    seen = client.get("/allowed", headers={"X-Kept": "k", "Fn-Intent": "forged"}).json()["httpHeaders"]
    assert seen["x-kept"] == "k"
    assert not {"fn-intent", "user-agent"} & set(seen)


def test_a_body_over_6_mb_never_reaches_the_function(client: httpx.Client, host: FunctionHost) -> None:
    before = host.containers[0].invocations
    assert client.post(EXPORT, content=b"x" * (6 * 1024 * 1024 + 1)).status_code == 413
    assert host.containers[0].invocations == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"backend": {"type": "STOCK_RESPONSE_BACKEND", "functionId": "x"}}, "no function"),
        ({"requestPolicies": {"headerTransformations": {"setHeaders": {}}}}, "setHeaders"),
    ],
)
def test_what_is_not_emulated_is_refused(host: FunctionHost, change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Gateway({"routes": [route("/", "GET") | change]}, "/v1", host)
