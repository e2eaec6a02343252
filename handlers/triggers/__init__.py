"""Who calls, what they ask for, and how they are answered.

A trigger is an envelope: it makes an operation of an invocation, and a reply of a result or an error. To add
one, write its class and give it a line in ``recognise``. Only these modules know the FDK's context and
responses.
"""

from typing import Protocol

from handlers.context import Context, Requester
from handlers.errors import ExportError
from handlers.operations import Operation, Result, Subject
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply


class Trigger(Protocol):
    """What every trigger has.

    ``is_read``: whether somebody reads the reply, and so learns of a failure. Of a request that no operation
    can be made of: ``subject`` is what is known of it, ``publishes_refusal`` whether the topic hears of it.
    """

    requester: Requester
    is_read: bool
    subject: Subject
    publishes_refusal: bool

    def operation(self, context: Context) -> Operation:
        """What is asked for. Raises ExportError."""

    def reply(self, result: Result, context: Context) -> Reply:
        """The answer to a success."""

    def refusal(self, error: ExportError, context: Context) -> Reply:
        """The answer to a failure."""


def recognise(invocation: Invocation) -> Trigger:
    """The trigger: the gateway marks its calls, an event is known by its body, the rest is direct."""
    if invocation.is_gateway:
        from handlers.triggers.gateway import Gateway

        return Gateway(invocation)
    if invocation.is_event:
        from handlers.triggers.event import Event

        return Event(invocation)
    from handlers.triggers.direct import Direct

    return Direct(invocation)
