"""Tells the topic of a request that was refused for good and that nobody waits for."""

from handlers.errors import ExportError
from handlers.exports import announcement
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import Command, Trigger


def publish(error: ExportError, trigger: Trigger, command: Command | None, at_hand: AtHand) -> str:
    """The published message's id. ``command``: None if the request was not understood. Raises ExportError."""
    attempts = at_hand.attempts
    message = announcement.rejected(error, trigger, command, at_hand.source, attempts.clock.now())
    return at_hand.announce(message)
