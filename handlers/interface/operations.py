"""What each route of the gateway does: its name, its parameters, its answers."""

from handlers.interface import examples, schemas
from handlers.interface.operation import Operation, list_of, success

_WORK_REQUESTS = "Work requests"
_READING = ("400", "401", "403", "404", "405", "429", "500", "503")

# By the word that the gateway's route table has for a route.
OPERATIONS = {
    "export": Operation(
        id="ExportImage",
        tag="Images",
        summary="Export an image",
        description="Exports the image to Object Storage, either to a namespace, bucket and object name, or "
        "to an Object Storage URL, and announces the export's work request to the notification topic. "
        "Formats: OCI (.oci, QCOW2 with Oracle Cloud Infrastructure metadata, for import into other "
        "tenancies and regions; the default), QCOW2 (.qcow2), VDI (.vdi, Oracle VM VirtualBox), VHD (.vhd, "
        "Hyper-V) and VMDK (.vmdk).",
        variable="imageId",
        parameters=("if-match", "opc-retry-token", "opc-dry-run", "opc-request-id"),
        body={
            "schema": schemas.reference("ExportImageDetails"),
            "examples": {
                "tuple": {"summary": "To a namespace, bucket and object name", "value": examples.TUPLE},
                "uri": {"summary": "To an Object Storage URL", "value": examples.URI},
            },
        },
        success=success(
            "The export is under way; or, for a dry run, could be.",
            schemas.reference("Image"),
            "etag",
            "opc-request-id",
            "opc-work-request-id",
            "notification-message-id",
            "notification-error",
            example=examples.IMAGE,
        ),
        refusals=(*_READING, "409", "412", "413", "415"),
    ),
    "": Operation(
        id="GetWorkRequest",
        tag=_WORK_REQUESTS,
        summary="Follow an export",
        description="Answers how far the export is. Its work request, not the image's state, tells whether "
        "it succeeded.",
        variable="workRequestId",
        parameters=("opc-request-id",),
        success=success(
            "The work request.",
            schemas.reference("WorkRequest"),
            "opc-request-id",
            "retry-after",
            example=examples.WORK_REQUEST,
        ),
        refusals=_READING,
    ),
    "errors": Operation(
        id="ListWorkRequestErrors",
        tag=_WORK_REQUESTS,
        summary="Why an export failed",
        description="Answers all errors of the export, in one list.",
        variable="workRequestId",
        parameters=("opc-request-id",),
        success=success(
            "The errors; none, if nothing went wrong.",
            list_of("WorkRequestError"),
            "opc-request-id",
            example=examples.WORK_REQUEST_ERRORS,
        ),
        refusals=_READING,
    ),
    "logs": Operation(
        id="ListWorkRequestLogs",
        tag=_WORK_REQUESTS,
        summary="What an export has done",
        description="Answers the whole log of the export, in one list.",
        variable="workRequestId",
        parameters=("opc-request-id",),
        success=success(
            "The log.",
            list_of("WorkRequestLogEntry"),
            "opc-request-id",
            example=examples.WORK_REQUEST_LOGS,
        ),
        refusals=_READING,
    ),
    "describe": Operation(
        id="GetOpenApi",
        tag="Description",
        summary="Describe this interface",
        description="Answers this document.",
        success=success("An OpenAPI 3.0 document.", {"type": "object"}),
        refusals=("405", "500"),
    ),
}
