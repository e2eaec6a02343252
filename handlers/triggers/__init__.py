"""The doors: who calls, what they want, and how they are answered.

A trigger is a module with four functions: ``command`` (what the invocation asks for), ``reply`` (what came of
it), ``refusal`` (why nothing did) and ``trigger`` (who asked). To add one, write it and give it a line in
``recognise``. Only these modules know the FDK's context.
"""

from typing import Protocol

from handlers.errors import ExportError
from handlers.exports.commands import Command, Outcome, Trigger
from handlers.exports.policy import Policy
from handlers.triggers.invocation import Invocation
from handlers.triggers.reply import Reply


class TriggerModule(Protocol):
    """What every trigger can do."""

    def command(self, invocation: Invocation, policy: Policy) -> Command:
        """What is asked for. Raises ExportError."""

    def reply(self, outcome: Outcome, invocation: Invocation) -> Reply:
        """The answer to a success."""

    def refusal(self, error: ExportError, invocation: Invocation) -> Reply:
        """The answer to a failure."""

    def trigger(self, invocation: Invocation) -> Trigger:
        """Who asked, for what is published."""


def recognise(invocation: Invocation) -> TriggerModule:
    """The trigger: the gateway marks its calls, an event is known by its body, the rest is direct."""
    # Imported where needed: the first call compiles what it imports, and most containers know one trigger.
    if invocation.is_gateway:
        from handlers.triggers import gateway

        return gateway
    if invocation.is_event:
        from handlers.triggers import event

        return event
    from handlers.triggers import direct

    return direct
