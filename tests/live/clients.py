"""The SDK's own clients, with a profile of its configuration file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oci

CONNECT_S, READ_S = 10.0, 60.0
# A function answers within 300 s; the rest is the service's own.
INVOKE_READ_S = 330.0

SERVICES = ("functions", "compute", "work-requests", "object-storage", "logging-search", "audit")
DEFAULT = "default"


@dataclass(frozen=True)
class Clients:
    """One client for each service; each an Any, for the SDK has no types."""

    functions: Any
    invoke: Any
    compute: Any
    work_requests: Any
    object_storage: Any
    logging_search: Any
    audit: Any

    @classmethod
    def of(cls, config_file: Path, profile: str, endpoints: Mapping[str, str]) -> "Clients":
        """Raises the SDK's ConfigFileNotFound, ProfileNotFound or InvalidConfig, and OSError for a key.

        `endpoints`: by the names in `SERVICES`, where they are not the region's; `default` is for the rest.
        """
        config = oci.config.from_file(str(config_file), profile)
        signer = _session_signer(config)

        def make(client: Any, service: str, read_s: float = READ_S) -> Any:
            options: dict[str, Any] = {"timeout": (CONNECT_S, read_s)}
            # Each call is asked once: what the service answers is what is wanted.
            options["retry_strategy"] = oci.retry.NoneRetryStrategy()
            options["circuit_breaker_strategy"] = oci.circuit_breaker.NoCircuitBreakerStrategy()
            if signer is not None:
                options["signer"] = signer
            if endpoint := endpoints.get(service, endpoints.get(DEFAULT)):
                options["service_endpoint"] = endpoint
            return client(config, **options)

        return cls(
            functions=make(oci.functions.FunctionsManagementClient, "functions"),
            invoke=make(oci.functions.FunctionsInvokeClient, "functions", INVOKE_READ_S),
            compute=make(oci.core.ComputeClient, "compute"),
            work_requests=make(oci.work_requests.WorkRequestClient, "work-requests"),
            object_storage=make(oci.object_storage.ObjectStorageClient, "object-storage"),
            logging_search=make(oci.loggingsearch.LogSearchClient, "logging-search"),
            audit=make(oci.audit.AuditClient, "audit"),
        )


def _session_signer(config: Mapping[str, Any]) -> Any:
    """The signer of a profile that `oci session authenticate` made; None for an API key."""
    if not (token_file := config.get("security_token_file")):
        return None
    token = Path(token_file).expanduser().read_text(encoding="utf-8")
    key = oci.signer.load_private_key_from_file(config["key_file"], config.get("pass_phrase"))
    return oci.auth.signers.SecurityTokenSigner(token, key)
