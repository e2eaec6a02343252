"""Runs a command: one table from what is wanted to who does it."""

from handlers.exports.at_hand import AtHand
from handlers.exports.commands import (
    AnnounceEnding,
    Command,
    Describe,
    Described,
    Ignored,
    Outcome,
    ShowWorkRequest,
    StartExport,
)


def run(command: Command, at_hand: AtHand) -> Outcome:
    """What came of the command. Raises ExportError where nothing did."""
    # Imported where needed: the first call compiles what it imports, and most containers only start exports.
    match command:
        case StartExport(dry_run=True):
            from handlers.exports import dry_run

            return dry_run.check(command, at_hand)
        case StartExport():
            from handlers.exports import start

            return start.start(command, at_hand)
        case AnnounceEnding():
            from handlers.exports import ending

            return ending.announce(command, at_hand)
        case ShowWorkRequest():
            from handlers.exports import follow

            return follow.show(command, at_hand)
        case Describe():
            from handlers.interface import openapi

            return Described(openapi.document())
    return Ignored(command.reason)
