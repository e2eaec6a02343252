"""Every way of calling the function that the README shows, done as it stands there."""

import json
import re
import sys
from typing import Any

import pytest

from handlers.triggers.gateway import ROUTES
from tests.local.oci import Export
from tests.local.platform import LocalPlatform
from tests.readme.document import readme
from tests.readme.shell import Workplace, block_function

README = readme()


def script(section: str) -> str:
    """A section's shell blocks; the work request is the test's, not the page's example."""
    lines = README.shell(section).splitlines()
    return block_function() + "\n".join(line for line in lines if "export WORK_REQUEST_ID=" not in line)


def exports_of(platform: LocalPlatform, variables: dict[str, str]) -> list[Export]:
    return [export for export in platform.cloud.exports if export.image_id == variables["IMAGE_ID"]]


def document(name: str, shell: Workplace, variables: dict[str, str]) -> Any:
    return json.loads(shell.run(f"{block_function()}block {name}", variables))


@pytest.fixture
def work_request_id(platform: LocalPlatform, variables: dict[str, str]) -> str:
    """Of an export of another image, which has begun."""
    image = platform.cloud.images.add(display_name="another")
    payload = {
        "imageId": image["id"],
        "exportImageDetails": {
            "destinationType": "objectStorageTuple",
            "namespaceName": variables["NAMESPACE"],
            "bucketName": variables["BUCKET"],
            "objectName": "another.oci",
        },
    }
    started: str = json.loads(platform.invoke(payload).body)["workRequestId"]
    return started


def test_the_curl_lines_try_export_and_follow(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str], work_request_id: str
) -> None:
    said = users_shell.run(script("Over HTTP"), variables | {"WORK_REQUEST_ID": work_request_id})
    assert re.findall(r"HTTP/1.1 (\d+)", said) == ["200"] * 6
    (export,) = exports_of(platform, variables)
    assert (export.format, export.destination.object) == ("QCOW2", "on-demand/web.qcow2")
    assert f"opc-work-request-id: {export.work_request_id}" in said
    assert said.count("notification-message-id: ") == 1
    assert work_request_id in said
    assert '"openapi"' in said


def test_the_oci_commands_export_and_follow(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str], work_request_id: str
) -> None:
    said = users_shell.run(
        script("By the oci command line"), variables | {"WORK_REQUEST_ID": work_request_id}
    )
    (export,) = exports_of(platform, variables)
    assert (export.format, export.destination.object) == ("VMDK", "on-demand/web.vmdk")
    assert export.work_request_id in said
    assert work_request_id in said


def test_the_python_lines_export_and_wait_for_the_end(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    (block,) = [block for block in README.blocks if block.language == "python"]
    (users_shell.folder / "call.py").write_text(block.content)
    said = users_shell.run(f"{sys.executable} call.py", variables)
    (export,) = exports_of(platform, variables)
    assert said == f"{export.work_request_id} SUCCEEDED\n"
    assert export.format == "VHD"


def test_the_event_exports_once_however_often_it_is_sent(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    event = document("createimage-event.json", users_shell, variables)
    replies = [json.loads(platform.invoke(event).body) for _ in range(2)]
    (export,) = exports_of(platform, variables)
    assert export.destination.object == "web-20260131T235959Z.oci"
    assert [reply["status"] for reply in replies] == ["exported", "exported"]
    assert {reply["workRequestId"] for reply in replies} == {export.work_request_id}


def test_the_direct_call_exports_and_gets_the_reply_that_the_page_shows(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    call = document("direct-call.json", users_shell, variables)
    reply = json.loads(platform.invoke(call).body)
    shown = json.loads(README.named("direct-reply.json").content)
    assert list(reply) == list(shown)
    assert set(shown["image"]) < set(reply["image"])
    assert (reply["image"]["lifecycleState"], list(reply["notification"])) == ("EXPORTING", ["messageId"])
    (export,) = exports_of(platform, variables)
    assert export.destination.object == "on-demand/web.oci"


def test_the_dry_run_exports_nothing(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    reply = json.loads(platform.invoke(document("dry-run.json", users_shell, variables)).body)
    assert reply["image"]["id"] == variables["IMAGE_ID"]
    assert exports_of(platform, variables) == []


def test_the_schedules_body_exports(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    (resource,) = document("schedule-resources.json", users_shell, variables)
    assert resource["id"] == variables["FUNCTION_ID"]
    (body,) = [parameter["value"] for parameter in resource["parameters"]]
    assert json.loads(platform.invoke(body).body)["workRequestId"]
    (export,) = exports_of(platform, variables)
    assert export.destination.object == "on-demand/weekly.oci"


def test_the_log_line_has_the_keys_that_the_page_shows(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    platform.invoke(document("createimage-event.json", users_shell, variables))
    (line,) = [entry for entry in platform.host.log_entries if entry.get("imageId") == variables["IMAGE_ID"]]
    shown = json.loads(README.named("log-line.json").content)
    assert list(line) == list(shown)
    assert line["message"] == shown["message"]


def test_the_gateway_lets_no_header_of_the_platform_and_no_credentials_through() -> None:
    specification = json.loads(README.named("gateway-specification.json").content)
    for route in specification["routes"]:
        allowed = route["requestPolicies"]["headerTransformations"]["filterHeaders"]
        names = {item["name"] for item in allowed["items"]}
        assert allowed["type"] == "ALLOW"
        assert not [name for name in names if name.startswith(("fn-", "oci-"))]
        assert not names & {"authorization", "gateway-token"}
    assert specification["requestPolicies"]["authentication"]["isAnonymousAccessAllowed"] is False


def test_the_gateway_has_the_routes_that_the_function_knows() -> None:
    specification = json.loads(README.named("gateway-specification.json").content)
    deployed = {
        (re.sub(r"\{\w+\}", "{}", route["path"]), method)
        for route in specification["routes"]
        for method in route["methods"]
    }
    assert deployed == {("/" + "/".join(segments), method) for segments, method, _ in ROUTES}
