"""Lines to paste that call the local cloud while it stays up."""

import json
import sys
from shlex import quote
from typing import Any

from .guard import CHECKOUT
from .platform import LocalPlatform
from .story import catch_up_call, export_request

CURL, JSON_TYPE = "curl -i -w '\\n'", "-H 'content-type: application/json'"


def curl_lines(
    platform: LocalPlatform, control: str, image: dict[str, Any], work_request_id: str
) -> list[tuple[str, str]]:
    """What can be done and the line to paste for it, in an order in which each works: every route of the
    gateway, an event, a new image."""
    event_file = platform.folder / "createimage.end.json"
    event_file.write_text(json.dumps(platform.cloud.events.emitted[0], indent=2) + "\n", encoding="utf-8")
    url = platform.gateway.url
    path, body = export_request(platform, image)
    one_image = f"{url}/20160918/images/{image['id']}"
    work_request = f"{url}/20160918/workRequests/{work_request_id}"
    catch_up = quote(json.dumps(catch_up_call(platform)))
    new_image = quote(json.dumps({"displayName": "my-image"}))
    send = f"{CURL} -X POST {url}{path} {JSON_TYPE} -d {quote(json.dumps(body))}"
    return [
        ("check an export without starting it", f"{send} -H 'opc-dry-run: true'"),
        ("export an image", send),
        ("the image: EXPORTING, until the export has ended", f"{CURL} {one_image}"),
        (
            "the work request of an export (of the story's; yours is in opc-work-request-id)",
            f"{CURL} {work_request}",
        ),
        ("its errors", f"{CURL} {work_request}/errors"),
        ("its log", f"{CURL} {work_request}/logs"),
        ("the description of the API", f"{CURL} {url}/openapi.json"),
        ("any other path: an error in the form of the API", f"{CURL} {url}/elsewhere"),
        (
            "deliver the story's event again: the same event is the same export",
            f"{CURL} -X POST {control}/events {JSON_TYPE} --data @{quote(str(event_file))}",
        ),
        (
            "catch up: export what was missed, announce what has ended; a direct call of the function",
            f"{CURL} -X POST {control}/calls {JSON_TYPE} -d {catch_up}",
        ),
        (
            "create an image, whose event starts an export",
            f"{CURL} -X POST {control}/images {JSON_TYPE} -d {new_image}",
        ),
    ]


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
