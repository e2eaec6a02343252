"""Who calls, what they ask for, and how they are answered.

A trigger is an envelope: it makes a request of a call, has an operation carry it out, and makes a reply of
what comes of it. To add one, write its class and give it a line in ``recognise``. Only these modules know the
FDK's context and responses.
"""

from typing import Protocol

from handlers.context import Context, Requester
from handlers.errors import ExportError
from handlers.triggers.fdk_call import Call, Reply


class Trigger(Protocol):
    """What every trigger has.

    ``is_read``: whether somebody reads the reply, and so learns of a failure. ``publishes_rejection``: if
    nobody does, whether the topic hears of a lasting failure. ``image_id``: what is asked for, also of a
    request that is refused.
    """

    requester: Requester
    is_read: bool
    publishes_rejection: bool
    image_id: str | None

    def run(self, context: Context) -> Reply:
        """Carries out what is asked for: the answer to a success. Raises ExportError."""

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The answer to a failure."""


def recognise(call: Call) -> Trigger:
    """The trigger: the gateway marks its calls, an event is known by its body, the rest is direct."""
    # Each is loaded by the first call that needs it: a container has one kind of caller.
    if call.is_gateway:
        from handlers.triggers.gateway import Gateway

        return Gateway(call)
    if call.is_event:
        from handlers.triggers.event import EventTrigger

        return EventTrigger(call)
    from handlers.triggers.direct import Direct

    return Direct(call)
