"""Publishing to the topic."""

from typing import Any

from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer


class Notifications:
    """PublishMessage (Notifications API, version 20181201) to one topic.

    There is no retry token for it: a message tried again after a lost answer may arrive twice.
    """

    def __init__(self, signer: Any, endpoint: str | None, topic_id: str) -> None:
        self._topic_id = topic_id
        self.client = ServiceClient(
            "notification_data_plane",
            "Notifications",
            signer,
            service_endpoint=endpoint,
            base_path="/20181201",
            service_endpoint_template="https://notification.{region}.{secondLevelDomain}",
        )

    def publish(self, title: str, body: str, *, until: float) -> str:
        answer = self.client.call(
            "POST",
            "/topics/{topicId}/messages",
            until=until,
            path_parameters={"topicId": self._topic_id},
            body={"title": title, "body": body},
        )
        message_id = answer.text("messageId")
        if not message_id:
            raise NoAnswer("Notifications answered without a message id.")
        return message_id
