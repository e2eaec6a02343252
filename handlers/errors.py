"""Every way in which a request fails, as one small tree.

ExportError
├── Refused           CannotParse, MissingParameter, InvalidParameter, NotAllowed, NotFound, MethodNotAllowed,
│                     TooLarge, UnsupportedMediaType
├── ServiceRefusal
├── NoAnswer          NoTime, EndingUnknown, NotAnnounced
├── Misconfigured
└── Unexpected

An error is never changed after it was made: whoever knows more makes another one.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

# The platform reads these two as "the function failed" and drops the body.
FAILED_FUNCTION_STATUSES = (502, 504)
# The states in which an image stays: no time makes it exportable.
_LASTING_STATES = ("DISABLED", "DELETED")
# IncorrectState is documented as to be tried again (Oracle's "API Errors"), and Compute words Conflict so as
# well: "Conflict with another image operation, try again later" (packer-plugin-oracle, issue 102).
_PASSING_CONFLICTS = ("IncorrectState", "Conflict")


class ExportError(Exception):
    """A request that could not be carried out.

    ``passing`` tells whether the same request may succeed later; ``is_retried`` whether the same call, under
    the same retry token, may get another answer within seconds. ``request_id`` is the opc-request-id of the
    service that refused, where one did. ``headers`` go into the reply. ``reason`` is the failure that led to
    this one, where there is one.
    """

    status: int = 500
    code: str = "InternalServerError"
    passing: bool = True
    is_retried: bool = False
    request_id: str | None = None
    headers: Mapping[str, str] = {}
    reason: "ExportError | None" = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(ExportError):
    """The request itself is wrong: sending it again changes nothing. No service was called."""

    passing = False

    def __init_subclass__(cls, *, status: int, code: str) -> None:
        cls.status, cls.code = status, code


class CannotParse(Refused, status=400, code="CannotParseRequest"):
    """The body is not a JSON object in UTF-8."""


class MissingParameter(Refused, status=400, code="MissingParameter"):
    """Required parameters are absent."""


class InvalidParameter(Refused, status=400, code="InvalidParameter"):
    """Parameters are present, but wrong."""


class NotAllowed(Refused, status=403, code="NotAllowed"):
    """The configuration does not allow exports to this destination."""


class NotFound(Refused, status=404, code="NotFound"):
    """No such route."""


class MethodNotAllowed(Refused, status=405, code="MethodNotAllowed"):
    """The route exists, with another method."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This route answers {allowed} only.")
        self.headers = {"allow": allowed}


class TooLarge(Refused, status=413, code="RequestEntityTooLarge"):
    """The body is longer than a request can be."""


class UnsupportedMediaType(Refused, status=415, code="UnsupportedMediaType"):
    """The body is declared as something other than JSON."""


class ServiceRefusal(ExportError):
    """An OCI service answered with an error.

    ``answered`` is the status as it came, ``status`` the one to pass on. ``retry_after`` is in seconds, and
    ``headers`` has it as it came. ``image_state`` decides whether a 409 of an export passes: a lifecycle
    state of Compute, or one of the two constants below where GetImage did not tell one. ``passing`` overrides
    what status, code and state say.
    """

    STATE_UNKNOWN = "could not be found out"
    NO_IMAGE = "not found"

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str | None,
        *,
        service: str,
        request_id: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        image_state: str | None = None,
        passing: bool | None = None,
    ) -> None:
        super().__init__(message or f"{service} answered {status} without saying why.")
        self.service = service
        self.answered = status
        self.status = status if 400 <= status <= 599 and status not in FAILED_FUNCTION_STATUSES else 503
        self.code = code or _code_of(self.status)
        self.request_id = request_id
        self.retry_after = retry_after
        self.headers = headers or {}
        self.image_state = image_state
        self.passing = _passes(self.answered, self.code, image_state) if passing is None else passing
        # Throttled: nothing was done. Or a fault of the service, documented as to be retried with backoff;
        # but what is not implemented won't be a second later.
        self.is_retried = status == 429 or (status >= 500 and status != 501)

    def but(self, **changes: Any) -> "ServiceRefusal":
        """The same refusal with another ``message``, with the ``image_state``, or ``passing``."""
        kept = ("code", "message", "service", "request_id", "retry_after", "headers", "image_state")
        return ServiceRefusal(self.answered, **{name: getattr(self, name) for name in kept} | changes)


class NoAnswer(ExportError):
    """A service could not be reached, did not answer in time, or answered what no one can read."""

    status = 503
    code = "ServiceUnavailable"
    # Done or not done: the retry token makes both safe.
    is_retried = True


class NoTime(NoAnswer):
    """There was no time left for a first try: nothing was sent."""

    def __init__(self) -> None:
        super().__init__("There was not enough time left before the function's deadline.")


class EndingUnknown(NoAnswer):
    """How an export ended can't be found out now: it goes on, or no work request tells."""


class NotAnnounced(NoAnswer):
    """An export was accepted or has ended, or a request was refused for good: that could not be published."""

    def __init__(self, message: str, reason: ExportError) -> None:
        super().__init__(f"{message}: {reason.code}.")
        self.reason = reason


class Misconfigured(ExportError):
    """The function's configuration is incomplete or wrong; the message names every key."""


class Unexpected(ExportError):
    """A bug of ours. What went wrong is in the log, never in the reply."""

    def __init__(self) -> None:
        super().__init__("The function failed unexpectedly. Its log says more under this request id.")


def _passes(answered: int, code: str, image_state: str | None) -> bool:
    """Whether the same request may succeed later."""
    if answered == 409 and image_state not in (None, "AVAILABLE"):
        # Another operation on the image is the likely reason: as long as one may be going on, it may end.
        return image_state not in (*_LASTING_STATES, ServiceRefusal.NO_IMAGE)
    if answered == 409:
        return code in _PASSING_CONFLICTS
    # 401: a clock, or a token that is just being rotated. 3xx: a proxy, for the services don't redirect.
    return answered in (401, 408, 429) or not 400 <= answered < 500


def _code_of(status: int) -> str:
    """For answers without a code, as proxies give: the status in the same form. Some are in no standard."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "")
    except ValueError:
        return "InternalServerError" if status >= 500 else "UnknownError"
