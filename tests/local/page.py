"""What `--serve` serves: a page for the browser, which shows what there is and has a button for what can go
wrong; the routes that the page's buttons call; and lines to paste.

Loopback only, and for nobody else's page: a request needs this server's own name (another may have been made
to lead here), and one that a browser sends for a page has to be sent for this one.
"""

import base64
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from .guard import CHECKOUT
from .oci import Call, Cloud, Export, Fault
from .oci.identifiers import rfc3339, seconds
from .onlooker import Onlooker, event_name
from .platform import LocalPlatform
from .screen import Screen, short_ocids
from .story import LONG_AGO_S, POLL_ID, catch_up_call, export_request

CURL, JSON_TYPE = "curl -i -w '\\n'", "-H 'content-type: application/json'"
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
        self._html = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        self.app = Starlette(
            routes=[
                Route("/", self._show),
                Route("/state", self._state),
                _posted("/images", self._create_image),
                _posted("/events", self._send_event),
                _posted("/calls", self._call),
                _posted("/faults", self._arm),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
            exception_handlers={HTTPException: _refusal},
        )

    def _show(self, _: Request) -> HTMLResponse:
        return HTMLResponse(self._html, headers={"content-security-policy": _policy(self._html)})

    def _state(self, request: Request) -> JSONResponse:
        """What there is, and what is new since so many steps, messages and lines of the log."""
        since = {name: int(request.query_params.get(name, 0)) for name in ("steps", "messages", "log")}
        steps = self._screen.steps[since["steps"] :]
        messages = self._cloud.messages[since["messages"] :]
        lines = self._platform.host.logs[since["log"] :]
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
                "known": {name: since[name] + count for name, count in new.items()},
            }
        )

    def _create_image(self, fields: dict[str, Any]) -> Response:
        name = fields.get("displayName")
        if set(fields) != {"displayName"} or not isinstance(name, str) or not 0 < len(name) <= 255:
            raise HTTPException(400, "An image is created with a displayName of 1 to 255 characters.")
        created = rfc3339(self._cloud.clock.now() - LONG_AGO_S)
        return JSONResponse(self._cloud.images.add(name, announce=True, time_created=created), 201)

    def _send_event(self, event: dict[str, Any]) -> Response:
        try:
            seconds(str(event.get("eventTime")))
        except ValueError:
            raise HTTPException(400, "An event has an eventTime (RFC 3339).") from None
        if not isinstance(event.get("eventType"), str) or not isinstance(event.get("data"), dict):
            raise HTTPException(400, "An event has an eventType, and data, an object.")
        self._cloud.events.emit(event)
        return JSONResponse({"eventID": event.get("eventID")}, 202)

    def _call(self, call: dict[str, Any]) -> Response:
        invocation = self._platform.invoke(call)
        if invocation.failure:
            raise HTTPException(invocation.status, f"The call failed: {invocation.failure}.")
        answer = short_ocids(invocation.body.decode())
        self._onlooker.tell("function", f"answered a direct call: {answer}")
        return Response(invocation.body, media_type="application/json")

    def _arm(self, fields: dict[str, Any]) -> Response:
        if fields.get("fault") not in FAULTS or not isinstance(fields.get("on"), bool):
            raise HTTPException(400, f"A fault is one of {', '.join(FAULTS)}; on is true or false.")
        self._faults.arm(fields["fault"], fields["on"])
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


def _posted(path: str, work: Callable[[dict[str, Any]], Response]) -> Route:
    """The route of a button. The work is done in a thread, for the function calls this cloud meanwhile."""

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(work, await _json_object(request))

    return Route(path, answer, methods=["POST"])


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


def curl_lines(
    platform: LocalPlatform, control: str, image: dict[str, Any], work_request_id: str
) -> dict[str, str]:
    """What can be done and the line to paste for it, in an order in which each works."""

    def post(where: str, document: object) -> str:
        return f"{CURL} -X POST {where} {JSON_TYPE} -d {quote(json.dumps(document))}"

    event_file = platform.folder / "createimage.end.json"
    event_file.write_text(json.dumps(platform.cloud.events.emitted[0], indent=2) + "\n", encoding="utf-8")
    url = platform.gateway.url
    path, body = export_request(platform, image)
    export = post(url + path, body)
    work_request = f"{CURL} {url}/20160918/workRequests/{work_request_id}"
    send_event = f"{CURL} -X POST {control}/events {JSON_TYPE} --data @{quote(str(event_file))}"
    catch_up = post(f"{control}/calls", catch_up_call(platform))
    create_image = post(f"{control}/images", {"displayName": "my-image"})
    return {
        "check an export without starting it": f"{export} -H 'opc-dry-run: true'",
        "export an image": export,
        "the image: EXPORTING, until its export has ended": f"{CURL} {url}/20160918/images/{image['id']}",
        "the work request of the story's export; yours is in opc-work-request-id": work_request,
        "its errors": f"{work_request}/errors",
        "its log": f"{work_request}/logs",
        "the description of the API": f"{CURL} {url}/openapi.json",
        "any other path: an error in the form of the API": f"{CURL} {url}/elsewhere",
        "deliver the story's event again: the same event is the same export": send_event,
        "catch up, by a direct call: export what was missed, announce what has ended": catch_up,
        "create an image, whose event starts an export": create_image,
    }


def acceptance_run(platform: LocalPlatform, image: dict[str, Any]) -> str:
    """The line that runs `tests.live` against this cloud, as a user whose profile is written for it."""
    profile = platform.credentials / "oci-config"
    user = platform.cloud.api_key(platform.credentials)
    profile.write_text("\n".join(["[DEFAULT]", *(f"{key}={value}" for key, value in user.items()), ""]))
    profile.chmod(0o600)
    options = {
        "--config-file": str(profile),
        "--function-id": platform.cloud.function_id,
        "--image-id": image["id"],
        "--bucket": platform.cloud.bucket,
        "--log-group-id": platform.control.log_group_id,
        "--log-id": platform.control.log_id,
        "--poll": "0.5",
    }
    endpoints = {"default": platform.cloud.endpoint}
    endpoints |= dict.fromkeys(("functions", "logging-search", "audit"), platform.control.url)
    words = [sys.executable, "-m", "tests.live", *(word for option in options.items() for word in option)]
    words += [word for service, url in endpoints.items() for word in ("--endpoint", f"{service}={url}")]
    return f"cd {quote(str(CHECKOUT))} && {' '.join(map(quote, words))}"
