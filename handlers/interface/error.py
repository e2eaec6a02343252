"""The error that every refusal answers (API reference, ExportImage, schema Error)."""

from pydantic import Field

from handlers.interface.service_document import ServiceDocument, example


class Error(ServiceDocument):
    """Why a request was refused."""

    code: str = Field(
        description='A short code for programs to act on, as Oracle\'s page "API Errors" lists them.',
        json_schema_extra=example("InvalidParameter"),
    )
    message: str = Field(
        description="The same for people.", json_schema_extra=example("bucketName is missing.")
    )
