"""Notifications: one topic, its rate limit and its messages; and PublishMessage.

Source: the SDK's `NotificationDataPlaneClient`.
"""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from . import errors
from .errors import ApiError
from .exchange import Answer, Call, Route, only, text
from .identifiers import rfc3339, uuid
from .policy import Target
from .tenancy import Tenancy

WINDOW_S = 60
LARGEST_REQUEST = 64 * 1024


@dataclass(frozen=True)
class Message:
    title: str | None
    body: str
    time: datetime
    message_id: str


class Topic:
    """Accepts messages, `Tenancy.topic_rate` within any minute of the cloud's clock; documented are 60.
    Whether the window slides is not known; it is the stricter reading."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._recent: deque[float] = deque()
        self.messages: list[Message] = []

    @property
    def routes(self) -> list[Route]:
        path = "/20181201/topics/{topicId}/messages"
        return [Route("POST", path, "PublishMessage", self._publish_message, self._target)]

    def _target(self, request: Call) -> Target:
        return Target(self._tenancy.within(self._tenancy.function_compartment_id), errors.not_found("topic"))

    def _publish_message(self, request: Call) -> Answer:
        """202 with the message's id. A title of several lines is refused: it is used as the subject of an
        e-mail."""
        if len(request.body) > LARGEST_REQUEST:
            raise errors.too_large()
        fields = request.document()
        only(fields, {"title", "body"})
        title = text(fields, "title") if "title" in fields else None
        if title is not None and not title.isprintable():
            raise errors.invalid("title", "must be one line of printable characters")
        if not (body := text(fields, "body")):
            raise errors.invalid("body", "must not be empty")
        if request.params["topicId"] != self._tenancy.topic_id:
            raise errors.not_found("topic")
        self._check_rate()
        message = Message(title, body, self._tenancy.clock.datetime(), uuid(self._tenancy.random))
        self.messages.append(message)
        return Answer(202, {"messageId": message.message_id, "timeStamp": rfc3339(message.time.timestamp())})

    def _check_rate(self) -> None:
        """Raises ApiError 429 when the minute is full."""
        now = self._tenancy.clock.now()
        while self._recent and self._recent[0] <= now - WINDOW_S:
            self._recent.popleft()
        if len(self._recent) >= self._tenancy.topic_rate:
            oldest = self._recent[0] if self._recent else now
            retry_after = {"retry-after": str(math.ceil(oldest + WINDOW_S - now))}
            raise ApiError(429, "TooManyRequests", "Too many requests", retry_after)
        self._recent.append(now)
