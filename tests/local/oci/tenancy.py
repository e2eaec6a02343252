"""What the services of one cloud share: names, clock, lock, dice, and the knobs that tests turn."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from . import errors
from .clock import Clock
from .identifiers import ocid
from .policy import Policy, Principal, Target, dynamic_group

Advance = Literal["at once", "by hand", "by time"]


@dataclass
class Switches:
    """May be changed at any time; the defaults are the likelier or the stricter reading.

    Attributes:
        looks_at: what ExportImage looks at first: the retry token, as the API reference promises, or the
            image's state, so that a repeated request meets 409 while its own export runs.
        refuses_tuples: whether an export to a bucket tuple gets the known "Invalid bucketName", as a dynamic
            group's principal may: always, never, or as a function of the object's name says.
        exporting_code: the code of the 409 for an image that is EXPORTING.
        export_needs: the verb on `instance-images` that ExportImage asks for. No table has it.
        work_requests_need_create_image: whether reading an image's work request needs `use instances`, as
            CreateImage does.
    """

    looks_at: Literal["token first", "state first"] = "token first"
    refuses_tuples: bool | Callable[[str], bool] = False
    exporting_code: Literal["IncorrectState", "Conflict"] = "IncorrectState"
    export_needs: Literal["manage", "read"] = "manage"
    work_requests_need_create_image: bool = False

    def refuses_tuple(self, object_name: str) -> bool:
        return self.refuses_tuples(object_name) if callable(self.refuses_tuples) else self.refuses_tuples


class Tenancy:
    """Names and knobs; the knobs may be turned at any time.

    Args:
        folder: where buckets lie, as `folder/namespace/bucket/object`.
        clock: real time by default, without a server one that stands still.
        advance: how work requests move on: `at once` after acceptance, `by hand`, or `by time` within
            `seconds_per_export` of the clock.
        seed: of ids, duplicates and probabilities.
        serve: whether there is a server, and threads that deliver; else nothing happens by itself.

    Images are in `compartment_id`; buckets, and the function with its topic, are in others.
    """

    region, region_key = "us-phoenix-1", "phx"
    realm_key, realm_domain = "oc1", "oraclecloud.com"
    namespace, bucket = "axexampleexam", "images"
    compartment_name = "images"
    function_group = "image-export"

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        advance: Advance = "at once",
        seconds_per_export: float = 3.0,
        seed: int | None = None,
        *,
        switches: Switches | None = None,
        serve: bool = True,
    ) -> None:
        self.folder, self.serve = folder, serve
        self.clock = clock or Clock(speed=1.0 if serve else 0.0)
        self.advance: Advance = advance
        self.seconds_per_export = seconds_per_export
        self.switches, self.policy = switches or Switches(), Policy(None)
        self.lock = threading.RLock()
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.endpoint = ""
        self.tenancy_id = ocid("tenancy", self.random)
        self.compartment_id = ocid("compartment", self.random)
        self.topic_id = ocid("onstopic", self.random, self.region_key)
        self.app_id = ocid("fnapp", self.random, self.region_key)
        self.function_id = ocid("fnfunc", self.random, self.region_key)
        self.bucket_compartment_id = ocid("compartment", self.random)
        self.function_compartment_id = ocid("compartment", self.random)
        self.gateway_id = ocid("apigateway", self.random, self.region_key)
        self._parents: dict[str, str] = {}
        self.compartments = {self.tenancy_id, self.compartment_id}
        self.topic_rate = 60  # messages within a minute of the clock

    def add_compartment(self, parent: str) -> str:
        compartment = ocid("compartment", self.random)
        self._parents[compartment] = parent
        self.compartments.add(compartment)
        return compartment

    def within(self, compartment: str) -> frozenset[str]:
        """A compartment and those above it, up to the tenancy."""
        path = [compartment]
        while path[-1] in self._parents:
            path.append(self._parents[path[-1]])
        return frozenset({*path, self.tenancy_id})

    def compartment(self, compartment: str | None) -> Target:
        """One that a list is asked for. Raises ApiError: 400 without one, 404 for one that is not known."""
        if not compartment:
            raise errors.missing("compartmentId")
        target = Target(self.within(compartment), errors.not_found("compartment"))
        if compartment not in self.compartments:
            raise target.refusal
        return target

    @property
    def function(self) -> Principal:
        return Principal("fnfunc", self.function_id, frozenset({dynamic_group(self.function_group)}))

    @property
    def gateway(self) -> Principal:
        return Principal("ApiGateway", self.gateway_id, compartment=self.function_compartment_id)

    @property
    def schedule(self) -> Principal:
        return Principal("resourceschedule", f"ocid1.resourceschedule.oc1.{self.region_key}.local")

    def may_invoke(self, who: Principal) -> bool:
        """Whether the policy lets somebody invoke the function."""
        names = {"target.function.id": self.function_id}
        target = Target(self.within(self.function_compartment_id), errors.not_found("function"), names)
        return self.policy.allows(who, "InvokeFunction", target)

    def catch_up(self) -> None:
        """Lets everything happen that the clock has made due. The cloud overrides it."""
