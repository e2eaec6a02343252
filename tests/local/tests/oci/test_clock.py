"""The cloud's clock."""

from ...oci import Clock


def test_a_nudge_before_the_wait_is_not_missed() -> None:
    clock = Clock(speed=0)
    ticket = clock.ticket()
    clock.nudge()
    clock.wait(None, ticket)
