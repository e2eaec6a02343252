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
from .policy import Target
from .preauthenticated_requests_api import PreauthenticatedRequestsApi
from .work_requests_api import WorkRequestsApi

Work = Callable[[Received], Answer]


@dataclass(frozen=True)
class Route:
    """`target` says what is asked for, which the policy has to allow; None for what a pre-authenticated
    request's token opens without a signature."""

    method: str
    template: str
    operation: str
    work: Work
    target: Callable[[Received], Target] | None


class Routes:
    """Matches raw paths, so that a percent-encoded slash stays inside its segment; parameters are decoded
    once, after matching."""

    def __init__(self, *table: Route) -> None:
        self._table = [(compile_path(route.template)[0], route) for route in table]

    @property
    def operations(self) -> set[str]:
        return {route.operation for _, route in self._table}

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
    compute: ComputeApi,
    work: WorkRequestsApi,
    topic: NotificationsApi,
    storage: ObjectStorageApi,
    pars: PreauthenticatedRequestsApi,
) -> Routes:
    """All that the emulator serves, three services behind one endpoint."""
    core, ons, bucket = "/20160918", "/20181201", "/n/{namespace}/b/{bucket}"
    an_object = bucket + "/o/{object:path}"
    return Routes(
        Route(
            "POST",
            f"{core}/images/{{imageId}}/actions/export",
            "ExportImage",
            compute.export_image,
            compute.to_export,
        ),
        Route("GET", f"{core}/images/{{imageId}}", "GetImage", compute.get_image, compute.to_read),
        Route("GET", f"{core}/workRequests", "ListWorkRequests", work.list, work.in_compartment),
        Route("GET", f"{core}/workRequests/{{workRequestId}}", "GetWorkRequest", work.get, work.one),
        Route(
            "GET",
            f"{core}/workRequests/{{workRequestId}}/errors",
            "ListWorkRequestErrors",
            work.errors,
            work.one,
        ),
        Route(
            "GET", f"{core}/workRequests/{{workRequestId}}/logs", "ListWorkRequestLogs", work.logs, work.one
        ),
        Route(
            "POST", f"{ons}/topics/{{topicId}}/messages", "PublishMessage", topic.publish_message, topic.topic
        ),
        Route("GET", "/n", "GetNamespace", storage.get_namespace, storage.namespace),
        Route("GET", "/n/", "GetNamespace", storage.get_namespace, storage.namespace),
        Route("GET", bucket, "GetBucket", storage.get_bucket, storage.bucket),
        Route("GET", f"{bucket}/p", "ListPreauthenticatedRequests", pars.list, storage.bucket),
        Route("POST", f"{bucket}/p", "CreatePreauthenticatedRequest", pars.create, storage.bucket),
        Route(
            "DELETE",
            f"{bucket}/p/{{parId}}",
            "DeletePreauthenticatedRequest",
            pars.delete,
            storage.bucket,
        ),
        Route("GET", an_object, "GetObject", storage.get_object, storage.an_object),
        Route("HEAD", an_object, "HeadObject", storage.head_object, storage.an_object),
        Route("PUT", an_object, "PutObject", storage.put_object, storage.object_to_write),
        Route("DELETE", an_object, "DeleteObject", storage.delete_object, storage.an_object),
        Route("PUT", "/p/{token}" + an_object, "PutObject", storage.put_through_par, None),
    )
