"""The tenancy of the unit tests: ids, names, configuration, all made up."""

from collections.abc import Mapping
from typing import Any, Literal

from handlers import settings
from handlers.container import Container
from handlers.context import Context, Requester
from handlers.destinations.url import ObjectStorageHosts
from tests.fakes.services import FakeServices

IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaagoldenimage"
COMPARTMENT_ID = "ocid1.compartment.oc1..aaaaaaaaimages"
TOPIC_ID = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaaexports"
NAMESPACE, BUCKET = "acme-images", "exports"
CALL_ID = "01KG0CALLOFTHISTEST"
# The event destination is in it, so that everything works; what a test leaves out, it says.
ENVIRONMENT: Mapping[str, str] = {
    "TOPIC_ID": TOPIC_ID,
    "EXPORT_NAMESPACE": NAMESPACE,
    "EXPORT_BUCKET": BUCKET,
}
# With records beside the exports.
RECORDS = f"{NAMESPACE}/{BUCKET}/records"
HOSTS = ObjectStorageHosts(
    endpoint="https://objectstorage.eu-frankfurt-1.oraclecloud.com",
    regional="objectstorage.eu-frankfurt-1.oraclecloud.com",
    region="eu-frankfurt-1",
)
# Long and without a dot, as real ones are.
PAR_TOKEN = "pArToKeN-sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105  # opens nothing
DEADLINE = "2026-01-31T12:02:00Z"


def container(services: FakeServices | None = None, **keys: str) -> Container:
    """What a container keeps, with configuration keys added or replaced (an empty one is absent)."""
    return Container(settings.read({**ENVIRONMENT, **keys}), services or FakeServices(), HOSTS)


def context(
    services: FakeServices | None = None,
    *,
    kind: Literal["gateway", "event", "direct"] = "direct",
    requester_id: str = CALL_ID,
    deadline: str = DEADLINE,
    request_id: str | None = None,
    **keys: str,
) -> Context:
    """An invocation's context over these services, on their clock."""
    services = services or FakeServices()
    kept = container(services, **keys)
    return Context(
        lambda: kept,
        Requester(kind, requester_id),
        call_id=CALL_ID,
        deadline=deadline,
        request_id=request_id,
        clock=services.clock,
    )


def image(**fields: Any) -> dict[str, Any]:
    """An image as Compute answers it; ``fields`` replaces what it says."""
    return {
        "id": IMAGE_ID,
        "displayName": "web 1",
        "compartmentId": COMPARTMENT_ID,
        "lifecycleState": "AVAILABLE",
        "operatingSystem": "Oracle Linux",
        "aFieldOfTomorrow": {"kept": True},
        **fields,
    }
