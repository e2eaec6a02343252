"""The function with the FDK's own context and response, over fakes of the cloud and the clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from fdk.constants import FN_ENFORCED_RESPONSE_CODES
from fdk.context import InvokeContext

from handlers import settings
from handlers.clock import rfc3339
from handlers.container import Container
from handlers.entry import Function
from tests import events
from tests.fakes import CALL_ID, ENVIRONMENT, HOSTS, IMAGE_ID, FakeServices

FUNCTION_ID = "ocid1.fnfunc.oc1.eu-frankfurt-1.aaaaaaaafunction"
SECONDS = 120.0
_OF_CLIENTS = "fn-http-h-"
_OF_THE_FDK = ("fn-fdk-version", "fn-fdk-runtime")


@dataclass(frozen=True)
class Answered:
    """``status`` and ``headers``: as a gateway's client sees them; of another call, as the platform does."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def failed(self) -> bool:
        """Whether the platform counts the invocation as failed, and drops the body."""
        return self.status in (502, 504)


class Deployed:
    """The function in one container, and its callers. ``builds``: how often what it keeps was built."""

    def __init__(self, services: FakeServices, capsys: pytest.CaptureFixture[str]) -> None:
        self.services = services
        self.configuration: dict[str, str | None] = dict(ENVIRONMENT)
        self.builds = 0
        self._capsys = capsys

    @property
    def function(self) -> Function:
        if not hasattr(self, "_function"):
            given = {key: value for key, value in self.configuration.items() if value is not None}
            self._function = Function(given, self.services.clock, self.build)
        return self._function

    def build(self, environment: Mapping[str, str]) -> Container:
        self.builds += 1
        return Container(settings.read(environment), self.services, HOSTS)

    def http(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answered:
        """A request to the gateway, and the answer to its client."""
        sent = {"content-type": "application/json", **(headers or {})}
        given = {f"{_OF_CLIENTS}{name}": value for name, value in sent.items()}
        response = self._call(
            body, {**given, "fn-intent": "httprequest"}, request_url=f"/deployed{path}", method=method
        )
        answered = response.context().GetResponseHeaders()
        seen = {name[len(_OF_CLIENTS) :]: v for name, v in answered.items() if name.startswith(_OF_CLIENTS)}
        # The gateway's client never sees what the platform makes of these two.
        assert response.status() not in (502, 504)
        seen = {"content-type": answered["content-type"], **seen}
        return Answered(int(answered["fn-http-status"]), seen, response.body_bytes())

    def export(self, payload: str = "gateway.tuple", image_id: str = IMAGE_ID, **headers: str) -> Answered:
        """ExportImage over HTTP; in a header's name, an underscore is a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http("POST", f"/20160918/images/{image_id}/actions/export", events.read(payload), named)

    def invoke(self, body: bytes | str, headers: Mapping[str, str] | None = None) -> Answered:
        """A direct call, or an event's delivery; a text is the name of a payload."""
        body = body if isinstance(body, bytes) else events.read(body)
        response = self._call(body, dict(headers or {}))
        # What the FDK's server makes of it.
        status = response.status() if response.status() in FN_ENFORCED_RESPONSE_CODES else 200
        return Answered(status, response.context().GetResponseHeaders(), response.body_bytes())

    def detach(self, body: bytes | str) -> Answered:
        """A detached call: nobody waits for its reply."""
        return self.invoke(body, {"fn-invoke-type": "detached"})

    def log(self) -> list[dict[str, Any]]:
        """The lines that the function has written since the last look."""
        return [json.loads(line) for line in self._capsys.readouterr().err.splitlines()]

    def line(self) -> dict[str, Any]:
        """The line of the one invocation since the last look."""
        (line,) = [line for line in self.log() if "deadlineLeftMs" in line]
        return line

    def outcome(self, answered: Answered) -> dict[str, Any]:
        """All that left the function, but for the time of the log line."""
        headers = {name: value for name, value in answered.headers.items() if name not in _OF_THE_FDK}
        published = self.services.notifications.messages
        return {
            "reply": {"status": answered.status, "headers": headers, "body": answered.json()},
            "published": [{"title": title, "body": json.loads(body)} for title, body in published],
            "log": {key: value for key, value in self.line().items() if key != "time"},
        }

    def _call(self, body: bytes, headers: dict[str, str], **more: str) -> Any:
        deadline = rfc3339(self.services.clock.now() + timedelta(seconds=SECONDS))
        context = InvokeContext(
            None, None, FUNCTION_ID, None, CALL_ID, deadline=deadline, headers=headers, **more
        )
        return self.function(context, BytesIO(body))
