"""Each call ends in time, whatever the server does. Where a limit fails, these tests never end."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from handlers.cloud import transport
from handlers.cloud.api import AcceptedExport, Cloud
from handlers.cloud.transport import TimeLimitReached, within
from handlers.errors import NoAnswer
from tests.unit.cloud.conftest import Connect, give
from tests.unit.cloud.examples import IMAGE_ID, RETRY_TOKEN, WORK_REQUEST_ID
from tests.unit.cloud.loopback import Loopback, Reply

SHORT = 0.4
DRIPPING = {
    "the head": Reply(raw=b"HTTP/1.1 200 OK\r\nx-filler: ", forever=b"x"),
    "interim answers": Reply(raw=b"", forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", forever=b" "),
    "chunks of the body": Reply(
        raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", forever=b"1\r\n \r\n"
    ),
    "an error's body": Reply(raw=b"HTTP/1.1 400 Bad\r\ncontent-length: 1000000\r\n\r\n", forever=b" "),
}


def get_image(cloud: Cloud, seconds: float = SHORT) -> None:
    give(cloud, seconds)
    cloud.get_image(IMAGE_ID)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", ["server", "secure_server"])
@pytest.mark.parametrize("part", DRIPPING)
def test_a_server_that_drips_is_left_in_time_and_the_next_call_works(
    part: str, kind: str, connect: Connect, request: pytest.FixtureRequest
) -> None:
    server: Loopback = request.getfixturevalue(kind)
    server.reply(DRIPPING[part])
    cloud = connect(server.endpoint)
    with pytest.raises(NoAnswer):
        get_image(cloud)
    assert server.hung_up.wait(10)
    # The next call works.
    get_image(cloud, seconds=60)


def test_a_server_that_never_ends_its_handshake_is_left_in_time(
    server: Loopback, connect: Connect, trusted: Path
) -> None:
    # It takes the client's hello for the beginning of a request.
    with pytest.raises(NoAnswer):
        get_image(connect(server.endpoint.replace("http:", "https:")))


def test_an_export_whose_answer_drips_is_accepted_by_its_head(server: Loopback, cloud: Cloud) -> None:
    head = f"HTTP/1.1 200 OK\r\nopc-work-request-id: {WORK_REQUEST_ID}\r\ncontent-length: 1000000\r\n\r\n"
    server.reply(Reply(raw=head.encode(), forever=b" "))
    give(cloud, SHORT)
    accepted = cloud.export_image(IMAGE_ID, {}, retry_token=RETRY_TOKEN, if_match=None)
    assert isinstance(accepted, AcceptedExport)
    assert (accepted.work_request_id, accepted.image) == (WORK_REQUEST_ID, None)


def test_after_a_401_there_is_only_the_time_that_is_left(server: Loopback, cloud: Cloud) -> None:
    gone = threading.Event()
    server.reply(Reply({}, 401), Reply(before=gone))
    with pytest.raises(NoAnswer):
        get_image(cloud)
    gone.set()


def test_in_another_thread_a_server_that_hangs_is_left_in_time(server: Loopback, cloud: Cloud) -> None:
    gone = threading.Event()
    server.reply(Reply(before=gone))
    with ThreadPoolExecutor(1) as pool, pytest.raises(NoAnswer):
        pool.submit(get_image, cloud).result()
    gone.set()


# An alarm may ring in a finaliser, too, which swallows it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_alarm_that_something_swallows_rings_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_RING_AGAIN_SECONDS", 0.01)

    def call() -> None:
        try:
            threading.Event().wait()
        except TimeLimitReached:
            threading.Event().wait()

    with pytest.raises(TimeLimitReached):
        within(time.monotonic() + 0.01, call)


def test_after_the_call_no_alarm_rings_and_the_handler_is_the_one_from_before() -> None:
    def earlier(*_: object) -> None:
        """Somebody else's."""

    before = signal.signal(signal.SIGALRM, earlier)
    try:
        late: Callable[..., object] = within(time.monotonic() + 60, lambda: signal.getsignal(signal.SIGALRM))  # type: ignore[assignment]
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is earlier
        late(signal.SIGALRM, None)  # as if it rang just while it was switched off
    finally:
        signal.signal(signal.SIGALRM, before)
