"""The whole local cloud: the OCI emulator, the function host, the gateway, and the Events rule."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from .control import ControlServer
from .fn import FunctionHost, Invocation
from .fn.host import new_call_id
from .gateway import PATH_PREFIX, Gateway, rule_conditions, specification, without_policies
from .oci import EVENTS, Clock, Cloud, Switches
from .oci.tenancy import Advance
from .stack import deployed_statements, filled_in

# Where callers may export to: another bucket than that of events, which is always allowed as a whole.
ALLOWED_BUCKET, ALLOWED_PREFIX = "shared-images", "on-demand"


class Delivery(NamedTuple):
    event: Mapping[str, Any]
    invocation: Invocation


class LocalPlatform:
    """Everything that the function has around it, in `cloud`, `host`, `gateway` and `control`, while the
    context is open.

    `folder` is where exported objects land (`folder/namespace/bucket/object`). `config` is laid over the
    function's configuration; a value of None takes a key out. `gateway_policies`: False deploys the bare
    routes, for what the function has to withstand when its gateway protects it from nothing. `policy`: None
    binds nobody. See `Cloud` for its options, `FunctionHost` for all others.
    """

    def __init__(
        self,
        folder: Path,
        *,
        config: Mapping[str, str | None] | None = None,
        clock: Clock | None = None,
        advance: Advance = "by time",
        seconds_per_export: float = 3.0,
        seed: int | None = None,
        switches: Switches | None = None,
        gateway_port: int = 0,
        gateway_policies: bool = True,
        policy: Literal["deployed"] | None = "deployed",
        **host: Any,
    ) -> None:
        self.folder = folder
        self.cloud = Cloud(folder, clock, advance, seconds_per_export, seed, switches=switches)
        self.host = FunctionHost(**host)
        deployed = specification()
        self.gateway = Gateway(
            deployed if gateway_policies else without_policies(deployed),
            PATH_PREFIX,
            self.host,
            port=gateway_port,
            may_invoke=lambda: self.cloud.may_invoke(self.cloud.gateway),
        )
        self.control = ControlServer(self.cloud, self.host, lambda: self.config)
        self._user: int | None = host.get("user")
        self.deliveries: list[Delivery] = []
        self._config = dict(config or {})
        if policy is not None:
            self.cloud.policy.statements = filled_in(deployed_statements(), self.cloud, *self._buckets())
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.credentials = Path(tempfile.mkdtemp(prefix="credentials-"))
            opened.callback(shutil.rmtree, self.credentials)
            if self._user is not None:
                os.chown(self.credentials, self._user, self._user)
            opened.enter_context(self.host)
            opened.enter_context(self.cloud)
            opened.enter_context(self.gateway)
            opened.enter_context(self.control)
            own = {"FN_FN_ID": self.cloud.function_id, "FN_APP_ID": self.cloud.app_id}
            self.host.env = self.config | self.cloud.resource_principal.write(self.credentials) | own
            self.cloud.buckets.add(ALLOWED_BUCKET)
            for condition in rule_conditions():
                self.cloud.events.rule(condition)
            self.cloud.events.deliver_to(self.deliver, workers=self.host.max_containers)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def config(self) -> dict[str, str]:
        """The function's configuration, `fn config function` as it were."""
        cloud = self.cloud
        defaults: dict[str, str | None] = {
            "TOPIC_ID": cloud.topic_id,
            "EXPORT_NAMESPACE": cloud.namespace,
            "EXPORT_BUCKET": cloud.bucket,
            "ALLOWED_DESTINATIONS": f"{cloud.namespace}/{ALLOWED_BUCKET}/{ALLOWED_PREFIX}",
            "COMPUTE_ENDPOINT": cloud.endpoint,
            "NOTIFICATION_ENDPOINT": cloud.endpoint,
            "OBJECT_STORAGE_ENDPOINT": cloud.endpoint,
        }
        return {key: value for key, value in (defaults | self._config).items() if value is not None}

    def deliver(self, event: Mapping[str, Any]) -> bool:
        """Delivers an event as the Events service does: it is the body. True unless the invocation failed."""
        if self.cloud.may_invoke(EVENTS):
            invocation = self.host.invoke(json.dumps(event).encode(), {"content-type": "application/json"})
        else:
            invocation = Invocation(404, new_call_id(), failure="NotAuthorizedOrNotFound")
        self.deliveries.append(Delivery(event, invocation))
        return not invocation.failed

    def invoke(self, payload: object, headers: Mapping[str, str] | None = None) -> Invocation:
        sent = {"content-type": "application/json", **(headers or {})}
        return self.host.invoke(json.dumps(payload).encode(), sent)

    def _buckets(self) -> tuple[set[str], str]:
        """The buckets in the configuration, for which the policy is deployed: of exports, and of records."""
        config = self.config
        exports = {config.get("EXPORT_BUCKET", ""), *_buckets_in(config.get("ALLOWED_DESTINATIONS", ""))}
        return exports - {""}, "".join(_buckets_in(config.get("EXPORT_RECORDS", ""))) or "records"


def _buckets_in(places: str) -> list[str]:
    """The buckets of places such as `namespace/bucket/prefix`."""
    return re.findall(r"(?:^|[\s,])[^\s,/]+/([^\s,/]+)", places)
