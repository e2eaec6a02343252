"""The simulated burst, where it can be reckoned by hand."""

from tests.bench.burst import COLD_S, MEMORY_GB, PUBLISH_S, WORK_S, candidate, simulate


def test_a_burst_is_announced_at_the_topics_pace_and_no_sooner() -> None:
    alone = simulate(candidate(1, 10, full=True), events=1)
    assert alone == (
        1,
        (COLD_S + WORK_S + PUBLISH_S) * MEMORY_GB,
        (COLD_S + WORK_S + PUBLISH_S) / 60,
        1,
        1,
        1,
    )

    # Sixty are free; the others wait for the second minute, each as its own patience and deliveries have it.
    gives_up = simulate(lambda *_: None, events=100, schedule=(60.0, 60.0))
    waits = simulate(candidate(1, 10, full=True), events=100, schedule=(60.0, 60.0))
    assert gives_up.by_first_delivery == 60
    assert gives_up.calls == 140
    assert waits.by_first_delivery > 60
    assert min(gives_up.minutes, waits.minutes) > 1
    assert waits.containers > gives_up.containers
    assert waits.gb_seconds > gives_up.gb_seconds
