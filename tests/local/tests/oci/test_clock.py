"""The cloud's clock."""

import threading

from ...oci import Clock


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
