"""Which trigger an invocation has, and who reads its reply."""

import pytest

from handlers import triggers
from handlers.triggers.direct import Direct
from handlers.triggers.event import Event
from handlers.triggers.gateway import Gateway
from handlers.triggers.invocation import Invocation
from tests import events
from tests.fakes import CALL_ID
from tests.unit.examples import invocation

EVENT = events.read("createimage.end")


@pytest.mark.parametrize(
    ("call", "kind", "is_read"),
    [
        pytest.param(invocation(EVENT), Event, False, id="an event"),
        pytest.param(invocation(events.read("object-created")), Event, False, id="another event"),
        pytest.param(invocation(EVENT, is_detached=True), Event, False, id="a detached event"),
        pytest.param(invocation(events.read("direct")), Direct, True, id="a direct call"),
        pytest.param(invocation(b""), Direct, True, id="an empty call"),
        pytest.param(invocation(b"not json"), Direct, True, id="a call without JSON"),
        pytest.param(invocation(b"{}", is_detached=True), Direct, False, id="a detached call"),
        pytest.param(invocation(b"{}", is_gateway=True), Gateway, True, id="a gateway's call"),
        pytest.param(invocation(EVENT, is_gateway=True), Gateway, True, id="an event through a gateway"),
    ],
)
def test_the_gateway_marks_its_calls_an_event_is_known_by_its_body_the_rest_is_direct(
    call: Invocation, kind: type, is_read: bool
) -> None:
    trigger = triggers.recognise(call)
    assert type(trigger) is kind
    assert trigger.is_read is is_read


@pytest.mark.parametrize(
    ("call", "kind"),
    [(invocation(b"{}"), "direct"), (invocation(b"", is_gateway=True), "gateway")],
)
def test_who_calls_is_known_by_the_call_id(call: Invocation, kind: str) -> None:
    assert triggers.recognise(call).requester == (kind, CALL_ID)
