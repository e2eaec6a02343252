"""The route table: which operation a method and a path are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.routing import compile_path

from . import errors
from .compute_api import ComputeApi
from .exchange import Answer, Received
from .notifications_api import NotificationsApi
from .object_storage_api import ObjectStorageApi
from .work_requests_api import WorkRequestsApi

Work = Callable[[Received], Answer]


@dataclass(frozen=True)
class Route:
    """`signed` is False for what a pre-authenticated request's token opens."""

    method: str
    template: str
    operation: str
    work: Work
    signed: bool = True


class Routes:
    """Matches raw paths, so that a percent-encoded slash stays inside its segment; parameters are decoded
    once, after matching."""

    def __init__(self, *table: Route) -> None:
        self._table = [(compile_path(route.template)[0], route) for route in table]

    def find(self, method: str, raw_path: str) -> tuple[Route, Mapping[str, str]]:
        """Raises ApiError: 404 for no such path, 405 for another method."""
        found = [(match, route) for pattern, route in self._table if (match := pattern.match(raw_path))]
        for match, route in found:
            if route.method == method:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        if found:
            raise errors.method_not_allowed(", ".join(sorted({route.method for _, route in found})))
        raise errors.no_such_route()


def routes(
    compute: ComputeApi, work: WorkRequestsApi, topic: NotificationsApi, storage: ObjectStorageApi
) -> Routes:
    """All that the emulator serves, three services behind one endpoint."""
    core, ons, bucket = "/20160918", "/20181201", "/n/{namespace}/b/{bucket}"
    par_object = "/p/{token}" + bucket + "/o/{object:path}"
    return Routes(
        Route("POST", f"{core}/images/{{imageId}}/actions/export", "ExportImage", compute.export_image),
        Route("GET", f"{core}/images/{{imageId}}", "GetImage", compute.get_image),
        Route("GET", f"{core}/workRequests", "ListWorkRequests", work.list),
        Route("GET", f"{core}/workRequests/{{workRequestId}}", "GetWorkRequest", work.get),
        Route("GET", f"{core}/workRequests/{{workRequestId}}/errors", "ListWorkRequestErrors", work.errors),
        Route("GET", f"{core}/workRequests/{{workRequestId}}/logs", "ListWorkRequestLogs", work.logs),
        Route("POST", f"{ons}/topics/{{topicId}}/messages", "PublishMessage", topic.publish_message),
        Route("POST", f"{bucket}/p", "CreatePreauthenticatedRequest", storage.create_par),
        Route("PUT", bucket + "/o/{object:path}", "PutObject", storage.put_object),
        Route("PUT", par_object, "PutObject", storage.put_through_par, signed=False),
    )
