"""What one invocation has at hand to carry out a command."""

from dataclasses import dataclass

from handlers.exports.announcement import Message
from handlers.exports.retries import Attempts
from handlers.exports.services import Services


@dataclass(frozen=True, slots=True)
class AtHand:
    """``source``: the function's OCID, or a name, as announcements carry it. ``par_hours``: how long a
    pre-authenticated request of the fallback lives; None switches the fallback off.
    """

    services: Services
    attempts: Attempts
    source: str
    par_hours: int | None

    def announce(self, message: Message) -> str:
        """Publishes within the time kept back for it: the message's id. Raises ExportError."""
        return self.attempts.within(
            self.attempts.budget.announcement,
            lambda until: self.services.notifications.publish(message.title, message.body, until=until),
        )
