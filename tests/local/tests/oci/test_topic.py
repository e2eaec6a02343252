"""PublishMessage of the emulator, called by the vendor's SDK."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud, Message


@pytest.fixture
def publish(cloud: Cloud, clients: Any) -> Callable[..., Any]:
    def call(title: str | None = "hello", body: str | None = "world", topic_id: str | None = None) -> Any:
        details = oci.ons.models.MessageDetails(title=title, body=body)
        return clients.topic.publish_message(topic_id or cloud.topic_id, details)

    return call


Publish = Callable[..., Any]


def refused(call: Callable[[], Any]) -> Any:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call()
    return caught.value


def test_a_message_is_kept_and_told_to_subscribers(cloud: Cloud, publish: Publish) -> None:
    told: list[Message] = []
    cloud.subscribe(told.append)
    answer = publish()
    assert cloud.settle()
    assert answer.status == 202
    assert [(message.title, message.body) for message in cloud.messages] == [("hello", "world")]
    assert answer.data.message_id == cloud.messages[0].message_id
    assert told == cloud.messages


def test_the_topic_takes_so_many_messages_within_a_minute(
    cloud: Cloud, publish: Publish, clock: Clock
) -> None:
    cloud.topic_rate = 2
    publish()
    clock.advance(20)
    publish()
    error = refused(publish)
    assert (error.status, error.code, error.headers["retry-after"]) == (429, "TooManyRequests", "40")
    clock.advance(39)
    assert refused(publish).headers["retry-after"] == "1"
    clock.advance(1)
    publish()
    assert refused(publish).status == 429
    assert len(cloud.messages) == 3


def test_the_usual_rate_is_sixty(cloud: Cloud, publish: Publish) -> None:
    for _ in range(60):
        publish()
    assert refused(publish).status == 429


def test_a_request_over_64_kib_is_too_large(cloud: Cloud, publish: Publish) -> None:
    rest = len(b'{"title": "hello", "body": ""}')
    publish(body="x" * (64 * 1024 - rest))
    error = refused(lambda: publish(body="x" * (64 * 1024 - rest + 1)))
    assert (error.status, error.code) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"topic_id": "ocid1.onstopic.oc1.phx.unknown"}, 404),
        ({"body": None}, 400),
        ({"body": ""}, 400),
        ({"title": "two\nlines"}, 400),
    ],
)
def test_what_is_wrong_is_refused(
    cloud: Cloud, publish: Publish, fields: dict[str, str], status: int
) -> None:
    assert refused(lambda: publish(**fields)).status == status
    assert not cloud.messages


def test_a_message_needs_no_title(cloud: Cloud, publish: Publish) -> None:
    publish(title=None)
    assert cloud.messages[0].title is None
