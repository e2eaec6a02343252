"""Calls of a service: request ids, tries, a principal that changes under way, bugs of ours."""

from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.cloud.api import Cloud
from handlers.cloud.transport import Response
from handlers.errors import ExportError, NoAnswer, NoTime, ServiceRefusal
from tests.local.oci.credentials import ResourcePrincipal
from tests.unit.cloud.examples import OPERATIONS, PAR_TOKEN, Scripted, answering, get_image, reply
from tests.unit.cloud.loopback import Loopback, Reply

UNAUTHENTICATED = Reply({"code": "NotAuthenticated", "message": "x"}, 401)


def test_a_callers_request_id_is_sent_on_to_compute_and_to_nobody_else() -> None:
    scripted = Scripted(request_id="callers-1")
    for operation in OPERATIONS.values():
        with suppress(NoAnswer):
            operation.ours(scripted.cloud)
    sent = [(request.path_url[:9], request.headers["opc-request-id"]) for request in scripted.requests]
    assert {request_id for path, request_id in sent if path == "/20160918"} == {"callers-1"}
    # Each other call has one of its own.
    others = [request_id for path, request_id in sent if path != "/20160918"]
    assert len(set(others) - {"callers-1"}) == len(others) > 1
    assert {len(request_id) for request_id in others} == {32}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_can_be_refused_or_lost(name: str) -> None:
    scripted = Scripted(reply({"code": "NotAuthorizedOrNotFound", "message": "x"}, 404), ConnectionError())
    with pytest.raises(ServiceRefusal) as raised:
        OPERATIONS[name].ours(scripted.cloud)
    assert raised.value.answered == 404
    with pytest.raises(NoAnswer, match="gave no usable answer in time"):
        OPERATIONS[name].ours(scripted.cloud)
    assert len(scripted.requests) == 2


# --- A principal that the platform replaces


def test_after_a_401_the_principals_files_are_read_again_and_the_call_is_made_once_more(
    server: Loopback, cloud: Cloud, credentials: Path, principal: ResourcePrincipal
) -> None:
    get_image(cloud)
    first = (credentials / "rpst").read_text()
    principal.rotate(credentials)
    server.reply(UNAUTHENTICATED)
    get_image(cloud)
    second = (credentials / "rpst").read_text()
    before, refused, after = (
        request.headers["authorization"].split("signature=")[0] for request in server.requests
    )
    assert refused == before
    assert f"ST${second}" in after
    # Both are secrets of this invocation.
    assert not {first, second} & set(cloud._redactor.text(f"{first} {second}", by_shape=False).split())


def test_a_second_401_is_the_answer(server: Loopback, cloud: Cloud) -> None:
    server.reply(UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED)
    with pytest.raises(ServiceRefusal) as raised:
        get_image(cloud)
    assert (raised.value.status, raised.value.code) == (401, "NotAuthenticated")
    assert len(server.requests) == 2


ELLIPTIC_KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        *product(["rpst", "private.pem"], [b"", b"no token", b"a.b.c", b"\xff", None]),
        ("private.pem", ELLIPTIC_KEY),
    ],
)
def test_a_principal_that_cannot_be_read_just_now_is_no_answer_and_the_good_one_heals_it(
    file: str, content: bytes | None, server: Loopback, cloud: Cloud, credentials: Path
) -> None:
    path = credentials / file
    good = path.read_bytes()
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    server.reply(UNAUTHENTICATED, UNAUTHENTICATED)
    with pytest.raises(NoAnswer):
        get_image(cloud)
    path.write_bytes(good)
    assert get_image(cloud) == {}


# --- Tries, by a clock that only pauses move


FAULT = reply({"code": "InternalServerError", "message": "x"}, 500)
THROTTLED = reply({"code": "TooManyRequests", "message": "x"}, 429)


