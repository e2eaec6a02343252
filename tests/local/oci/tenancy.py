"""What the services of one cloud share: who owns it, its clock, its lock, its dice, and the knobs that tests
turn."""

import threading
from pathlib import Path
from random import Random
from typing import Literal

from .clock import Clock
from .identifiers import ocid
from .switches import Switches

Advance = Literal["at once", "by hand", "by time"]


class Tenancy:
    """Names and knobs.

    Attributes:
        folder: where buckets lie, as `folder/namespace/bucket/object`.
        switches: what is not known about the services, see `Switches`.
        par_allowed: whether the caller may create pre-authenticated requests.
        topic_rate: messages that the topic takes within a minute of the clock.
        advance: how work requests move on: `at once` after acceptance, `by hand`, or `by time` within
          `seconds_per_export`.
        retry_after: seconds in the `retry-after` header of GetWorkRequest (None: no header; the core
          service's habit is not known).
    """

    region, region_key = "us-phoenix-1", "phx"
    realm_key, realm_domain = "oc1", "oraclecloud.com"
    namespace, bucket = "axexampleexam", "images"
    compartment_name = "images"

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        advance: Advance,
        seconds_per_export: float,
        seed: int | None,
        *,
        switches: Switches,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.switches = switches
        self.lock = threading.RLock()
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.endpoint = ""
        self.tenancy_id = ocid("tenancy", self.random)
        self.compartment_id = ocid("compartment", self.random)
        self.topic_id = ocid("onstopic", self.random, self.region_key)
        self.app_id = ocid("fnapp", self.random, self.region_key)
        self.function_id = ocid("fnfunc", self.random, self.region_key)
        self.par_allowed = True
        self.topic_rate = 60
        self.advance: Advance = advance
        self.seconds_per_export = seconds_per_export
        self.retry_after: int | None = 1

    def catch_up(self) -> None:
        """Lets everything happen that the clock has made due. The cloud overrides it."""
