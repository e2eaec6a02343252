"""One call of a service, and the layers around it: signed, read, tried again within the invocation's time.

The SDK's generated clients are left aside on purpose. They read an image into a model of theirs, which drops
fields of the API reference and replaces values that it does not know; and importing them loads a thousand
model classes. Their retries (8 tries, 600 s), timeouts (60 s) and shared circuit breaker know nothing of a
function's deadline. What they send is what is sent here: a test compares each operation.
"""

import json
import logging
import math
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import orjson

from handlers import logs
from handlers.clock import LEAST_TRY, Budget, Clock, backoff, end_of_try, plan, seconds_to_wait
from handlers.cloud.sdk import UNREADABLE, __version__, constants, regions
from handlers.cloud.transport import TRANSPORT_ERRORS, Request, Response, Transport
from handlers.errors import ExportError, NoAnswer, NoTime, ServiceRefusal
from handlers.redaction import Redactor

_T = TypeVar("_T")

_CLIENT = f"Oracle-PythonSDK/{__version__}"
_HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    constants.HEADER_CLIENT_INFO: _CLIENT,
    constants.HEADER_USER_AGENT: (
        f"{_CLIENT} (python {platform.python_version()}; {platform.machine()}-{platform.system()})"
    ),
}
# Levels of a document. What is kept of one stands deeper in a record, which is read back as well.
_DEEPEST, _DEEPEST_OF_OURS = 100, 110
_LONGEST_MESSAGE, _LONGEST_RETRY_AFTER = 4096, 64
_CODE = re.compile("[ -~]{1,128}")


class Service(NamedTuple):
    """A service as the SDK's generated client describes it. ``title`` is its name in messages.

    ``has_dual_stack``: IPv4 and IPv6, where the environment asks for it. ``takes_request_id``: a caller's own
    opc-request-id is sent on to it. ``endpoint``, scheme and host, is known of one that is ``at`` a place.
    """

    title: str
    name: str
    base_path: str
    host: str
    has_dual_stack: bool = False
    takes_request_id: bool = False
    endpoint: str = ""

    def at(self, endpoint: str | None, region: str) -> "Service":
        """The service at that endpoint; at the region's, in its realm's domain, where none is given."""
        is_dual = os.environ.get("OCI_DUAL_STACK_ENDPOINT_ENABLED", "").lower() == "true"
        stack = "ds.oci." if is_dual and self.has_dual_stack else ""
        return self._replace(
            endpoint=endpoint
            or regions.endpoint_for(
                self.name,
                region,
                service_endpoint_template=f"https://{self.host}.{{region}}.{stack}{{secondLevelDomain}}",
                endpoint_service_name=self.host,
            )
        )


class Answer(NamedTuple):
    """A service's success: the body as it came, and the same parsed.

    Header names are in lower case; a value that is longer than any gateway passes on is left out.
    """

    document: Any
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")

    @property
    def request_id(self) -> str | None:
        return self.headers.get("opc-request-id")

    def text(self, key: str) -> str | None:
        """A field of the document, if it is a text. Services may send what their reference doesn't say."""
        value = self.document.get(key) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else None


class Connection:
    """What a container keeps of the cloud: the function's resource principal, and its connections."""

    def __init__(self, signer: Any, transport: Transport) -> None:
        self._signer = signer
        self._transport = transport

    @property
    def session_token(self) -> str:
        """The resource principal's token at this moment: a secret."""
        return str(self._signer.api_key)

    def send(self, request: Request, *, until: float) -> Response:
        """An answer of any status. A 401 makes the signer read the platform's files again, and the request is
        sent once more.

        Raises one of TRANSPORT_ERRORS; NoAnswer where the platform is replacing the files just now.
        """
        response = self._sent(request, until)
        if response.status == 401:
            try:
                self._signer.refresh_security_token()
            except UNREADABLE as error:
                raise NoAnswer(
                    f"The function's resource principal can't be read ({type(error).__name__})."
                ) from None
            response = self._sent(request, until)
        return response

    def _sent(self, request: Request, until: float) -> Response:
        # As the SDK does: the hash of what is PUT, an object, is not part of the signature.
        self._signer(request, enforce_content_headers=request.method != "PUT")
        return self._transport.send(request, until=until)