def test_a_call_is_tried_as_long_as_there_is_time_and_all_tries_are_counted() -> None:
    patient = Scripted(*[FAULT] * 100, tries=None)
    with pytest.raises(ServiceRefusal):
        get_image(patient.cloud)
    assert patient.pauses[:6] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]
    assert 55 < sum(patient.pauses) < 60
    assert patient.cloud.calls == len(patient.pauses) + 1 > 8


def test_the_same_request_is_sent_again_but_for_its_id() -> None:
    scripted = Scripted(FAULT, reply({}, opc_work_request_id="w"), tries=None)
    OPERATIONS["ExportImage"].ours(scripted.cloud)
    one, another = (request.headers.pop("opc-request-id") for request in scripted.requests)
    assert one != another
    assert scripted.requests[0] == scripted.requests[1]


def test_without_time_nothing_is_sent_and_the_announcement_has_its_own() -> None:
    scripted = Scripted(reply({"messageId": "m"}))
    scripted.cloud._budget = scripted.cloud._budget._replace(work=0.0)
    with pytest.raises(NoTime):
        get_image(scripted.cloud)
    assert scripted.requests == []
    assert scripted.cloud.publish("title", "body") == "m"


def test_a_pause_leaves_time_for_a_call() -> None:
    scripted = Scripted()
    assert [scripted.cloud.pause(59.75), scripted.cloud.pause(0.1)] == [True, False]
    assert scripted.pauses == [59.75]


def test_in_a_part_of_the_time_calls_share_it_and_afterwards_the_rest_is_there() -> None:
    patient = Scripted(*[FAULT] * 100, tries=None)
    with pytest.raises(ServiceRefusal), patient.cloud.part_of_time(0.25):
        get_image(patient.cloud)
    assert 10 < sum(patient.pauses) <= 15
    assert patient.cloud.seconds_left() == 60 - sum(patient.pauses)


def test_in_a_turn_a_call_is_tried_so_often_and_a_throttling_service_is_not_waited_for() -> None:
    scripted = Scripted(*[FAULT] * 3, THROTTLED, tries=None)
    patient = scripted.cloud
    with patient.turn(10, 3), patient.part_of_time(0.9):
        for code, tries in ((500, 3), (429, 1)):
            before = patient.calls
            with pytest.raises(ServiceRefusal) as raised:
                get_image(patient)
            assert (raised.value.answered, patient.calls - before) == (code, tries)
    assert len(scripted.pauses) == 2
    with patient.turn(1000, 3):
        assert patient.seconds_left() < 60


def test_a_topic_that_throttles_is_waited_for_so_long_in_all() -> None:
    scripted = Scripted(*[THROTTLED] * 10, tries=None, throttled_seconds=20)
    for expected in ([3.75, 7.5], [3.75, 7.5, 3.75]):
        with pytest.raises(ServiceRefusal):
            scripted.cloud.publish("title", "body")
        assert scripted.pauses == expected
    # Another service's 429 is another matter.
    with suppress(ExportError):
        get_image(scripted.cloud)
    assert len(scripted.pauses) > 3


@pytest.mark.parametrize(("answer", "counted"), [(FAULT, 1), (ConnectionError(), 1), (THROTTLED, 0)])
def test_a_post_that_may_have_been_carried_out_is_counted(answer: Response | Exception, counted: int) -> None:
    cloud = answering(answer, FAULT)
    for name in ("ExportImage", "GetImage"):
        with pytest.raises(ExportError):
            OPERATIONS[name].ours(cloud)
    assert cloud.unanswered == counted


def test_no_failure_names_a_secret() -> None:
    with pytest.raises(NoAnswer) as raised:
        OPERATIONS["ExportImage to a URL"].ours(answering(ConnectionError(PAR_TOKEN)))
    assert PAR_TOKEN not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("bug", [ValueError, TypeError, KeyError, AttributeError])
def test_a_bug_of_ours_is_no_lost_answer(bug: type[Exception]) -> None:
    with pytest.raises(bug):
        get_image(answering(bug("a bug")))
