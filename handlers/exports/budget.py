"""The time of one invocation, shared out: pure functions over seconds of a monotonic clock."""

from dataclasses import dataclass

_REPLY_SHARE, _REPLY_AT_MOST = 0.1, 2.0
_ANNOUNCEMENT_SHARE, _ANNOUNCEMENT_AT_MOST = 0.25, 15.0
# A try shorter than this is not worth dividing for the sake of a later one.
_SHORTEST_TRY = 4.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The moments at which parts of an invocation have to be over.

    ``work``: all calls that bring the export about. ``announcement``: the publication. What is left until
    the deadline itself belongs to the reply.
    """

    work: float
    announcement: float
    deadline: float


def plan(now: float, deadline: float) -> Budget:
    """Shares out what is left, keeping time back for the announcement and the reply first."""
    left = max(0.0, deadline - now)
    reply = min(_REPLY_AT_MOST, left * _REPLY_SHARE)
    announcement = min(_ANNOUNCEMENT_AT_MOST, left * _ANNOUNCEMENT_SHARE)
    return Budget(
        work=deadline - reply - announcement,
        announcement=deadline - reply,
        deadline=deadline,
    )


def end_of_try(now: float, until: float) -> float:
    """When a single call has to be over: a server that hangs must leave time for another try."""
    left = until - now
    return until if left <= _SHORTEST_TRY else now + max(_SHORTEST_TRY, left / 2)
