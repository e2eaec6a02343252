"""Requests and invocations, ready made; each test names only what matters to it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from handlers.clock import rfc3339
from handlers.destinations import Destination
from handlers.errors import NoAnswer, ServiceRefusal
from handlers.messages import CreatedImage
from handlers.operations.export_image.attempt import Export
from handlers.triggers.invocation import Invocation
from tests.fakes import BUCKET, CALL_ID, COMPARTMENT_ID, DEADLINE, IMAGE_ID, NAMESPACE, START, refusal

WORK_REQUEST_ID = "ocid1.coreservicesworkrequest.oc1.eu-frankfurt-1.aaaaaaaa1"
PLACE = Destination(NAMESPACE, BUCKET, "golden/web 1.oci")
TOKEN = "token-of-the-request"  # noqa: S105  # opens nothing
PREFIX = "/any/prefix"


def export(**fields: Any) -> Export:
    """An export that a caller asks for, under a token of the caller's own."""
    given = {
        "image_id": IMAGE_ID,
        "destination": PLACE,
        "export_format": "OCI",
        "retry_token": TOKEN,
        "token_of": "caller",
    }
    return Export(**{**given, **fields})


def export_of_call(**fields: Any) -> Export:
    """The same, where the function made the token of the call's id."""
    return export(**{"token_of": "call", **fields})


def export_of_event(**fields: Any) -> Export:
    """The same by an event, which came just now."""
    created = CreatedImage("web 1", COMPARTMENT_ID, START)
    return export(**{"token_of": "event", "created": created, **fields})


BY_ANYBODY = pytest.mark.parametrize(
    "asked", [export(), export_of_call(), export_of_event()], ids=["caller", "call", "event"]
)


def invocation(
    body: object = b"",
    *,
    is_gateway: bool = False,
    is_detached: bool = False,
    method: str = "",
    url: str = "",
    headers: Mapping[str, Any] | None = None,
) -> Invocation:
    """An invocation as ``read`` makes it; a ``body`` that is not bytes is sent as JSON."""
    return Invocation(
        is_gateway=is_gateway,
        is_detached=is_detached,
        call_id=CALL_ID,
        function_id="",
        deadline=DEADLINE,
        method=method,
        url=url,
        headers=headers or {},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def gateway_request(
    method: str, path: str, body: object = b"", headers: Mapping[str, Any] | None = None
) -> Invocation:
    """A request of a gateway's client, under some deployment's prefix."""
    return invocation(body, is_gateway=True, method=method, url=PREFIX + path, headers=headers)


def later(seconds: float) -> str:
    """So long after the test began, in RFC 3339."""
    return rfc3339(moment(seconds))


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def throttled(retry_after: float | None = None) -> ServiceRefusal:
    return refusal(429, "TooManyRequests", retry_after=retry_after)


def invalid_bucket_name() -> ServiceRefusal:
    """The known issue, in Compute's words."""
    message = "Invalid bucketName: Specified namespace or bucket to export image does not exist"
    return refusal(400, "InvalidParameter", message, request_id="request-refused")


def token_was_used() -> ServiceRefusal:
    return refusal(409, "InvalidatedRetryToken", "The token was used before.")


def no_answer() -> NoAnswer:
    return NoAnswer("Compute gave no usable answer in time (ReadTimeout).")


# More often than anything is tried.
ALWAYS = 30


def logged(caplog: pytest.LogCaptureFixture, level: str) -> list[str]:
    """What was written to the log at that level."""
    return [record.getMessage() for record in caplog.records if record.levelname == level]


Verb = Callable[[float], str]


def failing(*failures: Exception) -> tuple[Verb, list[float]]:
    """A call that meets these, then works; and when each of its tries had to be over."""
    turns, ends = list(failures), []

    def call(until: float) -> str:
        ends.append(until)
        if turns:
            raise turns.pop(0)
        return "done"

    return call, ends
