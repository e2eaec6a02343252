"""PublishMessage of the emulator, called by the vendor's SDK."""

from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Clock, Cloud
from .conftest import failure, refused

Publish = Callable[..., Any]


@pytest.fixture
def publish(cloud: Cloud, clients: Any) -> Publish:
    def call(title: str | None = "hello", body: str | None = "world", topic_id: str | None = None) -> Any:
        details = oci.ons.models.MessageDetails(title=title, body=body)
        return clients.topic.publish_message(topic_id or cloud.topic_id, details)

    return call


def test_the_topic_takes_so_many_messages_within_a_minute(
    cloud: Cloud, publish: Publish, clock: Clock
) -> None:
    assert cloud.topic_rate == 60
    cloud.topic_rate = 2
    publish()
    clock.advance(20)
    publish()
    error = failure(publish)
    assert (error.status, error.code, error.headers["retry-after"]) == (429, "TooManyRequests", "40")
    clock.advance(39)
    assert failure(publish).headers["retry-after"] == "1"
    clock.advance(1)
    publish()
    assert refused(publish)[0] == 429
    assert len(cloud.messages) == 3


def test_what_is_wrong_is_refused(cloud: Cloud, publish: Publish) -> None:
    # The whole request is 64 KiB then.
    largest = "x" * (64 * 1024 - len('{"title": "hello", "body": ""}'))
    publish(body=largest)
    assert refused(publish, body=largest + "x") == (413, "RequestEntityTooLarge")
    assert refused(publish, topic_id="ocid1.onstopic.oc1.phx.unknown")[0] == 404
    for wrong in ({"body": None}, {"body": ""}, {"title": "two\nlines"}):
        assert refused(publish, **wrong)[0] == 400
    assert len(cloud.messages) == 1
