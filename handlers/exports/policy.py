"""What callers may ask for: the operator's settings, and the hosts of the region's Object Storage."""

from dataclasses import dataclass

from handlers.exports.destination import AllowList
from handlers.exports.object_url import ObjectStorageHosts
from handlers.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """Built once for a container."""

    settings: Settings
    hosts: ObjectStorageHosts

    @property
    def allow_list(self) -> AllowList:
        """Where exports may go; the events' own bucket always is such a place."""
        return self.settings.allowed_destinations.with_bucket(self.settings.event_destination)
