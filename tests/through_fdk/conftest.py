"""The function behind the FDK's own fixtures, with fakes for the cloud and the clock."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from fdk.constants import FN_ENFORCED_RESPONSE_CODES
from fdk.fixtures import setup_fn_call_raw

from handlers import settings
from handlers.application import Application
from handlers.entry import Function
from handlers.exports.policy import Policy
from tests import events
from tests.fakes import ENVIRONMENT, HOSTS, FakeServices
from tests.local.fn.platform_headers import platform_headers
from tests.local.gateway.fn_headers import from_function, to_function

CALL_ID = "01KG0CALLOFTHISTEST"
FUNCTION_ID = "ocid1.fnfunc.oc1.eu-frankfurt-1.aaaaaaaafunction"
PREFIX = "/deployed/somewhere"
SECONDS = 120.0


@dataclass(frozen=True)
class Answered:
    """What came back. ``status``: as a gateway's client sees it; of another call, what the platform sees:
    200, or 502 where the invocation failed. ``headers``: as the same reader sees them, in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def failed(self) -> bool:
        """Whether the platform counts the invocation as failed, and drops the body."""
        return self.status in FN_ENFORCED_RESPONSE_CODES and self.status != 200


class Deployed:
    """The function in one container, and its callers.

    ``services``: the fakes. ``builds``: how often what is costly was built.
    """

    def __init__(
        self, environment: Mapping[str, str], services: FakeServices, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.services = services
        self.builds = 0
        self.function = Function(environment, services.clock, self._build)
        self._capsys = capsys

    def http(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        client_first: bool = False,
    ) -> Answered:
        """A request to the gateway, which hands it on with its own headers, and the answer to its client."""
        given = to_function(
            list({"content-type": "application/json", **(headers or {})}.items()),
            body,
            method=method,
            url=PREFIX + path,
            client="192.0.2.7",
            request_id="the-gateways-own",
            client_first=client_first,
        )
        status, answered, content = self._call(given, body)
        assert status == 200, "the gateway would drop the body"
        seen, pairs = from_function(answered)
        return Answered(seen, dict(pairs), content)

    def export(self, image_id: str, payload: str = "gateway.tuple", **headers: str) -> Answered:
        """ExportImage over HTTP; in a header's name, an underscore is a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http("POST", f"/20160918/images/{image_id}/actions/export", events.read(payload), named)

    def invoke(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answered:
        """A direct call, or an event's delivery."""
        return Answered(*self._call(list((headers or {}).items()), body))

    def deliver(self, payload: str) -> Answered:
        """An event's delivery."""
        return self.invoke(events.read(payload))

    def detach(self, payload: str) -> Answered:
        """A detached call: nobody waits for its reply."""
        return self.invoke(events.read(payload), {"fn-invoke-type": "detached"})

    def log(self) -> list[dict[str, Any]]:
        """The lines that the function has written since the last look."""
        return [json.loads(line) for line in self._capsys.readouterr().err.splitlines()]

    def _call(self, given: list[Any], body: bytes) -> tuple[int, dict[str, str], bytes]:
        deadline = self.services.clock.now() + timedelta(seconds=SECONDS)
        sent = platform_headers(given, call_id=CALL_ID, deadline=deadline)
        # The FDK's server keeps the last of repeated headers, with its name in lower case.
        headers = {name.lower(): value for name, value in sent}

        async def call() -> tuple[str | bytes, int, dict[str, str]]:
            # The fixture hands back a coroutine of a coroutine.
            return await (await setup_fn_call_raw(self.function, BytesIO(body), headers))

        content, status, answered = asyncio.run(call())
        wire = status if status in FN_ENFORCED_RESPONSE_CODES else 200
        return wire, answered, content if isinstance(content, bytes) else content.encode()

    def _build(self, environment: Mapping[str, str]) -> Application:
        self.builds += 1
        return Application(Policy(settings.read(environment), HOSTS), self.services)


@pytest.fixture
def services() -> FakeServices:
    """A cloud with one image, tests.fakes.IMAGE_ID."""
    return FakeServices()


@pytest.fixture
def deploy(
    services: FakeServices, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Deployed]:
    """Deploys the function with configuration keys added or replaced; None takes one out."""
    monkeypatch.setenv("FN_FN_ID", FUNCTION_ID)

    def deployed(**configuration: str | None) -> Deployed:
        keys = {**ENVIRONMENT, **configuration}
        return Deployed({k: v for k, v in keys.items() if v is not None}, services, capsys)

    return deployed


@pytest.fixture
def deployed(deploy: Callable[..., Deployed]) -> Deployed:
    """The function with the configuration that everything works with."""
    return deploy()
