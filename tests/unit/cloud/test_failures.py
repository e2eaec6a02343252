"""Errors of services, lost answers, deadlines, and principals that change under way."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oci.base_client import BaseClient

from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer, ServiceRefusal
from tests.fakes import IMAGE_ID, PAR_TOKEN
from tests.unit.cloud.conftest import session_token
from tests.unit.cloud.loopback import Loopback, Reply

FAR = 60.0
PATH = "/images/{imageId}"


@pytest.fixture
def client(server: Loopback, signer: Any) -> Iterator[ServiceClient]:
    made = ServiceClient("compute", "Compute", signer, service_endpoint=server.endpoint, base_path="/1")
    yield made
    made.session.close()


def call(client: ServiceClient, image_id: str = IMAGE_ID, seconds: float = FAR) -> Any:
    return client.call(
        "GET", PATH, until=time.monotonic() + seconds, path_parameters={"imageId": image_id}
    ).document


def refused(client: ServiceClient) -> ServiceRefusal:
    with pytest.raises(ServiceRefusal) as raised:
        call(client)
    return raised.value


@pytest.mark.parametrize("status", [400, 404, 409, 412, 429, 500, 501, 503])
def test_an_error_keeps_its_status_code_message_and_request_id(
    status: int, server: Loopback, client: ServiceClient
) -> None:
    headers = {"opc-request-id": "request-1"}
    server.reply(Reply({"code": "ItsCode", "message": "Its message."}, status, headers))
    error = refused(client)
    assert (error.status, error.answered, error.code) == (status, status, "ItsCode")
    assert (error.message, error.request_id, error.retry_after) == ("Its message.", "request-1", None)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_status_that_the_platform_would_swallow_becomes_503(
    status: int, server: Loopback, client: ServiceClient
) -> None:
    server.reply(Reply({"code": "BadGateway", "message": "x"}, status))
    error = refused(client)
    assert (error.status, error.answered) == (503, status)


def test_the_pause_that_an_error_asks_for_is_kept(server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply({"code": "TooManyRequests", "message": "x"}, 429, {"Retry-After": "17"}))
    assert refused(client).retry_after == 17.0


@pytest.mark.parametrize(
    "page", [b"<html>nginx</html>", b"", b"not json", b'{"error": "x"}', b"[1]", b'"text"', b"null"]
)
def test_a_proxys_page_is_a_refusal_without_its_text(
    page: bytes, server: Loopback, client: ServiceClient
) -> None:
    server.reply(Reply(page, 503, {"content-type": "text/html"}))
    error = refused(client)
    assert (error.status, error.code, error.passing) == (503, "ServiceUnavailable", True)
    assert error.message == "Compute answered 503 without saying why."


def test_a_page_that_is_no_text_is_no_answer(server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply(b"\xff\xfe", 503, {"content-type": "text/html"}))
    with pytest.raises(NoAnswer):
        call(client)


@pytest.mark.parametrize(
    "document", [{"code": "X"}, {"code": "X", "message": None}, {"code": "X", "message": ""}]
)
def test_an_error_without_a_message_gets_one(
    document: object, server: Loopback, client: ServiceClient
) -> None:
    server.reply(Reply(document, 400))
    error = refused(client)
    assert (error.code, error.message) == ("X", "Compute answered 400 without saying why.")


@pytest.mark.parametrize("code", [None, 7, {}, ""])
def test_an_error_without_a_code_is_named_for_its_status(
    code: object, server: Loopback, client: ServiceClient
) -> None:
    server.reply(Reply({"code": code, "message": "x"}, 404))
    assert refused(client).code == "NotFound"


def test_a_status_outside_every_standard_is_a_refusal_too(server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply(b"<html>", 520))
    assert (refused(client).status, len(server.requests)) == (520, 1)


def test_a_dropped_connection_is_no_answer_and_is_not_tried_again_behind_our_back(
    server: Loopback, client: ServiceClient
) -> None:
    server.reply(Reply(drop=True))
    with pytest.raises(NoAnswer, match="Compute gave no usable answer in time"):
        call(client)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_no_answer(signer: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        client = ServiceClient("compute", "Compute", signer, service_endpoint=endpoint, base_path="/1")
        with pytest.raises(NoAnswer):
            call(client)


def test_a_server_that_hangs_is_left_in_time(server: Loopback, client: ServiceClient) -> None:
    # The server answers only after the client has gone: without a time limit, this test would never end.
    gone = threading.Event()
    server.reply(Reply(before=gone))
    with pytest.raises(NoAnswer):
        call(client, seconds=0.2)
    gone.set()


def test_a_call_whose_time_is_up_is_no_answer(server: Loopback, client: ServiceClient) -> None:
    gone = threading.Event()
    server.reply(Reply(before=gone))
    with pytest.raises(NoAnswer):
        call(client, seconds=-1.0)
    gone.set()


def test_the_sdks_own_time_limits_are_not_in_play(client: ServiceClient) -> None:
    client._until = time.monotonic() + 30
    client.timeout = (10, 60)
    assert client.timeout.total <= 30


def test_connections_are_kept_for_the_next_call(server: Loopback, client: ServiceClient) -> None:
    for _ in range(3):
        call(client)
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply(b"", status, {"location": f"{server.endpoint}/elsewhere"}))
    with pytest.raises(NoAnswer):
        call(client)
    assert len(server.requests) == 1


def test_a_redirect_to_nowhere_is_a_passing_refusal(server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply(b"", 302))
    error = refused(client)
    assert (error.status, error.passing) == (503, True)


@pytest.mark.parametrize(
    ("image_id", "sent"),
    [
        ("../../20160918/instances", "/1/images/..%2F..%2F20160918%2Finstances"),
        ("a/actions/export", "/1/images/a%2Factions%2Fexport"),
        ("a?x=1#y", "/1/images/a%3Fx%3D1%23y"),
        ("a%2fb", "/1/images/a%252fb"),
    ],
)
def test_no_identifier_reaches_another_path(
    image_id: str, sent: str, server: Loopback, client: ServiceClient
) -> None:
    call(client, image_id)
    assert server.requests[0].target == sent


def token_of(server: Loopback, position: int) -> str:
    return server.requests[position].headers["authorization"]


UNAUTHENTICATED = Reply({"code": "NotAuthenticated", "message": "x"}, 401)


def test_after_a_401_the_principals_files_are_read_again_and_the_call_is_made_once_more(
    server: Loopback, client: ServiceClient, credentials: Path
) -> None:
    call(client)
    rotated = session_token(jti="2")
    (credentials / "rpst").write_text(rotated, encoding="ascii")
    server.reply(UNAUTHENTICATED)
    call(client)
    assert len(server.requests) == 3
    assert token_of(server, 1).split("signature=")[0] == token_of(server, 0).split("signature=")[0]
    assert f"ST${rotated}" in token_of(server, 2)


def test_a_second_401_is_the_answer(server: Loopback, client: ServiceClient) -> None:
    server.reply(UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED)
    error = refused(client)
    assert (error.status, error.code, error.passing) == (401, "NotAuthenticated", False)
    assert len(server.requests) == 2


def test_the_call_after_a_401_has_only_the_time_that_is_left(server: Loopback, client: ServiceClient) -> None:
    gone = threading.Event()
    server.reply(UNAUTHENTICATED, Reply(before=gone))
    with pytest.raises(NoAnswer):
        call(client, seconds=0.3)
    gone.set()


@pytest.mark.parametrize("content", ["", "no token", "a.b.c"])
def test_a_principal_that_cannot_be_read_just_now_is_no_answer(
    content: str, server: Loopback, client: ServiceClient, credentials: Path
) -> None:
    (credentials / "rpst").write_text(content, encoding="ascii")
    server.reply(UNAUTHENTICATED)
    with pytest.raises(NoAnswer) as raised:
        call(client)
    assert raised.value.passing


def test_a_principal_whose_files_are_gone_is_no_answer(
    server: Loopback, client: ServiceClient, credentials: Path
) -> None:
    (credentials / "rpst").unlink()
    server.reply(UNAUTHENTICATED)
    with pytest.raises(NoAnswer):
        call(client)


def test_ten_failures_open_no_circuit_for_other_calls(server: Loopback, client: ServiceClient) -> None:
    server.reply(*[Reply({"code": "InternalServerError", "message": "x"}, 500)] * 12)
    for _ in range(12):
        refused(client)
    assert call(client) == {}


def test_no_failure_names_a_secret(server: Loopback, client: ServiceClient) -> None:
    server.reply(Reply(drop=True))
    with pytest.raises(NoAnswer) as raised:
        client.call(
            "POST", PATH, until=time.monotonic() + FAR, path_parameters={"imageId": PAR_TOKEN}, body={}
        )
    assert PAR_TOKEN not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_it_is_the_client_that_generated_ones_are_made_of(client: ServiceClient) -> None:
    assert isinstance(client, BaseClient)
