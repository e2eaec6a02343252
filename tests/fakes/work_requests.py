"""Work requests in memory."""

from dataclasses import dataclass, field, replace
from typing import Any

from handlers.exports.clock import rfc3339
from handlers.exports.services import Answer
from tests.fakes.answers import answer, not_found
from tests.fakes.example_world import COMPARTMENT_ID, IMAGE_ID
from tests.fakes.script import Script


@dataclass
class FakeWorkRequests:
    """``known``: work requests as the API has them; ``its_errors``, ``its_logs``: by work request."""

    script: Script
    known: list[dict[str, Any]] = field(default_factory=list)
    its_errors: dict[str, list[Any]] = field(default_factory=dict)
    its_logs: dict[str, list[Any]] = field(default_factory=dict)
    retry_after: float | None = None

    def add(self, image_id: str = IMAGE_ID, status: str = "IN_PROGRESS", **fields: Any) -> dict[str, Any]:
        """One more work request of that image; ``fields`` replaces what it says."""
        work_request = {
            "id": f"ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa{len(self.known) + 1}",
            "operationType": "ExportImage",
            "status": status,
            "compartmentId": COMPARTMENT_ID,
            "resources": [{"actionType": "RELATED", "entityType": "image", "identifier": image_id}],
            "percentComplete": 100.0 if status in ("SUCCEEDED", "FAILED") else 40.0,
            "timeAccepted": rfc3339(self.script.clock.now()),
            **fields,
        }
        self.known.append(work_request)
        return work_request

    def get(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("get_work_request", until, work_request_id=work_request_id):
            for work_request in self.known:
                if work_request["id"] == work_request_id:
                    return replace(answer(work_request), retry_after=self.retry_after)
            raise not_found("Work Requests")

    def errors(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("list_errors", until, work_request_id=work_request_id):
            return answer(self.its_errors.get(work_request_id, []))

    def logs(self, work_request_id: str, *, until: float) -> Answer:
        with self.script.call("list_logs", until, work_request_id=work_request_id):
            return answer(self.its_logs.get(work_request_id, []))

    def of_resource(self, compartment_id: str, resource_id: str, *, until: float) -> Answer:
        arguments = {"compartment_id": compartment_id, "resource_id": resource_id}
        with self.script.call("list_work_requests", until, **arguments):
            return answer(
                [
                    work_request
                    for work_request in self.known
                    if work_request["compartmentId"] == compartment_id
                    and any(resource["identifier"] == resource_id for resource in work_request["resources"])
                ]
            )
