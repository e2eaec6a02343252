"""A pre-authenticated request (PAR)."""

from dataclasses import dataclass, field
from typing import Any

from .identifiers import rfc3339
from .principals import Principal
from .stored_object import Destination


@dataclass(frozen=True)
class PreauthenticatedRequest:
    """Its token opens the bucket to whoever has it, as far as its maker may go, so no repr shows it.
    `expires` in seconds since the epoch."""

    id: str
    name: str
    token: str = field(repr=False)
    namespace: str
    bucket: str
    object: str | None
    access_type: str
    expires: float
    created: float
    maker: Principal

    def opens(self, destination: Destination) -> bool:
        """Whether one may write there, its time aside: that very object, or any whose name begins so."""
        if (self.namespace, self.bucket) != (destination.namespace, destination.bucket):
            return False
        if self.access_type in ("ObjectWrite", "ObjectReadWrite"):
            return self.object == destination.object
        any_object = self.access_type in ("AnyObjectWrite", "AnyObjectReadWrite")
        return any_object and destination.object.startswith(self.object or "")

    def summary(self) -> dict[str, Any]:
        """The wire form of a list's item: without the URL."""
        return {
            "id": self.id,
            "name": self.name,
            "objectName": self.object,
            "accessType": self.access_type,
            "bucketListingAction": None,
            "timeCreated": rfc3339(self.created),
            "timeExpires": rfc3339(self.expires),
        }

    def wire(self, endpoint: str) -> dict[str, Any]:
        """The wire form of the answer to whoever makes it, which alone has the URL."""
        path = Destination(self.namespace, self.bucket, self.object or "").path()
        return {
            **self.summary(),
            "accessUri": f"/p/{self.token}{path}",
            # The real one has the namespace's own host; this one is reachable.
            "fullPath": f"{endpoint}/p/{self.token}{path}",
        }
