"""Reading Compute's work requests."""

from typing import Any

from handlers.cloud.session import ServiceClient
from handlers.errors import NoAnswer
from handlers.exports.services import Answer


class WorkRequests:
    """Get and list (Work Requests API, version 20160918). Compute's endpoint serves them."""

    def __init__(self, signer: Any, endpoint: str | None) -> None:
        self.client = ServiceClient(
            "work_request",
            "Work Requests",
            signer,
            service_endpoint=endpoint,
            base_path="/20160918",
            service_endpoint_template="https://iaas.{region}.{secondLevelDomain}",
        )

    def get(self, work_request_id: str, *, until: float) -> Answer:
        answer = self.client.call(
            "GET",
            "/workRequests/{workRequestId}",
            until=until,
            path_parameters={"workRequestId": work_request_id},
        )
        if not isinstance(answer.document, dict):
            raise NoAnswer("Work Requests answered with something other than a work request.")
        return answer

    def errors(self, work_request_id: str, *, until: float) -> Answer:
        return self._list_of("errors", work_request_id, until)

    def logs(self, work_request_id: str, *, until: float) -> Answer:
        return self._list_of("logs", work_request_id, until)

    def of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> Answer:
        query = {"compartmentId": compartment_id, "resourceId": resource_id}
        return self.client.call_list("/workRequests", until=until, query=query)

    def _list_of(self, part: str, work_request_id: str, until: float) -> Answer:
        return self.client.call_list(
            f"/workRequests/{{workRequestId}}/{part}",
            until=until,
            path_parameters={"workRequestId": work_request_id},
        )
