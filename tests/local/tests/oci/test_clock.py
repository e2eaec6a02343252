"""The cloud's clock."""

import threading
import time

from ...oci import Clock


def test_it_tells_the_time() -> None:
    before = time.time()
    now = Clock().now()
    assert before - 1 < now < time.time() + 1


def test_by_hand_it_stands_still_until_it_is_moved() -> None:
    clock = Clock(start=1000, speed=0)
    assert clock.now() == 1000
    clock.advance(60)
    assert clock.now() == 1060
    assert clock.datetime().isoformat() == "1970-01-01T00:17:40+00:00"


def test_it_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(speed=3600)
    start = clock.now()
    clock.sleep(36)
    assert clock.now() >= start + 36


def test_a_sleeper_wakes_when_its_time_is_reached_by_hand() -> None:
    clock = Clock(start=0, speed=0)
    sleeper = threading.Thread(target=clock.sleep, args=(10,), daemon=True)
    sleeper.start()
    clock.advance(9)
    assert sleeper.is_alive()
    clock.advance(1)
    # The sleeper may have begun only after the first move: then it sleeps ten seconds from there.
    clock.advance(9)
    sleeper.join(30)
    assert not sleeper.is_alive()


def test_a_nudge_before_the_wait_is_not_missed() -> None:
    clock = Clock(speed=0)
    ticket = clock.ticket()
    clock.nudge()
    clock.wait(None, ticket)
