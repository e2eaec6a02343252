"""The Work Requests API on the wire, with pages. Source: the SDK's `WorkRequestClient`."""

from collections.abc import Sequence

from . import errors
from .exchange import Answer, Received
from .images import Images
from .policy import Target
from .tenancy import Tenancy
from .work_requests import WorkRequests

LARGEST_PAGE = 1000
USUAL_PAGE = 50


class WorkRequestsApi:
    def __init__(self, tenancy: Tenancy, work_requests: WorkRequests, images: Images) -> None:
        self._tenancy, self._work_requests, self._images = tenancy, work_requests, images

    def in_compartment(self, request: Received) -> Target:
        if not (compartment := request.query.get("compartmentId")):
            raise errors.missing("compartmentId")
        return Target(self._tenancy.within(compartment), errors.not_found("compartment"))

    def one(self, request: Received) -> Target:
        """Raises ApiError 404."""
        work_request = self._work_requests.found(request.params["workRequestId"])
        case = "of anything else"
        if work_request["operationType"].lower().endswith("image"):
            as_create = self._tenancy.switches.work_requests_need_create_image
            case = "of an image, as CreateImage" if as_create else "of an image"
        compartments = self._tenancy.within(work_request["compartmentId"])
        return Target(compartments, errors.not_found("work request"), case=case)

    def get(self, request: Received) -> Answer:
        work_request = self._work_requests[request.params["workRequestId"]]
        seconds = self._tenancy.retry_after
        return Answer(200, work_request, {} if seconds is None else {"retry-after": str(seconds)})

    def list(self, request: Received) -> Answer:
        compartment = request.query["compartmentId"]
        if compartment not in self._compartments():
            raise errors.not_found("compartment")
        return _page(self._work_requests.listed(compartment, request.query.get("resourceId")), request)

    def errors(self, request: Received) -> Answer:
        return _page(_sorted(self._work_requests.errors(request.params["workRequestId"]), request), request)

    def logs(self, request: Received) -> Answer:
        return _page(_sorted(self._work_requests.logs(request.params["workRequestId"]), request), request)

    def _compartments(self) -> set[str]:
        """Those that are known: a request for another one is refused."""
        own = {self._tenancy.tenancy_id, self._tenancy.compartment_id}
        resources = [*self._images.values(), *self._work_requests.values()]
        return own | {resource["compartmentId"] for resource in resources}


def _sorted(entries: list[dict[str, str]], request: Received) -> list[dict[str, str]]:
    """By time. What comes first if nobody says is not documented; here it is the oldest."""
    order = request.query.get("sortOrder", "ASC")
    if order not in ("ASC", "DESC"):
        raise errors.invalid("sortOrder", "must be ASC or DESC")
    return entries if order == "ASC" else entries[::-1]


def _page(items: Sequence[object], request: Received) -> Answer:
    """The page token is opaque to clients; here it is the place of the first item."""
    limit, start = (
        request.query.get("limit", str(USUAL_PAGE)),
        request.query.get("page", "p0").removeprefix("p"),
    )
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise errors.invalid("limit", f"must be 1 to {LARGEST_PAGE}")
    if not start.isdecimal():
        raise errors.invalid("page", "is not a page token")
    end = int(start) + int(limit)
    headers = {"opc-next-page": f"p{end}"} if end < len(items) else {}
    return Answer(200, list(items[int(start) : end]), headers)
