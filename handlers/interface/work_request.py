"""Work requests, their errors and logs (Work Requests API 20160918; the SDK's oci.work_requests.models)."""

from typing import Annotated

from pydantic import Field

from handlers.interface.service_document import Number, ServiceDocument, Time, example, known

Status = Annotated[str, known("ACCEPTED", "IN_PROGRESS", "FAILED", "SUCCEEDED", "CANCELING", "CANCELED")]
ActionType = Annotated[str, known("CREATED", "UPDATED", "DELETED", "RELATED", "IN_PROGRESS")]


class WorkRequestResource(ServiceDocument):
    """A resource that the work request's operation creates or works on."""

    action_type: ActionType = Field(description="What the operation does with the resource.")
    entity_type: str = Field(
        description="The type of the resource.",
        json_schema_extra=example("image"),
    )
    identifier: str = Field(description="The OCID, or another unique identifier, of the resource.")
    entity_uri: str | None = Field(None, description="The path at which a GET answers the resource.")


class WorkRequest(ServiceDocument):
    """How an asynchronous operation gets on."""

    operation_type: str = Field(
        description="The operation that the work request follows. Other than image exports are not shown "
        "here.",
        json_schema_extra=example("ExportImage"),
    )
    status: Status = Field(description="How far the operation is: SUCCEEDED, FAILED and CANCELED are final.")
    id: str = Field(description="The OCID of the work request.")
    compartment_id: str = Field(description="The OCID of the compartment that the work request is in.")
    resources: list[WorkRequestResource] = Field(
        description="The resources that the operation has to do with."
    )
    percent_complete: Number = Field(
        description="How much of the operation is done, in percent.", json_schema_extra=example(40.0)
    )
    time_accepted: Time = Field(
        description="When the operation was asked for (RFC 3339).",
        json_schema_extra=example("2026-01-31T23:59:59.000Z"),
    )
    time_started: Time | None = Field(
        None, description="When the status went from ACCEPTED to IN_PROGRESS (RFC 3339)."
    )
    time_finished: Time | None = Field(None, description="When the status became final (RFC 3339).")


class WorkRequestError(ServiceDocument):
    """What went wrong in an operation."""

    code: str = Field(
        description="A code for programs to act on.", json_schema_extra=example("InternalError")
    )
    message: str = Field(description="The same for people.")
    timestamp: Time = Field(description="When it went wrong (RFC 3339).")


class WorkRequestLogEntry(ServiceDocument):
    """A line of an operation's log."""

    message: str = Field(
        description="What happened, for people.", json_schema_extra=example("The operation started.")
    )
    timestamp: Time = Field(description="When it was written (RFC 3339).")
