"""Reading Compute's work requests (Work Requests API, version 20160918). Compute's endpoint serves them."""

from handlers.cloud.service import Service, ServiceKind
from handlers.services import Answer, Page, WorkRequest, WorkRequestError, work_request_of

SERVICE = ServiceKind(
    "Work Requests",
    "work_request",
    "/20160918",
    "https://iaas.{region}.{secondLevelDomain}",
)

# Of an error's code and message: they go into a record, and are kept there.
_LONGEST_TEXT = 4096


class WorkRequests:
    """GetWorkRequest, ListWorkRequests, and the lists of a work request's errors and log lines."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def get(self, work_request_id: str, *, until: float, request_id: str | None = None) -> Answer:
        return self._service.get("/workRequests/{}", work_request_id, until=until, request_id=request_id)

    def errors(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        return self._service.page(
            "/workRequests/{}/errors", work_request_id, page=page, until=until, request_id=request_id
        )

    def logs(
        self, work_request_id: str, page: Page, *, until: float, request_id: str | None = None
    ) -> Answer:
        return self._service.page(
            "/workRequests/{}/logs", work_request_id, page=page, until=until, request_id=request_id
        )

    def all_errors(self, work_request_id: str, *, until: float) -> list[WorkRequestError]:
        listed = self._service.pages("/workRequests/{}/errors", work_request_id, until=until)
        return [
            {"code": _text(error.get("code")), "message": _text(error.get("message"))} for error in listed
        ]

    def all_of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> list[WorkRequest]:
        listed = self._service.pages(
            "/workRequests",
            until=until,
            query={"compartmentId": compartment_id, "resourceId": resource_id},
        )
        return [work_request_of(entry) for entry in listed]


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
