"""Which door an invocation came through."""

import pytest

from handlers import triggers
from handlers.triggers import direct, event, gateway
from tests import events
from tests.unit.triggers.invocations import invocation


@pytest.mark.parametrize("name", ["createimage.end", "exportimage.end", "object-created"])
def test_a_body_that_is_an_event_is_an_event_whoever_delivers_it(name: str) -> None:
    assert triggers.recognise(invocation(events.read(name))) is event
    assert triggers.recognise(invocation(events.read(name), is_detached=True)) is event


def test_a_call_that_the_gateway_marked_is_http_whatever_its_body() -> None:
    assert triggers.recognise(invocation(events.read("createimage.end"), is_gateway=True)) is gateway


@pytest.mark.parametrize("body", [events.read("direct"), b"", b"[]", b"not json"])
def test_everything_else_is_a_direct_call(body: bytes) -> None:
    assert triggers.recognise(invocation(body)) is direct
