"""The SDK's own clients, by the service's name."""

from collections.abc import Mapping
from typing import Any

import oci


def generated_clients(**keywords: Any) -> Mapping[str, Any]:
    return {
        "compute": oci.core.ComputeClient({}, **keywords),
        "work requests": oci.work_requests.WorkRequestClient({}, **keywords),
        "notifications": oci.ons.NotificationDataPlaneClient({}, **keywords),
        "object storage": oci.object_storage.ObjectStorageClient({}, **keywords),
    }
