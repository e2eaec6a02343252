"""One policy for the properties of destinations, and a judge of it that shares no code with the function."""

from handlers.exports.object_url import ObjectStorageHosts
from handlers.exports.policy import Policy
from handlers.settings import read

REGION = "eu-frankfurt-1"
HOST = f"objectstorage.{REGION}.oraclecloud.com"
DEDICATED = f"imgns.objectstorage.{REGION}.oci.customer-oci.com"
NAMESPACE, BUCKET, OPEN_BUCKET, EVENTS_BUCKET = "imgns", "exports", "open.bucket", "of-events"
PREFIX = "on-demand/team"
IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaaimage"

# As the operator wrote it: everything below these paths is allowed.
_LISTED = (f"{NAMESPACE}/{BUCKET}/{PREFIX}", f"{NAMESPACE}/{OPEN_BUCKET}", f"{NAMESPACE}/{EVENTS_BUCKET}")

POLICY = Policy(
    read(
        {
            "TOPIC_ID": "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaatopic",
            "EXPORT_NAMESPACE": NAMESPACE,
            "EXPORT_BUCKET": EVENTS_BUCKET,
            "ALLOWED_DESTINATIONS": f"{_LISTED[0]}, {_LISTED[1]}\n",
        }
    ),
    ObjectStorageHosts(endpoint=f"https://{HOST}", regional=HOST, region=REGION),
)


def is_inside(namespace: str, bucket: str, object_name: str) -> bool:
    """Whether the place is below a listed path, and can't be read as another one."""
    plain = not set(namespace + bucket) & set("/\\%?#@: ") and not set(object_name.split("/")) & {".", ".."}
    place = f"{namespace}/{bucket}/{object_name}/"
    return plain and any(place.startswith(f"{path}/") for path in _LISTED)
