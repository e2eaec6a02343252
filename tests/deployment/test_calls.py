"""Every way of calling the function that the README shows, done as it stands there."""

import json
import re
import sys
from typing import Any

import httpx
import pytest

from tests.clients.cli_environment import cli_command
from tests.deployment.document import readme
from tests.deployment.shell import Workplace, block_function
from tests.local.oci import Export
from tests.local.platform import LocalPlatform
from tests.platform import line_of

README = readme()


def script(section: str) -> str:
    """A section's shell blocks; the work request is the test's, not the page's example."""
    lines = README.shell(section).splitlines()
    return block_function() + "\n".join(line for line in lines if "export WORK_REQUEST_ID=" not in line)


def exports_of(platform: LocalPlatform, variables: dict[str, str]) -> list[Export]:
    return [export for export in platform.cloud.exports if export.image_id == variables["IMAGE_ID"]]


def document(name: str, shell: Workplace, variables: dict[str, str]) -> Any:
    return json.loads(shell.run(f"{block_function()}block {name}", variables))


def keys(value: Any) -> Any:
    """The keys of a JSON value, and those of what is in it."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    return [keys(inner) for inner in value] if isinstance(value, list) else None


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
    told = users_shell.run(script("Over HTTP"), variables | {"WORK_REQUEST_ID": work_request_id})
    assert re.findall(r"HTTP/1.1 (\d+)", told) == ["200"] * 7
    (export,) = exports_of(platform, variables)
    assert (export.format, export.destination.object) == ("QCOW2", "on-demand/web.qcow2")
    assert f"opc-work-request-id: {export.work_request_id}" in told
    assert told.count("notification-message-id: ") == 1
    assert work_request_id in told
    assert '"openapi"' in told


@pytest.mark.slow
def test_the_oci_commands_export_follow_and_invoke(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str], work_request_id: str
) -> None:
    programs = str(cli_command().parent)
    told = users_shell.run(
        script("By the oci command line"), variables | {"WORK_REQUEST_ID": work_request_id}, programs
    )
    (export,) = exports_of(platform, variables)
    assert (export.format, export.destination.object) == ("VMDK", "on-demand/web.vmdk")
    assert export.work_request_id in told
    assert work_request_id in told


def test_the_python_lines_export_and_wait_for_the_end(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    (block,) = [block for block in README.blocks if block.language == "python"]
    (users_shell.folder / "call.py").write_text(block.content)
    told = users_shell.run(f"{sys.executable} call.py", variables)
    (export,) = exports_of(platform, variables)
    assert told == f"{export.work_request_id} SUCCEEDED\n"
    assert export.format == "VHD"


def test_the_event_exports_once_however_often_it_is_sent(
    platform: LocalPlatform, users_shell: Workplace, variables: dict[str, str]
) -> None:
    event = document("createimage-event.json", users_shell, variables)
    replies = [json.loads(platform.invoke(event).body) for _ in range(2)]
    (export,) = exports_of(platform, variables)
    assert export.destination.object == f"web-20260131T235959Z-{variables['IMAGE_ID'][-8:]}.oci"
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
    invocation = platform.invoke(document("createimage-event.json", users_shell, variables))
    line = line_of(platform, invocation.call_id)
    shown = json.loads(README.named("log-line.json").content)
    assert list(line) == list(shown)
    assert line["message"] == shown["message"]


def test_the_record_and_the_ending_have_the_shape_that_the_page_shows(platform: LocalPlatform) -> None:
    cloud = platform.cloud
    image = cloud.images.add(display_name="web", announce=True)
    assert cloud.settle()
    (export,) = exports_of(platform, {"IMAGE_ID": image["id"]})
    cloud.work_requests.advance(export.work_request_id)
    assert cloud.settle()
    records = platform.folder / cloud.namespace / cloud.bucket / "records"
    record = json.loads((records / f"{image['id']}.json").read_bytes())
    shown = json.loads(README.named("record.json").content)
    assert set(shown["image"]) <= set(record.pop("image"))
    assert keys(record) == {name: keys(value) for name, value in shown.items() if name != "image"}
    messages = [json.loads(message.body) for message in cloud.messages]
    (ending,) = [m for m in messages if (m["subject"], m["type"]) == (image["id"], "imageexport.succeeded")]
    assert keys(ending) == keys(json.loads(README.named("imageexport.succeeded").content))


def test_an_unknown_path_is_refused_by_the_function(platform: LocalPlatform) -> None:
    refused = [
        httpx.request(method, platform.gateway.url + path, timeout=60)
        for method, path in (("GET", "/nothing"), ("DELETE", "/20160918/images/ocid1.image.oc1..x"))
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (404, "NotFound"),
        (405, "MethodNotAllowed"),
    ]
