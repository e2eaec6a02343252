"""Every way in which a request fails, as one small tree.

ExportError                      status, code, message, and whether time cures it
├── Refused                      the request is wrong; nothing was called
│   ├── CannotParse              400 CannotParseRequest
│   ├── MissingParameter         400 MissingParameter
│   ├── InvalidParameter         400 InvalidParameter
│   ├── NotAllowed               403 NotAllowed
│   ├── NotFound                 404 NotFound
│   ├── MethodNotAllowed         405 MethodNotAllowed
│   ├── TooLarge                 413 RequestEntityTooLarge
│   └── UnsupportedMediaType     415 UnsupportedMediaType
├── ServiceRefusal               an OCI service answered with an error: its status, its code
├── NoAnswer                     503 ServiceUnavailable: unreachable, too late, or unreadable
│   └── NotAnnounced             503 ServiceUnavailable: accepted or refused, but not published
├── Misconfigured                500 InternalServerError: every wrong configuration key by name
└── Unexpected                   500 InternalServerError: a bug of ours
"""

from http import HTTPStatus
from typing import ClassVar

# The platform reads these two as "the function failed" and drops the body.
FAILED_FUNCTION_STATUSES = (502, 504)


class ExportError(Exception):
    """A request that could not be carried out.

    ``passing`` tells whether the same request may succeed later. ``request_id`` is the opc-request-id of
    the service that refused, where one did.
    """

    status: int = 500
    code: str = "InternalServerError"
    passing: bool = True
    request_id: str | None = None
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(ExportError):
    """The request itself is wrong: sending it again changes nothing."""

    status = 400
    passing = False


class CannotParse(Refused):
    """The body is not a JSON object in UTF-8."""

    code = "CannotParseRequest"


class MissingParameter(Refused):
    """Required parameters are absent."""

    code = "MissingParameter"


class InvalidParameter(Refused):
    """Parameters are present, but wrong."""

    code = "InvalidParameter"


class NotAllowed(Refused):
    """The destination is not on the allow-list."""

    status = 403
    code = "NotAllowed"


class NotFound(Refused):
    """No such route."""

    status = 404
    code = "NotFound"


class MethodNotAllowed(Refused):
    """The route exists, with another method."""

    status = 405
    code = "MethodNotAllowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This route answers {allowed} only.")
        self.headers = {"allow": allowed}  # type: ignore[misc]  # narrows the class default for one instance


class TooLarge(Refused):
    """The body is longer than a request can be."""

    status = 413
    code = "RequestEntityTooLarge"


class UnsupportedMediaType(Refused):
    """The body is declared as something other than JSON."""

    status = 415
    code = "UnsupportedMediaType"


class ServiceRefusal(ExportError):
    """An OCI service answered with an error.

    ``answered`` is the status as it came, ``status`` the one to pass on. ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str | None,
        *,
        service: str,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message or f"{service} answered {status} without saying why.")
        self.answered = status
        self.status = status if 400 <= status <= 599 and status not in FAILED_FUNCTION_STATUSES else 503
        self.code = code or _code_of(self.status)
        self.request_id = request_id
        self.retry_after = retry_after
        self.passing = status == 429 or self.status >= 500 or (status, self.code) == (409, "IncorrectState")


def _code_of(status: int) -> str:
    """For answers without a code, as proxies give: the status in the same form. Some are in no standard."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "")
    except ValueError:
        return "InternalServerError" if status >= 500 else "UnknownError"


class NoAnswer(ExportError):
    """A service could not be reached, did not answer in time, or answered what no one can read."""

    status = 503
    code = "ServiceUnavailable"


class NotAnnounced(NoAnswer):
    """An export was accepted, or a request refused for good, but that could not be published."""


class Misconfigured(ExportError):
    """The function's configuration is incomplete or wrong; the message names every key."""


class Unexpected(ExportError):
    """A bug of ours. What went wrong is in the log, never in the reply."""

    def __init__(self) -> None:
        super().__init__("The function failed unexpectedly. Its log says more under this request id.")
