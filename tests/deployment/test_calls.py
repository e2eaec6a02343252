"""Every way of calling the function that the README shows, done as it stands there."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import oci

from tests.deployment.conftest import RECORDS_BUCKET
from tests.deployment.document import README, code
from tests.deployment.shell import printed, recorded
from tests.local.oci import Export
from tests.local.platform import LocalPlatform
from tests.platform import Request, line_of


def bodies(section: str, variables: dict[str, str], folder: Path) -> list[Any]:
    """The JSON bodies that a section's commands call the function with."""
    commands = recorded(README.shell(section), folder, variables)
    calls = [command for command in commands if command.arguments[:3] == ["fn", "function", "invoke"]]
    assert {call.option("--function-id") for call in calls} == {variables["FUNCTION_ID"]}
    return [json.loads(call.option("--body")) for call in calls]


def exports_of(platform: LocalPlatform, variables: dict[str, str]) -> list[Export]:
    return [export for export in platform.cloud.exports if export.image_id == variables["IMAGE_ID"]]


def test_the_curl_lines_try_export_and_follow(
    platform: LocalPlatform, users_home: Path, variables: dict[str, str]
) -> None:
    # Not announced: the rule would export it, too.
    another = Request(platform, "direct", platform.cloud.images.add(display_name="another"))
    assert another.send().status == 200
    work_request_id = another.export.work_request_id
    # The work request is the test's, not the page's example.
    lines = README.shell("Over HTTP").splitlines()
    script = "\n".join(line for line in lines if "export WORK_REQUEST_ID=" not in line)
    told = printed(script, users_home, variables | {"WORK_REQUEST_ID": work_request_id})
    assert re.findall(r"HTTP/1.1 (\d+)", told) == ["200"] * 7
    (export,) = exports_of(platform, variables)
    assert (export.format, export.destination.object) == ("QCOW2", "on-demand/web.qcow2")
    assert f"opc-work-request-id: {export.work_request_id}" in told
    assert told.count("notification-message-id: ") == 1
    assert work_request_id in told
    assert '"openapi"' in told


def test_the_python_lines_export_and_wait_for_the_end(
    platform: LocalPlatform, users_home: Path, variables: dict[str, str]
) -> None:
    (block,) = [block for block in README.blocks if block.language == "python"]
    (users_home / "call.py").write_text(block.content)
    told = printed(f"{sys.executable} call.py", users_home, variables)
    (export,) = exports_of(platform, variables)
    assert told == f"{export.work_request_id} SUCCEEDED\n"
    assert export.format == "VMDK"


def test_the_event_exports_once_however_often_it_is_sent_and_is_recorded_as_the_page_says(
    platform: LocalPlatform, variables: dict[str, str], tmp_path: Path
) -> None:
    (event,) = bodies("By an event", variables, tmp_path)
    replies = [platform.invoke(event).json() for _ in range(2)]
    (export,) = exports_of(platform, variables)
    assert export.destination.object == f"web-20260131T235959Z-{variables['IMAGE_ID'][-8:]}.oci"
    assert [reply["status"] for reply in replies] == ["exported", "exported"]
    assert {reply["workRequestId"] for reply in replies} == {export.work_request_id}

    records = platform.folder / platform.cloud.namespace / RECORDS_BUCKET
    record = json.loads((records / f"{variables['IMAGE_ID']}.json").read_bytes())
    told, _, of_an_export = README.text.partition("\n## Records\n")[2].partition("Each has")
    assert list(record) == [key for key in code(told) if key in record]
    (entry,) = record["exports"]
    assert code(of_an_export)[: len(entry)] == list(entry)


def test_the_direct_call_exports_and_its_reply_has_the_keys_that_the_page_names(
    platform: LocalPlatform, variables: dict[str, str], tmp_path: Path
) -> None:
    (call,) = bodies("By a direct call", variables, tmp_path)
    reply = platform.invoke(call).json()
    section = README.text.partition("### By a direct call")[2].partition("###")[0]
    told = code(section.partition("Else it has")[2])
    assert told[: len(reply) + 1] == [*reply, *reply["notification"]]
    (export,) = exports_of(platform, variables)
    assert export.destination.object == "on-demand/web.oci"


def test_a_catch_up_says_what_it_would_do_and_does_it_with_the_reply_that_the_page_shows(
    platform: LocalPlatform, variables: dict[str, str], tmp_path: Path
) -> None:
    cloud = platform.cloud
    cloud.images.add(display_name="old", id=variables["IMAGE_ID"], time_created="2026-01-31T00:00:00Z")
    dry_run, call = bodies("Nothing is missed", variables, tmp_path)
    would, done = platform.invoke(dry_run).json(), platform.invoke(call).json()
    assert [entry["imageId"] for entry in would["exported"]] == [variables["IMAGE_ID"]]
    (export,) = exports_of(platform, variables)
    shown = json.loads(README.named("catch-up-reply.json").content)
    assert list(done) == list(would) == list(shown)
    assert done["exported"] == [{"imageId": export.image_id, "workRequestId": export.work_request_id}]
    assert list(shown["announced"][0]) == ["imageId", "workRequestId", "status"]


def test_the_log_is_searched_as_the_page_says(
    platform: LocalPlatform, users_home: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    (event,) = bodies("By an event", variables, tmp_path)
    line = line_of(platform, platform.invoke(event).call_id)
    shown = json.loads(README.named("log-line.json").content)
    assert list(line) == list(shown)
    assert line["message"] == shown["message"]

    control, cloud = platform.control, platform.cloud
    log = f"{cloud.function_compartment_id}/{control.log_group_id}/{control.log_id}"
    script = README.shell("At three in the morning").replace("export LOG=$(", f"export LOG={log} ; : $(")
    given = variables | {"WORK_REQUEST_ID": line["workRequestId"]}
    search, *others = recorded(script, tmp_path, given)[-4:]
    assert len(others) == 3
    asked = oci.loggingsearch.models.SearchLogsDetails(
        time_start="2026-01-01T00:00:00Z",
        time_end="2026-12-31T00:00:00Z",
        search_query=search.option("--search-query"),
    )
    config = oci.config.from_file(str(users_home / ".oci" / "config"))
    found = oci.loggingsearch.LogSearchClient(config, service_endpoint=control.url).search_logs(asked)
    assert variables["IMAGE_ID"] in str(found.data.results)
