"""A wrong configuration, end to end: named all at once, and nothing called."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import events
from tests.end_to_end.conftest import Running, error

IMAGE_ID = "ocid1.image.oc1.phx.nosuchimage"


@pytest.fixture(scope="module")
def misconfigured(run: Callable[..., Any]) -> Iterator[Running]:
    with run({"TOPIC_ID": None, "EXPORT_BUCKET": None, "PAR_HOURS": "planted"}) as platform:
        yield platform


def test_every_wrong_key_is_named_in_the_reply_and_in_the_log(misconfigured: Running) -> None:
    response = misconfigured.export(IMAGE_ID)
    assert error(response) == (500, "InternalServerError")
    direct = misconfigured.platform.invoke(events.load("direct"))
    assert direct.json()["status"] == 500
    line = misconfigured.line_of(direct.call_id)
    for message in (response.json()["message"], direct.json()["message"], line["message"]):
        assert all(key in message for key in ("TOPIC_ID", "EXPORT_BUCKET", "PAR_HOURS"))
        assert "planted" not in message


def test_an_event_fails_and_nothing_is_called(misconfigured: Running) -> None:
    assert misconfigured.platform.invoke(events.load("createimage.end")).failed
    assert misconfigured.cloud.calls == []
