"""What the function does. Each operation is a module that owns its request, its result and its part of the
log.

To add one: write the module, and give it a line in the trigger that offers it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

from handlers.context import Context
from handlers.destinations import Destination, ExportFormat
from handlers.services import Answer

JSON = {"content-type": "application/json"}
# The headers of a service's answer that a client of the gateway gets.
_PASSED_ON = ("etag", "opc-request-id", "opc-work-request-id", "opc-next-page", "retry-after")


class Subject(NamedTuple):
    """What an operation is about, as the log and a published rejection name it."""

    image_id: str | None = None
    destination: Destination | None = None
    export_format: ExportFormat | None = None
    work_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an operation, for a trigger to put into its envelope.

    ``message``: for the log. ``body`` and ``headers``: the answer over HTTP, as the service spelt it.
    ``document``: what ``body`` says, where a service wrote it. ``summary``: the answer to a direct call or an
    event, without secrets. ``notification_error``: the code of what kept an accepted export from being
    announced.
    """

    message: str
    body: bytes = field(default=b"", repr=False)
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    work_request_id: str | None = None
    request_id: str | None = None
    notification_error: str | None = None


class Operation(Protocol):
    """What every operation has. ``publishes_refusal``: whether the topic hears of a lasting refusal."""

    publishes_refusal: ClassVar[bool]

    @property
    def subject(self) -> Subject: ...

    def run(self, context: Context) -> Result:
        """Does it. Raises ExportError where nothing came of it."""


def passed_on(message: str, answer: Answer, **more: Any) -> Result:
    """The result that is a service's answer as it came."""
    return Result(
        message,
        answer.body,
        answer.document,
        headers_of(answer.headers),
        request_id=answer.request_id,
        **more,
    )


def headers_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a service's answer that are passed on."""
    return {name: headers[name] for name in _PASSED_ON if name in headers}
