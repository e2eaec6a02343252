"""`--serve`: the local cloud stays up, says how to call it, and takes events and new images from outside."""

import json
import sys
from pathlib import Path
from shlex import quote
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .platform import LocalPlatform
from .story import export_request

EVENT_FILE = "createimage.end.json"
JSON_TYPE = "-H 'content-type: application/json'"


def control_app(platform: LocalPlatform) -> Starlette:
    """What a cloud's users do elsewhere: `POST /events` sends an event, `POST /images` creates an image."""

    async def send_event(request: Request) -> JSONResponse:
        event = await _json_object(request)
        if event is None:
            return JSONResponse({"message": "the body is no JSON object"}, 400)
        platform.cloud.events.emit(event)
        return JSONResponse({"eventID": event.get("eventID")}, 202)

    async def create_image(request: Request) -> JSONResponse:
        fields = await _json_object(request)
        if fields is None:
            return JSONResponse({"message": "the body is no JSON object"}, 400)
        return JSONResponse(platform.cloud.images.add(announce=True, **fields), 201)

    return Starlette(
        routes=[
            Route("/events", send_event, methods=["POST"]),
            Route("/images", create_image, methods=["POST"]),
        ]
    )


def curl_lines(
    platform: LocalPlatform, control: str, image: dict[str, Any], work_request_id: str, event_file: Path
) -> list[tuple[str, str]]:
    """What can be done and the line to paste for it, in an order in which each works: every route of the
    gateway, an event, a new image."""
    url = platform.gateway.url
    path, body = export_request(platform, image)
    one_image = f"{url}/20160918/images/{image['id']}"
    work_request = f"{url}/20160918/workRequests/{work_request_id}"
    new_image = quote(json.dumps({"displayName": "my-image"}))
    send = f"curl -i -X POST {url}{path} {JSON_TYPE} -d {quote(json.dumps(body))}"
    return [
        ("check an export without starting it", f"{send} -H 'opc-dry-run: true'"),
        ("export an image", send),
        ("the image: EXPORTING, until the export has ended", f"curl -i {one_image}"),
        (
            "the work request of an export (of the story's; yours is in opc-work-request-id)",
            f"curl -i {work_request}",
        ),
        ("its errors", f"curl -i {work_request}/errors"),
        ("its log", f"curl -i {work_request}/logs"),
        ("the description of the API", f"curl -i {url}/openapi.json"),
        ("any other path: an error in the form of the API", f"curl -i {url}/elsewhere"),
        (
            "deliver the story's event again: the same event is the same export",
            f"curl -i -X POST {control}/events {JSON_TYPE} --data @{quote(str(event_file))}",
        ),
        (
            "create an image, whose event starts an export",
            f"curl -i -X POST {control}/images {JSON_TYPE} -d {new_image}",
        ),
    ]


def acceptance_run(platform: LocalPlatform, folder: Path, image: dict[str, Any]) -> str:
    """The line that runs `tests.live` against this cloud, as a user whose profile is written to `folder`."""
    profile = folder / "oci-config"
    user = platform.cloud.api_key(folder)
    profile.write_text("\n".join(["[DEFAULT]", *(f"{key}={value}" for key, value in user.items()), ""]))
    profile.chmod(0o600)
    logs = platform.control.logging_search
    options = {
        "--config-file": str(profile),
        "--function-id": platform.cloud.function_id,
        "--image-id": image["id"],
        "--bucket": platform.cloud.bucket,
        "--log-group-id": logs.log_group_id,
        "--log-id": logs.log_id,
        "--poll": "0.5",
    }
    endpoints = {"default": platform.cloud.endpoint}
    endpoints |= dict.fromkeys(("functions", "logging-search", "audit"), platform.control.url)
    words = [sys.executable, "-m", "tests.live", *(word for option in options.items() for word in option)]
    words += [word for service, url in endpoints.items() for word in ("--endpoint", f"{service}={url}")]
    return " ".join(map(quote, words))


def write_event(platform: LocalPlatform, folder: Path) -> Path:
    """Writes the first event of this cloud to a file, to be sent again. Returns its path."""
    file = folder / EVENT_FILE
    file.write_text(json.dumps(platform.cloud.events.emitted[0], indent=2) + "\n", encoding="utf-8")
    return file


async def _json_object(request: Request) -> dict[str, Any] | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
