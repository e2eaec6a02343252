"""Pre-authenticated requests that open nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from handlers.exports.destination import Destination
from tests.fakes.example_world import HOSTS, PAR_TOKEN
from tests.fakes.script import Script


@dataclass
class FakeObjectStorage:
    """``tokens``: of the pre-authenticated requests to be created, the last one for all that follow."""

    script: Script
    tokens: list[str] = field(default_factory=lambda: [PAR_TOKEN])

    def create_write_request(
        self, place: Destination, name: str, expires: datetime, *, until: float
    ) -> Destination:
        with self.script.call("create_write_request", until, place=place, name=name, expires=expires):
            token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        return replace(place, base=HOSTS.endpoint, par_token=token)
