"""Calls of a service: identifiers, request ids, a principal that changes under way, bugs of ours."""

from pathlib import Path
from typing import Any

import pytest

from handlers.cloud.transport import Transport
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.services import Page, Services
from tests.unit.cloud.conftest import session_token
from tests.unit.cloud.examples import (
    CALLS,
    IMAGE_ID,
    PAR_TOKEN,
    RETRY_TOKEN,
    WORK_REQUEST_ID,
    far,
)
from tests.unit.cloud.loopback import DROPPED, Loopback, Reply

UNAUTHENTICATED = Reply({"code": "NotAuthenticated", "message": "x"}, 401)


def get_image(services: Services, image_id: str = IMAGE_ID) -> Any:
    return services.compute.get_image(image_id, until=far()).document


@pytest.mark.parametrize(
    ("image_id", "sent"),
    [
        ("../../20160918/instances", "/20160918/images/..%2F..%2F20160918%2Finstances"),
        ("..", "/20160918/images/%2E%2E"),
        ("a/actions/export", "/20160918/images/a%2Factions%2Fexport"),
        ("a?x=1#y", "/20160918/images/a%3Fx%3D1%23y"),
        ("a%2fb", "/20160918/images/a%252fb"),
        ("{}é", "/20160918/images/%7B%7D%C3%A9"),
    ],
)
def test_no_identifier_reaches_another_path(
    image_id: str, sent: str, server: Loopback, services: Services
) -> None:
    get_image(services, image_id)
    assert server.requests[0].target == sent


def test_a_request_id_is_the_callers_or_new_for_each_call(server: Loopback, services: Services) -> None:
    page = Page()
    services.compute.get_image(IMAGE_ID, until=far(), request_id="callers-1")
    services.compute.export_image(
        IMAGE_ID, {}, retry_token=RETRY_TOKEN, if_match=None, until=far(), request_id="callers-2"
    )
    services.work_requests.get(WORK_REQUEST_ID, until=far(), request_id="callers-3")
    with pytest.raises(NoAnswer):
        services.work_requests.errors(WORK_REQUEST_ID, page, until=far(), request_id="callers-4")
    with pytest.raises(NoAnswer):
        services.work_requests.logs(WORK_REQUEST_ID, page, until=far(), request_id="callers-5")
    get_image(services)
    get_image(services)
    *given, one, another = (request.headers["opc-request-id"] for request in server.requests)
    assert given == [f"callers-{number}" for number in range(1, 6)]
    assert one != another
    assert len(one) == len(another) == 32


def signed_with(server: Loopback) -> list[str]:
    return [request.headers["authorization"].split("signature=")[0] for request in server.requests]


def test_after_a_401_the_principals_files_are_read_again_and_the_call_is_made_once_more(
    server: Loopback, services: Services, credentials: Path
) -> None:
    get_image(services)
    rotated = session_token(jti="2")
    (credentials / "rpst").write_text(rotated, encoding="ascii")
    server.reply(UNAUTHENTICATED)
    get_image(services)
    before, refused, after = signed_with(server)
    assert refused == before
    assert f"ST${rotated}" in after


def test_a_second_401_is_the_answer(server: Loopback, services: Services) -> None:
    server.reply(UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED)
    with pytest.raises(ServiceRefusal) as raised:
        get_image(services)
    assert (raised.value.status, raised.value.code) == (401, "NotAuthenticated")
    assert len(server.requests) == 2


@pytest.mark.parametrize("file", ["rpst", "private.pem"])
@pytest.mark.parametrize("content", ["", "no token", "a.b.c", "\xff", None])
def test_a_principal_that_cannot_be_read_just_now_is_no_answer(
    file: str, content: str | None, server: Loopback, services: Services, credentials: Path
) -> None:
    if content is None:
        (credentials / file).unlink()
    else:
        (credentials / file).write_text(content, encoding="latin-1")
    server.reply(UNAUTHENTICATED)
    with pytest.raises(NoAnswer):
        get_image(services)


@pytest.mark.parametrize("call", CALLS)
def test_a_lost_answer_is_no_answer_and_nothing_is_sent_twice(
    call: str, server: Loopback, services: Services
) -> None:
    server.reply(DROPPED)
    with pytest.raises(NoAnswer, match="gave no usable answer in time"):
        CALLS[call](services)
    assert len(server.requests) == 1


def test_ten_failures_keep_no_other_call_from_being_made(server: Loopback, services: Services) -> None:
    server.reply(*[Reply({"code": "InternalServerError", "message": "x"}, 500)] * 12)
    for _ in range(12):
        with pytest.raises(ServiceRefusal):
            get_image(services)
    assert get_image(services) == {}


def test_no_failure_names_a_secret(server: Loopback, services: Services) -> None:
    server.reply(DROPPED)
    with pytest.raises(NoAnswer) as raised:
        services.compute.export_image(
            IMAGE_ID, {"destinationUri": PAR_TOKEN}, retry_token=RETRY_TOKEN, if_match=None, until=far()
        )
    assert PAR_TOKEN not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("bug", [ValueError, TypeError, KeyError, AttributeError])
def test_a_bug_of_ours_is_no_lost_answer(
    bug: type[Exception], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise bug("a bug")

    monkeypatch.setattr(Transport, "send", broken)
    with pytest.raises(bug):
        get_image(services)
