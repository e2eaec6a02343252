"""One service of the cloud: signed requests to its endpoint, each within its time.

The SDK's generated clients are left aside on purpose. They read an image into a model of theirs, which drops
fields of the API reference and replaces values that it does not know; and importing them loads a thousand
model classes. Their retries (8 tries, 600 s), timeouts (60 s) and shared circuit breaker know nothing of a
function's deadline. What they send is what is sent here: a test compares each operation.
"""

import os
import platform
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode
from uuid import uuid4

from handlers.cloud import answers
from handlers.cloud.sdk import __version__, constants, regions
from handlers.cloud.signer import UNREADABLE
from handlers.cloud.transport import TRANSPORT_ERRORS, Request, Response, Transport
from handlers.errors import NoAnswer
from handlers.services import Answer, Page

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]

_CLIENT = f"Oracle-PythonSDK/{__version__}"
_USER_AGENT = f"{_CLIENT} (python {platform.python_version()}; {platform.machine()}-{platform.system()})"
# The SDK's way to say what the host has where dual stack (IPv4 and IPv6) is asked for.
_DUAL_STACK = "{dualStack?ds.oci.:}"


class ServiceKind(NamedTuple):
    """A service as the SDK's generated client describes it. ``title`` is its name in messages."""

    title: str
    name: str
    base_path: str
    endpoint_template: str
    endpoint_service_name: str | None = None

    def endpoint_in(self, region: str) -> str:
        """Scheme and host of the service in a region, in its realm's domain."""
        dual_stack = os.environ.get("OCI_DUAL_STACK_ENDPOINT_ENABLED", "").lower() == "true"
        found: str = regions.endpoint_for(
            self.name,
            region=region,
            service_endpoint_template=self.endpoint_template.replace(
                _DUAL_STACK, "ds.oci." if dual_stack else ""
            ),
            endpoint_service_name=self.endpoint_service_name,
        )
        return found


class Service:
    """A service, called by one signer. ``endpoint`` is scheme and host; the region's, where none is given."""

    def __init__(self, kind: ServiceKind, signer: Any, transport: Transport, endpoint: str | None) -> None:
        self.title = kind.title
        self.endpoint = endpoint or kind.endpoint_in(signer.region)
        self._base_path = kind.base_path
        self._signer = signer
        self._transport = transport
        self._headers = {
            "accept": "application/json",
            "content-type": "application/json",
            constants.HEADER_CLIENT_INFO: _CLIENT,
            constants.HEADER_USER_AGENT: _USER_AGENT,
        }

    def call(
        self,
        method: Method,
        path: str,
        *names: str,
        until: float,
        query: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        is_body_signed: bool = True,
        request_id: str | None = None,
    ) -> Response:
        """The service's success, of whatever body.

        ``names`` go into the ``{}`` of ``path``, encoded, slashes too: no name can reach another path. A 401
        makes the signer read the platform's files again, and the call is made once more. Raises
        ServiceRefusal for an error answer, NoAnswer for none.
        """
        path_url = self._base_path + path.format(*(_encode(name) for name in names))
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        if parameters:
            path_url += "?" + urlencode(parameters)
        unsigned = {
            **self._headers,
            constants.HEADER_REQUEST_ID: request_id or uuid4().hex.upper(),
            **{name: value for name, value in (headers or {}).items() if value is not None},
        }
        if body is not None:
            unsigned["content-length"] = str(len(body))

        def send() -> Response:
            request = Request(method, self.endpoint, path_url, dict(unsigned), body)
            self._signer(request, enforce_content_headers=is_body_signed)
            try:
                return self._transport.send(request, until=until)
            except TRANSPORT_ERRORS as error:
                raise self._no_answer(error) from None

        response = send()
        if response.status == 401:
            try:
                self._signer.refresh_security_token()
            except UNREADABLE as error:  # the platform may be replacing the files just now
                raise self._no_answer(error) from None
            response = send()
        if not 200 <= response.status <= 299:
            raise answers.refusal(response, self.title)
        return response

    def get(self, path: str, *names: str, until: float, request_id: str | None = None) -> Answer:
        """GET of an object."""
        response = self.call("GET", path, *names, until=until, request_id=request_id)
        return answers.answer(response, dict, self.title)

    def page(
        self,
        path: str,
        *names: str,
        page: Page,
        until: float,
        query: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> Answer:
        """GET of one page of a list."""
        paging = {"limit": page.limit, "page": page.page, "sortOrder": page.sort_order}
        response = self.call(
            "GET", path, *names, until=until, query={**(query or {}), **paging}, request_id=request_id
        )
        return answers.answer(response, list, self.title)

    def pages(
        self, path: str, *names: str, until: float, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """GET of all pages of a list: its objects; entries that are none are left out."""
        found: list[dict[str, Any]] = []
        page: Page | None = Page()
        while page:
            answer = self.page(path, *names, page=page, until=until, query=query)
            found += (entry for entry in answer.document if isinstance(entry, dict))
            token = answer.headers.get(constants.HEADER_NEXT_PAGE)
            page = Page(page=token) if token else None
        return found

    def _no_answer(self, error: Exception) -> NoAnswer:
        return NoAnswer(f"{self.title} gave no usable answer in time ({type(error).__name__}).")


def _encode(name: str) -> str:
    encoded = quote(name, safe="")
    # Dots alone are a step on a path, which someone on the way may take.
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")
