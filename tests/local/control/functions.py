"""The Functions service: GetFunction and InvokeFunction.

Source: the SDK's `FunctionsManagementClient` and `FunctionsInvokeClient`. How a failed function is answered
is in Oracle's "Troubleshooting Functions".
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ..fn import FunctionHost, Invocation
from ..fn.call_id import new_call_id
from ..oci import Cloud, errors
from ..oci.errors import ApiError
from ..oci.exchange import Answer, Received
from ..oci.identifiers import rfc3339

# The SDK's documentation of the body.
BODY_LIMIT = 6 * 1024 * 1024
# Of a caller's headers, those that the operation has. Whether the service hands on others is not documented.
_HANDED_ON = ("accept", "content-type", "fn-intent", "fn-invoke-type", "opc-request-id")
DETACHED_CALLS_AT_ONCE = 8


class Functions:
    """The one function of a cloud. `detached` has the detached invocations that have ended."""

    def __init__(self, cloud: Cloud, host: FunctionHost, config: Callable[[], Mapping[str, str]]) -> None:
        self._cloud, self._host, self._config = cloud, host, config
        self._threads = ThreadPoolExecutor(DETACHED_CALLS_AT_ONCE, thread_name_prefix="detached")
        self._created = cloud.clock.now()
        self.detached: list[Invocation] = []
        self.endpoint = ""

    def get(self, request: Received) -> Answer:
        """200 with the function, its configuration and the endpoint to invoke it at."""
        if not request.caller.administrator:
            raise errors.not_found("function")
        self._check_id(request)
        cloud = self._cloud
        function = {
            "id": cloud.function_id,
            "displayName": "image-export",
            "lifecycleState": "ACTIVE",
            "applicationId": cloud.app_id,
            "compartmentId": cloud.function_compartment_id,
            "memoryInMBs": 256,
            "timeoutInSeconds": int(self._host.timeout_s),
            "config": dict(self._config()),
            "invokeEndpoint": self.endpoint,
            "freeformTags": {},
            "definedTags": {},
            "timeCreated": rfc3339(self._created),
            "timeUpdated": rfc3339(self._created),
        }
        return Answer(200, function)

    def invoke(self, request: Received) -> Answer:
        """200 with what the function answered, whatever it means; a failed function is 502 or 504.

        A detached call is answered with 202 before it begins.
        """
        self._check_id(request)
        if not self._cloud.may_invoke(request.caller):
            raise errors.not_found("function")
        if len(request.body) > BODY_LIMIT:
            raise errors.too_large()
        call_id = new_call_id()
        headers = {name: request.headers[name] for name in _HANDED_ON if name in request.headers}
        headers |= {
            "oci-subject-id": request.caller.id,
            "oci-subject-type": request.caller.type,
            "oci-subject-tenancy-id": self._cloud.tenancy_id,
        }
        if request.headers.get("is-dry-run") == "true":
            return Answer(200, b"", {"fn-call-id": call_id})
        if request.headers.get("fn-invoke-type") == "detached":
            self._threads.submit(self._invoke_detached, request.body, headers, call_id)
            return Answer(202, b"", {"fn-call-id": call_id})
        return _answer(self._host.invoke(request.body, headers, call_id=call_id))

    def stop(self) -> None:
        """Drops the detached calls that have not begun; those that run end with their containers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _invoke_detached(self, body: bytes, headers: Mapping[str, str], call_id: str) -> None:
        self.detached.append(self._host.invoke(body, headers, call_id=call_id))

    def _check_id(self, request: Received) -> None:
        if request.params["functionId"] != self._cloud.function_id:
            raise errors.not_found("function")


def _answer(invocation: Invocation) -> Answer:
    headers = {"fn-call-id": invocation.call_id}
    if invocation.failure:
        message = "Container initialization failed" if invocation.container is None else "function failed"
        raise ApiError(invocation.status, invocation.failure, message, headers)
    content_type = invocation.headers.get("content-type", "application/octet-stream")
    return Answer(200, invocation.body, headers, content_type)
