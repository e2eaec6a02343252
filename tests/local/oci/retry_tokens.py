"""Retry tokens: the first answer again, for a day.

Source: the API reference's `opc-retry-token`.
"""

from typing import Generic, TypeVar

from . import errors
from .clock import Clock

LIFETIME_S = 24 * 3600
LONGEST = 64

Result = TypeVar("Result")


class RetryTokens(Generic[Result]):
    """A refusal is not kept, so that the same token may try again. None stands for no token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, object, Result]] = {}

    def replay(self, token: str | None, payload: object) -> Result | None:
        """What the same request got first. Raises ApiError: 400 for no token, 409 for another request's."""
        if token is None:
            return None
        if not 1 <= len(token) <= LONGEST:
            raise errors.invalid("opcRetryToken", "must be 1 to 64 characters")
        expires, first, result = self._kept.get(token, (0.0, None, None))
        if expires <= self._clock.now():
            return None
        if first != payload:
            raise errors.invalidated_retry_token()
        return result

    def keep(self, token: str | None, payload: object, result: Result) -> None:
        if token is not None:
            self._kept[token] = (self._clock.now() + LIFETIME_S, payload, result)
