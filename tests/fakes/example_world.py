"""The tenancy of the unit tests: ids, names, configuration, all made up."""

from collections.abc import Mapping
from datetime import UTC, datetime

from handlers import settings
from handlers.exports.object_url import ObjectStorageHosts
from handlers.exports.policy import Policy

IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaagoldenimage"
COMPARTMENT_ID = "ocid1.compartment.oc1..aaaaaaaaimages"
TOPIC_ID = "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaaexports"
NAMESPACE, BUCKET = "acme-images", "exports"
# The event destination is in it, so that everything works; what a test leaves out, it says.
ENVIRONMENT: Mapping[str, str] = {
    "TOPIC_ID": TOPIC_ID,
    "EXPORT_NAMESPACE": NAMESPACE,
    "EXPORT_BUCKET": BUCKET,
}
HOSTS = ObjectStorageHosts(
    endpoint="https://objectstorage.eu-frankfurt-1.oraclecloud.com",
    regional="objectstorage.eu-frankfurt-1.oraclecloud.com",
    region="eu-frankfurt-1",
)
# Long and without a dot, as real ones are.
PAR_TOKEN = "pArToKeN-sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105  # opens nothing
START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def policy(**keys: str) -> Policy:
    """The policy of ``ENVIRONMENT``, with configuration keys added or replaced (an empty one is absent)."""
    return Policy(settings.read({**ENVIRONMENT, **keys}), HOSTS)