class Client:
    """The calls of one invocation: each tried again within its part of the time, all of them counted.

    ``calls``: how many were made. ``unanswered``: how many POSTs may have been carried out although they
    failed. ``request_id``: the caller's own opc-request-id, to be sent on.
    ``throttled_seconds``: how long, in all, to wait for a topic that throttles; for ever by default.
    """

    def __init__(
        self,
        connection: Connection,
        budget: Budget,
        clock: Clock,
        redactor: Redactor,
        *,
        request_id: str | None = None,
        throttled_seconds: float = math.inf,
    ) -> None:
        self._connection = connection
        self._budget = budget
        self._clock = clock
        self._redactor = redactor
        self._request_id = request_id
        self._throttled_seconds = throttled_seconds
        self._most_tries: int | None = None
        self.calls = 0
        self.unanswered = 0

    def part_of_time(self, part: float) -> AbstractContextManager[None]:
        """In here, all calls share that part of the time until the announcement has to be over."""
        now = self._clock.monotonic()
        ends = now + max(0.0, self._budget.announcement - now) * part
        return self._limited(Budget(ends, ends), self._most_tries)

    def turn(self, seconds: float, most_tries: int) -> AbstractContextManager[None]:
        """In here, the time is these seconds, shared out as an invocation's is; a call is tried so often at
        most, and a service that throttles is not waited for.
        """
        now = self._clock.monotonic()
        return self._limited(plan(now, min(now + seconds, self._budget.announcement)), most_tries)

    @contextmanager
    def _limited(self, budget: Budget, most_tries: int | None) -> Iterator[None]:
        before = self._budget, self._most_tries
        self._budget, self._most_tries = budget, most_tries
        try:
            yield
        finally:
            self._budget, self._most_tries = before

    def pause(self, seconds: float) -> bool:
        """Sleeps so long, if a call can be made after that in this part of the time; else returns False."""
        if seconds + LEAST_TRY > self.seconds_left():
            return False
        self._clock.sleep(seconds)
        return True

    def wait(self, tries: int, failure: ExportError | None = None, *, is_announcement: bool = False) -> bool:
        """Pauses before try number ``tries`` + 1, the longer the more there were; False to give up."""
        is_throttled = isinstance(failure, ServiceRefusal) and failure.answered in (409, 429)
        if self._most_tries is not None and (is_throttled or tries == self._most_tries):
            return False
        seconds = backoff(failure, tries, self.seconds_left(is_announcement), self._clock.random())
        if seconds is None:
            return False
        if is_announcement and is_throttled:
            if seconds > self._throttled_seconds:
                return False
            self._throttled_seconds -= seconds
        self._clock.sleep(seconds)
        return True

    def call(
        self,
        service: Service,
        method: str,
        path: str,
        *names: str,
        read: Callable[[Response, str], _T],
        query: Mapping[str, str | None] = {},
        headers: Mapping[str, str | None] = {},
        body: bytes | None = None,
        is_announcement: bool = False,
    ) -> _T:
        """What ``read`` makes of the service's success; tried again until it is refused or time is up.

        ``names`` go into the ``{}`` of ``path``, encoded, slashes too: no name can reach another path. Raises
        ServiceRefusal for an error answer, NoAnswer for none that can be read, NoTime if there was no try.
        """
        path_url = service.base_path + path.format(*(_encode(name) for name in names))
        parameters = {name: value for name, value in query.items() if value is not None}
        if parameters:
            path_url += "?" + urlencode(parameters)
        given = {name: value for name, value in headers.items() if value is not None}
        if body is not None:
            given["content-length"] = str(len(body))
        if self.seconds_left(is_announcement) < LEAST_TRY:
            raise NoTime
        tries = 0
        while True:
            tries += 1
            self.calls += 1
            request_id = self._request_id if service.takes_request_id else None
            identified = {**_HEADERS, constants.HEADER_REQUEST_ID: request_id or uuid4().hex.upper(), **given}
            request = Request(method, service.endpoint, path_url, identified, body)
            try:
                return read(self._answer(request, service, is_announcement), service.title)
            except ExportError as failure:
                if method == "POST" and not (
                    isinstance(failure, ServiceRefusal) and 400 <= failure.answered < 500
                ):
                    self.unanswered += 1
                # The last try's failure is an error, and shows where that is dealt with.
                logs.write(logging.DEBUG, f"{method} of {service.title} failed", failure)
                if not failure.is_retried or not self.wait(tries, failure, is_announcement=is_announcement):
                    raise

    def _answer(self, request: Request, service: Service, is_announcement: bool) -> Response:
        now = self._clock.monotonic()
        until = end_of_try(now, now + self.seconds_left(is_announcement))
        try:
            response = self._connection.send(request, until=until)
        except TRANSPORT_ERRORS as error:
            raise NoAnswer(
                f"{service.title} gave no usable answer in time ({type(error).__name__})."
            ) from None
        finally:
            self._redactor.add(self._connection.session_token)
        if not 200 <= response.status <= 299:
            raise _refusal(response, service.title)
        return response

    def seconds_left(self, is_announcement: bool = False) -> float:
        """Until the work, or the announcement, has to be over in this part of the time."""
        ends = self._budget.announcement if is_announcement else self._budget.work
        return ends - self._clock.monotonic()


