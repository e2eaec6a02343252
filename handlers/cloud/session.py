"""Signed HTTP to OCI by the SDK's own base client: one signer and one connection pool for a container.

The generated clients are left aside on purpose. They read an image into a model of theirs, which drops fields
of the API reference and replaces values that it does not know; and importing them loads a thousand model
classes, most of a cold start. Their retries (8 tries, 600 s), timeouts (60 s) and shared circuit breaker know
nothing of a function's deadline.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from jwt import PyJWTError
from oci.auth.signers import get_resource_principals_signer
from oci.base_client import BYTES_RESPONSE_TYPE, BaseClient
from oci.circuit_breaker import NoCircuitBreakerStrategy
from oci.exceptions import ClientError, ServiceError
from urllib3.util import Timeout

from handlers.cloud import transport
from handlers.errors import Misconfigured, NoAnswer, ServiceRefusal
from handlers.exports.clock import seconds_to_wait
from handlers.exports.services import Answer

_SHORTEST_TIMEOUT = 0.001


class ServiceClient(BaseClient):  # type: ignore[misc]  # the SDK has no types
    """The base client of one service, whose every call ends in time.

    ``title`` is the service's name in messages; the other arguments are those of the generated client's base
    client.
    """

    def __init__(self, service: str, title: str, signer: Any, **like_generated: Any) -> None:
        self._title = title
        self._until = 0.0
        super().__init__(
            service,
            {},
            signer,
            {},
            regional_client=True,
            skip_deserialization=True,
            # Without it, a slash in a path parameter reaches another path.
            enable_strict_url_encoding=True,
            # The SDK's default is one breaker for all clients of a process.
            circuit_breaker_strategy=NoCircuitBreakerStrategy(),
            **like_generated,
        )
        transport.furnish(self.session, self.endpoint)

    @property
    def timeout(self) -> Timeout:
        """What is left for the call: asked for each request, so also for the one after a 401."""
        return Timeout(total=max(_SHORTEST_TIMEOUT, self._until - time.monotonic()))

    @timeout.setter
    def timeout(self, _: object) -> None:
        """The base client's own default is of no interest."""

    def call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        until: float,
        path_parameters: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """One signed request. A 401 makes the SDK read the resource principal's files again and try once
        more.

        Raises ServiceRefusal for an error answer, NoAnswer for none, or for a success that is not JSON.
        """
        self._until = until
        try:
            response = self.call_api(
                path,
                method,
                path_params=dict(path_parameters or {}),
                query_params=dict(query or {}),
                header_params={
                    "accept": "application/json",
                    "content-type": "application/json",
                    **(headers or {}),
                },
                body=None if body is None else orjson.dumps(body),
                response_type=BYTES_RESPONSE_TYPE,
            )
            document = orjson.loads(response.data)
        except ServiceError as error:
            raise self._refusal(error) from None
        except (OSError, ClientError, ValueError, PyJWTError) as error:
            # OSError: also all of requests' errors. The others: an answer that can't be read, or a resource
            # principal whose files are just being replaced.
            raise NoAnswer(f"{self._title} gave no usable answer in time ({type(error).__name__}).") from None
        return Answer(
            document,
            response.data,
            {name.lower(): value for name, value in response.headers.items()},
            seconds_to_wait(response.headers.get("retry-after"), datetime.now(UTC)),
        )

    def call_list(
        self, path: str, *, until: float, query: Mapping[str, str] | None = None, **call: Any
    ) -> Answer:
        """All pages of a list operation as one list.

        Raises NoAnswer for an answer that is none: to have found nothing is an empty list.
        """
        items: list[Any] = []
        page: dict[str, str] | None = {}
        while page is not None:
            answer = self.call("GET", path, until=until, query={**(query or {}), **page}, **call)
            if not isinstance(answer.document, list):
                raise NoAnswer(f"{self._title} answered with something other than a list.")
            items += answer.document
            token = answer.headers.get("opc-next-page")
            page = {"page": token} if token else None
        headers = {name: value for name, value in answer.headers.items() if name != "opc-next-page"}
        return Answer(items, orjson.dumps(items), headers, answer.retry_after)

    def _refusal(self, error: ServiceError) -> ServiceRefusal:
        # A proxy's page has no code, and is no message for anyone.
        documented = isinstance(error.code, str)
        return ServiceRefusal(
            error.status,
            error.code if documented else None,
            error.message if documented and isinstance(error.message, str) else None,
            service=self._title,
            request_id=error.headers.get("opc-request-id"),
            retry_after=seconds_to_wait(error.headers.get("retry-after"), datetime.now(UTC)),
        )


def resource_principal() -> Any:
    """The SDK's signer for the function's resource principal (version 2.2: from the platform's files).

    Raises Misconfigured where the platform provides none.
    """
    try:
        return get_resource_principals_signer()
    except (OSError, ClientError, ValueError, PyJWTError) as error:
        raise Misconfigured(
            f"The function's resource principal can't be read ({type(error).__name__})."
        ) from error
