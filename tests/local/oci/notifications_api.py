"""Notifications on the wire: PublishMessage. Source: the SDK's `NotificationDataPlaneClient`."""

from . import errors
from .exchange import Answer, Received, only, text
from .identifiers import rfc3339
from .policy import Target
from .tenancy import Tenancy
from .topic import Topic

LARGEST_REQUEST = 64 * 1024


class NotificationsApi:
    def __init__(self, tenancy: Tenancy, topic: Topic) -> None:
        self._tenancy, self._topic = tenancy, topic

    def topic(self, request: Received) -> Target:
        return Target(self._tenancy.within(self._tenancy.function_compartment_id), errors.not_found("topic"))

    def publish_message(self, request: Received) -> Answer:
        """202 with the message's id. A title of several lines is refused: it is used as the subject of an
        e-mail."""
        if len(request.body) > LARGEST_REQUEST:
            raise errors.too_large()
        fields = request.json()
        only(fields, {"title", "body"})
        title = text(fields, "title") if "title" in fields else None
        if title is not None and not title.isprintable():
            raise errors.invalid("title", "must be one line of printable characters")
        if not (body := text(fields, "body")):
            raise errors.invalid("body", "must not be empty")
        message = self._topic.publish(request.params["topicId"], title, body)
        return Answer(202, {"messageId": message.message_id, "timeStamp": rfc3339(message.time.timestamp())})
