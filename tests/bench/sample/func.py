"""The export as the vendor's samples have it: signer and clients built in the handler, no checks."""

import io
import json
import logging
import os
from typing import Any

import oci
from fdk import response


def handler(ctx: Any, data: io.BytesIO) -> response.Response:
    try:
        body = json.loads(data.getvalue())
        signer = oci.auth.signers.get_resource_principals_signer()
        compute = oci.core.ComputeClient(
            config={}, signer=signer, service_endpoint=os.environ["COMPUTE_ENDPOINT"]
        )
        if "eventType" in body:
            image_id = body["data"]["resourceId"]
            details = {
                "namespaceName": os.environ["EXPORT_NAMESPACE"],
                "bucketName": os.environ["EXPORT_BUCKET"],
                "objectName": f"{body['data']['resourceName']}.oci",
            }
        else:
            image_id = body["imageId"]
            details = body["exportImageDetails"]
        exported = compute.export_image(
            image_id=image_id,
            export_image_details=oci.core.models.ExportImageViaObjectStorageTupleDetails(
                bucket_name=details["bucketName"],
                namespace_name=details["namespaceName"],
                object_name=details["objectName"],
            ),
        )
        work_request_id = exported.headers["opc-work-request-id"]
        notifications = oci.ons.NotificationDataPlaneClient(
            config={}, signer=signer, service_endpoint=os.environ["NOTIFICATION_ENDPOINT"]
        )
        notifications.publish_message(
            topic_id=os.environ["TOPIC_ID"],
            message_details=oci.ons.models.MessageDetails(title="Image export", body=work_request_id),
        )
        result = {"workRequestId": work_request_id}
    except Exception as error:
        logging.getLogger().info("error: %s", error)
        raise
    return response.Response(
        ctx, response_data=json.dumps(result), headers={"Content-Type": "application/json"}
    )
