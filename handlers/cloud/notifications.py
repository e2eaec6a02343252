"""Publishing to the topic (Notifications API, version 20181201)."""

import orjson

from handlers.cloud import answers
from handlers.cloud.service import Service, ServiceKind
from handlers.errors import NoAnswer

SERVICE = ServiceKind(
    "Notifications",
    "notification_data_plane",
    "/20181201",
    "https://notification.{region}.{secondLevelDomain}",
)


class Notifications:
    """PublishMessage to one topic.

    There is no retry token for it: a message tried again after a lost answer may arrive twice.
    """

    def __init__(self, service: Service, topic_id: str) -> None:
        self._service = service
        self._topic_id = topic_id

    def publish(self, title: str, body: str, *, until: float) -> str:
        response = self._service.call(
            "POST",
            "/topics/{}/messages",
            self._topic_id,
            until=until,
            body=orjson.dumps({"title": title, "body": body}),
        )
        message_id = answers.answer(response, dict, self._service.title).text("messageId")
        if not message_id:
            raise NoAnswer("Notifications answered without a message id.")
        return message_id
