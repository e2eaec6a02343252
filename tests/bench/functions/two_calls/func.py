"""The two signed calls alone, by generated clients that are kept: answers how many seconds they took."""

import io
import json
import logging
import os
import time
from typing import Any

import oci
from fdk import response

logging.getLogger().setLevel(logging.WARNING)  # the FDK's DEBUG would have urllib3 write a line for each
_clients: tuple[Any, Any] | None = None


def handler(ctx: Any, data: io.BytesIO | None = None) -> response.Response:
    global _clients  # noqa: PLW0603  # one container, one pair
    if _clients is None:
        signer = oci.auth.signers.get_resource_principals_signer()
        retries = oci.retry.NoneRetryStrategy()
        _clients = (
            oci.core.ComputeClient(
                {}, signer=signer, service_endpoint=os.environ["COMPUTE_ENDPOINT"], retry_strategy=retries
            ),
            oci.ons.NotificationDataPlaneClient(
                {},
                signer=signer,
                service_endpoint=os.environ["NOTIFICATION_ENDPOINT"],
                retry_strategy=retries,
            ),
        )
    compute, notifications = _clients
    body = json.loads(data.getvalue())
    began = time.perf_counter()
    compute.export_image(body["imageId"], {**body["exportImageDetails"], "exportFormat": "OCI"})
    notifications.publish_message(
        os.environ["TOPIC_ID"], {"title": "Image export accepted", "body": "x" * 1000}
    )
    took = time.perf_counter() - began
    return response.Response(
        ctx, response_data=json.dumps(took), headers={"Content-Type": "application/json"}
    )
