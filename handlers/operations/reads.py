"""What is only read: images, work requests of image exports, and the description of the interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handlers.cloud.api import Page
from handlers.cloud.client import Answer
from handlers.context import Context
from handlers.errors import ServiceRefusal

DOCUMENT = Path(__file__).with_name("openapi.json")


def is_export(work_request: Mapping[str, Any]) -> bool:
    """Whether it exports an image; services spell operation types in more than one way."""
    spelling = "".join(filter(str.isalnum, str(work_request.get("operationType"))))
    return spelling.casefold() == "exportimage"


def get_image(context: Context, image_id: str, _: Page) -> Answer:
    """The image as Compute answers it, for clients that wait for its state."""
    context.image_id, context.message = image_id, "image read"
    return context.cloud.get_image(image_id)


def get_work_request(context: Context, work_request_id: str, _: Page) -> Answer:
    """A work request that exports an image.

    Raises ServiceRefusal 404 for any other, in the same words as for one that does not exist.
    """
    context.work_request_id, context.message = work_request_id, "work request read"
    try:
        answer = context.cloud.get_work_request(work_request_id)
        if is_export(answer.document):
            return answer
        request_id = answer.request_id
    except ServiceRefusal as refusal:
        if refusal.status != 404:
            raise
        request_id = refusal.request_id
    raise ServiceRefusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service="Work Requests",
        request_id=request_id,
    )


def list_errors(context: Context, work_request_id: str, page: Page) -> Answer:
    """A page of the errors of such a work request."""
    get_work_request(context, work_request_id, page)
    context.message = "work request's errors read"
    return context.cloud.list_work_request_errors(work_request_id, page)


def list_logs(context: Context, work_request_id: str, page: Page) -> Answer:
    """A page of the log of such a work request."""
    get_work_request(context, work_request_id, page)
    context.message = "work request's log read"
    return context.cloud.list_work_request_logs(work_request_id, page)


def describe(context: Context, _: str, __: Page) -> Answer:
    """The HTTP interface described in OpenAPI 3.0: a document, served as it is."""
    context.message = "OpenAPI document returned"
    return Answer(None, DOCUMENT.read_bytes())