def any_answer(
    response: Response,
    service: str,
    *,
    kind: type = object,
    called: str = "",
    deepest: int = _DEEPEST_OF_OURS,
) -> Answer:
    """A success with whatever body: its document is None where that is no JSON, or nested too deeply.

    Raises NoAnswer where the body broke off, and for a document that is not of that kind.
    """
    if response.body is None:
        raise NoAnswer(f"{service} gave no complete answer in time.")
    document = _document(response.body, deepest)
    if not isinstance(document, kind):
        raise NoAnswer(f"{service} answered with something other than {called}.")
    return Answer(document, response.body, response.headers)


an_object = partial(any_answer, kind=dict, called="an object", deepest=_DEEPEST)
a_list = partial(any_answer, kind=list, called="a list", deepest=_DEEPEST)


def _refusal(response: Response, service: str) -> ServiceRefusal:
    """What an error answer says, whatever it looks like. Raises NoAnswer where the body broke off."""
    if response.body is None:
        raise NoAnswer(f"{service} gave no complete answer in time.")
    code, message = _code_and_message(response.body)
    pause = response.headers.get("retry-after", "")
    return ServiceRefusal(
        response.status,
        code,
        message,
        service=service,
        request_id=response.headers.get("opc-request-id"),
        retry_after=seconds_to_wait(pause, datetime.now(UTC)),
        headers={"retry-after": pause} if 0 < len(pause) <= _LONGEST_RETRY_AFTER else None,
    )


def _document(body: bytes, deepest: int) -> Any:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return None if _is_deep(body, document, deepest) else document


def _is_deep(body: bytes, document: Any, deepest: int) -> bool:
    """Whether other code may fail to walk through it."""
    if body.count(b"[") + body.count(b"{") <= deepest:
        return False
    level = [document]
    for _ in range(deepest):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _code_and_message(body: bytes) -> tuple[str | None, str | None]:
    # Not orjson: it takes half an emoji for no JSON at all, and the code would be lost with it.
    try:
        document = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None, None  # a proxy's page
    if not isinstance(document, dict):
        return None, None
    code, message = document.get("code"), document.get("message")
    return (
        code if isinstance(code, str) and _CODE.fullmatch(code) else None,
        message[:_LONGEST_MESSAGE].encode("utf-8", "replace").decode() if isinstance(message, str) else None,
    )


def _encode(name: str) -> str:
    encoded = quote(name, safe="")
    # Dots alone are a step on a path, which someone on the way may take.
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")
