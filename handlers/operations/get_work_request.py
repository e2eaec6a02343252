"""GetWorkRequest and its lists of errors and logs, for image exports and for nothing else."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from handlers.context import Context
from handlers.errors import ServiceRefusal
from handlers.operations import Result, Subject, passed_on
from handlers.operations.work_requests import is_export
from handlers.services import Page

_MESSAGES = {
    "": "work request read",
    "errors": "work request's errors read",
    "logs": "work request's log read",
}


@dataclass(frozen=True, slots=True)
class GetWorkRequest:
    """Read a work request, or a page of its errors or logs."""

    work_request_id: str
    part: Literal["", "errors", "logs"] = ""
    page: Page = field(default_factory=Page)
    publishes_refusal: ClassVar[bool] = False

    @property
    def subject(self) -> Subject:
        return Subject(work_request_id=self.work_request_id)

    def run(self, context: Context) -> Result:
        """The work request, or its errors or logs, as Compute has them.

        Raises ServiceRefusal 404 for any other work request, in the same words as for one that does not
        exist.
        """
        services, request_id = context.services.work_requests, context.request_id
        try:
            answer = context.retries.call(
                lambda until: services.get(self.work_request_id, until=until, request_id=request_id)
            )
        except ServiceRefusal as refusal:
            if refusal.status == 404:
                raise _not_found(refusal.request_id) from None
            raise
        if not is_export(answer.document):
            raise _not_found(answer.request_id)
        if self.part:
            read = services.errors if self.part == "errors" else services.logs
            answer = context.retries.call(
                lambda until: read(self.work_request_id, self.page, until=until, request_id=request_id)
            )
        return passed_on(_MESSAGES[self.part], answer)


def _not_found(request_id: str | None) -> ServiceRefusal:
    return ServiceRefusal(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
        service="Work Requests",
        request_id=request_id,
        in_own_words=True,
    )
