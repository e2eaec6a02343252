"""What `--serve` serves: a page for the browser, which shows what there is and has a button for what can go
wrong; and the routes that the page's buttons and the printed lines call.

Loopback only, and for nobody else's page: a request needs this server's own name (another may have been made
to lead here), and one that a browser sends for a page has to be sent for this one.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from .oci import Call, Cloud, Export, Fault
from .oci.identifiers import rfc3339, seconds
from .onlooker import Onlooker, event_name
from .platform import LocalPlatform
from .screen import Screen, short_ocids
from .story import LONG_AGO_S, POLL_ID, catch_up_call

PAGE = Path(__file__).with_name("page.html")
FAULTS = ("lost event", "throttled topic", "known issue", "failed export", "killed container")


class FaultsByHand:
    """What goes wrong next. `armed`: the faults that wait for their moment, or that last until taken back."""

    def __init__(self, platform: LocalPlatform, onlooker: Onlooker) -> None:
        self._platform, self._cloud, self._onlooker = platform, platform.cloud, onlooker
        self._lock = threading.Lock()
        self._exports = 0
        self.armed: set[str] = set()
        throttled = Fault("PublishMessage", 429, "TooManyRequests", "Too many requests", {"retry-after": "2"})
        self._cloud.faults.add(
            Fault("DeliverEvent", times=None, when=self._loses),
            Fault("EndExport", message="The disk could not be read", times=None, when=self._fails),
            replace(throttled, times=None, when=lambda _: "throttled topic" in self.armed),
        )
        self._cloud.on("ExportImage", "done", self._kill)

    def arm(self, name: str, on: bool) -> None:
        with self._lock:
            (self.armed.add if on else self.armed.discard)(name)
            self._exports = len(self._cloud.exports)
            self._cloud.switches.refuses_tuples = "known issue" in self.armed

    def _met(self, name: str, actor: str, what: str) -> bool:
        """Whether a fault that happens once happens now; it is told."""
        with self._lock:
            if name not in self.armed:
                return False
            self.armed.remove(name)
        self._onlooker.tell(actor, what)
        return True

    def _loses(self, event: Mapping[str, Any]) -> bool:
        return self._met("lost event", "Events", f"{event_name(event)} gets lost on its way")

    def _fails(self, export: Export) -> bool:
        return self._met("failed export", "Compute", f"fails to export to {export.destination.object}")

    def _kill(self, _: Call) -> None:
        accepted = len(self._cloud.exports) > self._exports
        if accepted and self._met("killed container", "container", "is killed: it never sees the answer"):
            self._platform.host.kill_busy()


class Page:
    """`app`: `GET /` is the page. `POST /images` creates an image, `/events` sends an event, `/calls` calls
    the function directly."""

    def __init__(self, platform: LocalPlatform, screen: Screen, onlooker: Onlooker) -> None:
        self._platform, self._cloud, self._screen = platform, platform.cloud, screen
        self._onlooker = onlooker
        self._faults = FaultsByHand(platform, onlooker)
        self._html = PAGE.read_text(encoding="utf-8")
        self.app = Starlette(
            routes=[
                Route("/", self._show),
                Route("/state", self._state),
                Route("/images", self._create_image, methods=["POST"]),
                Route("/events", self._send_event, methods=["POST"]),
                Route("/calls", self._call, methods=["POST"]),
                Route("/faults", self._arm, methods=["POST"]),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
            exception_handlers={HTTPException: _refusal},
        )

    async def _show(self, _: Request) -> HTMLResponse:
        return HTMLResponse(self._html, headers={"content-security-policy": _policy(self._html)})

    async def _state(self, request: Request) -> JSONResponse:
        """What there is, and what is new since so many steps, messages and lines of the log."""
        since = {name: request.query_params.get(name, "0") for name in ("steps", "messages", "log")}
        if not all(re.fullmatch("[0-9]{1,9}", number) for number in since.values()):
            raise HTTPException(400, "steps, messages and log are how many of them are known.")
        steps = self._screen.steps[int(since["steps"]) :]
        messages = self._cloud.messages[int(since["messages"]) :]
        lines = self._platform.host.logs[int(since["log"]) :]
        new = {"steps": len(steps), "messages": len(messages), "log": len(lines)}
        return JSONResponse(
            {
                "gateway": self._platform.gateway.url,
                "containers": len(self._platform.host.containers),
                "armed": sorted(self._faults.armed),
                "catchUp": catch_up_call(self._platform),
                "images": [_image(self._cloud, image_id) for image_id in reversed(list(self._cloud.images))],
                "steps": steps,
                "messages": [json.loads(message.body) | {"title": message.title} for message in messages],
                "log": [line for line in lines if POLL_ID not in line],
                "known": {name: int(since[name]) + count for name, count in new.items()},
            }
        )

    async def _create_image(self, request: Request) -> JSONResponse:
        fields = await _json_object(request)
        name = fields.get("displayName")
        if set(fields) != {"displayName"} or not isinstance(name, str) or not 0 < len(name) <= 255:
            raise HTTPException(400, "An image is created with a displayName of 1 to 255 characters.")
        created = rfc3339(self._cloud.clock.now() - LONG_AGO_S)
        image = await run_in_threadpool(self._cloud.images.add, name, announce=True, time_created=created)
        return JSONResponse(image, 201)

    async def _send_event(self, request: Request) -> JSONResponse:
        event = await _json_object(request)
        try:
            seconds(str(event.get("eventTime")))
        except ValueError:
            raise HTTPException(400, "An event has an eventTime (RFC 3339).") from None
        if not isinstance(event.get("eventType"), str) or not isinstance(event.get("data"), dict):
            raise HTTPException(400, "An event has an eventType, and data, an object.")
        await run_in_threadpool(self._cloud.events.emit, event)
        return JSONResponse({"eventID": event.get("eventID")}, 202)

    async def _call(self, request: Request) -> Response:
        invocation = await run_in_threadpool(self._platform.invoke, await _json_object(request))
        if invocation.failure:
            raise HTTPException(invocation.status, f"The call failed: {invocation.failure}.")
        answer = short_ocids(invocation.body.decode())
        await run_in_threadpool(self._onlooker.tell, "function", f"answered a direct call: {answer}")
        return Response(invocation.body, media_type="application/json")

    async def _arm(self, request: Request) -> JSONResponse:
        fields = await _json_object(request)
        if fields.get("fault") not in FAULTS or not isinstance(fields.get("on"), bool):
            raise HTTPException(400, f"A fault is one of {', '.join(FAULTS)}; on is true or false.")
        await run_in_threadpool(self._faults.arm, fields["fault"], fields["on"])
        return JSONResponse({"armed": sorted(self._faults.armed)})


def _image(cloud: Cloud, image_id: str) -> dict[str, Any]:
    """An image and its exports, the newest first."""
    image = cloud.images[image_id]
    exports = [
        {
            "workRequestId": export.work_request_id,
            "status": (work := cloud.work_requests[export.work_request_id])["status"],
            "percent": work["percentComplete"],
            "to": "/".join(export.destination),
            "format": export.format,
            "via": export.via,
            "errors": [error["message"] for error in cloud.work_requests.errors(export.work_request_id)],
        }
        for export in reversed(cloud.exports)
        if export.image_id == image_id
    ]
    return {"name": image["displayName"], "state": image["lifecycleState"], "exports": exports}


async def _json_object(request: Request) -> dict[str, Any]:
    """The body of a request that this server's own page sends, or a program."""
    own = f"http://{request.headers['host']}"
    if request.headers.get("origin", own) != own:
        raise HTTPException(403, "This is for the page of this server alone.")
    try:
        body = await request.json()
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # what no answer could have in it
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is no JSON object.")
    return body


async def _refusal(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    return JSONResponse({"message": problem.detail}, problem.status_code)


def _policy(page: str) -> str:
    """The page's own script and style, this server, and no frame around it."""
    hashes = {
        tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for tag, text in re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)
    }
    own = [f"{tag}-src 'sha256-{digest}'" for tag, digest in hashes.items()]
    return "; ".join(["default-src 'none'", *own, "connect-src 'self'", "frame-ancestors 'none'"])
