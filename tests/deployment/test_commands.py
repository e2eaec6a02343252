"""The README's shell blocks run from the first to the last, and what they call exists.

The blocks of "Deploy", "Call it" and "Records" run in one shell, in the page's order, with stand-ins that
write the calls down. Those of `oci` then go through the real command line's own parser, those of `fn` through
a table.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from handlers import settings
from tests.clients.cli_environment import cli_command
from tests.deployment import fn_command_line
from tests.deployment.document import CHECKOUT, code, readme
from tests.deployment.shell import Command, recorded
from tests.local.gateway import PATH_PREFIX

README = readme()
UPDATE = "fn function update container-function --function-id x "
DEPLOYMENT = (
    "api-gateway deployment create --gateway-id x --compartment-id x --path-prefix / --specification "
)
PARSER = Path(__file__).with_name("parse_oci_commands.py")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clone")


@pytest.fixture(scope="module")
def commands(workplace: Path) -> list[Command]:
    return recorded("".join(map(README.shell, ("Deploy", "Call it", "Records"))), workplace)


def of(commands: list[Command], program: str, *start: str) -> list[Command]:
    return [
        command
        for command in commands
        if command.program == program and tuple(command.arguments[: len(start)]) == start
    ]


def parsed(lines: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """What the real `oci` makes of command lines: an operation of the SDK and its arguments, or an error."""
    python = cli_command().with_name("python")
    with tempfile.TemporaryDirectory() as folder:
        # Some commands open the file that they write to before they call a service.
        done = subprocess.run(
            [str(python), str(PARSER)],
            input=json.dumps(lines),
            cwd=folder,
            env={"SUPPRESS_LABEL_WARNING": "True"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


@pytest.fixture(scope="module")
def operations(commands: list[Command]) -> list[dict[str, Any]]:
    return parsed([command.arguments for command in of(commands, "oci")])


@pytest.mark.slow
def test_every_oci_command_is_understood_by_the_real_command_line(operations: list[dict[str, Any]]) -> None:
    assert [outcome["error"] for outcome in operations if "error" in outcome] == []
    assert len(operations) > 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ons topic create --name x", "Missing option(s) --compartment-id"),
        ("ons topic create --nam x", "--nam"),
        ("ons topics create", "topics"),
        ("events rule create --display-name x --is-enabled perhaps", "perhaps"),
        (UPDATE + '--provisioned-concurrency {"strategy":"NONE"}', "Are you sure"),
        (UPDATE + '--force --provisioned-concurrency {"strategy":"CONSTANT","cont":20}', "has no cont"),
        (
            DEPLOYMENT + '{"routes":[{"backend":{"type":"ORACLE_FUNCTIONS_BACKEND","functionID":"x"}}]}',
            "functionID",
        ),
    ],
)
def test_a_wrong_oci_command_would_be_found_out(line: str, told: str) -> None:
    (outcome,) = parsed([line.split()])
    assert told in outcome["error"]


def test_every_fn_command_is_in_the_command_lines_table(commands: list[Command]) -> None:
    lines = [command.arguments for command in of(commands, "fn")]
    assert [problem for line in lines if (problem := fn_command_line.problem(line))] == []
    assert len(lines) > 10


@pytest.mark.parametrize(
    "line",
    [
        "deplox --app x",
        "deploy --apps x",
        "deploy --app",
        "config function a b KEY",
        "update context region x",
    ],
)
def test_a_wrong_fn_command_would_be_found_out(line: str) -> None:
    assert fn_command_line.problem(line.split())


def test_the_configuration_set_by_the_commands_is_a_right_one(commands: list[Command]) -> None:
    lines = of(commands, "fn", "config", "function")
    given = dict(line.arguments[4:6] for line in lines)
    assert {tuple(line.arguments[2:4]) for line in lines} == {("image-export", "image-export")}
    configured = settings.read(given)
    assert configured.event_destination == ("axexampleexam", "golden-images")
    assert configured.allow_list.places[1:]
    assert configured.export_records == ("axexampleexam", "golden-images", ("records",))
    unknown = set(given) - {key.name for key in settings.KEYS}
    assert unknown == {"REQUESTS_CA_BUNDLE"}  # the variable of requests, see handlers/cloud/transport.py


@pytest.mark.slow
def test_the_gateway_is_deployed_under_the_path_that_the_local_one_has(
    operations: list[dict[str, Any]],
) -> None:
    (created,) = [outcome for outcome in operations if outcome["operation"] == "create_deployment"]
    assert created["arguments"]["create_deployment_details"]["pathPrefix"] == PATH_PREFIX


@pytest.mark.slow
def test_the_rule_sends_its_events_to_the_function(operations: list[dict[str, Any]]) -> None:
    (created,) = [outcome for outcome in operations if outcome["operation"] == "create_rule"]
    details = created["arguments"]["create_rule_details"]
    (action,) = details["actions"]["actions"]
    assert (action["actionType"], action["isEnabled"]) == ("FAAS", True)
    assert action["functionId"].startswith("ocid1.fnfunc.")
    assert json.loads(details["condition"])["eventType"]


@pytest.mark.slow
def test_everything_that_is_created_is_removed_again(operations: list[dict[str, Any]]) -> None:
    made = [outcome["operation"].removeprefix("create_") for outcome in operations]
    created = [name for outcome, name in zip(operations, made, strict=True) if name != outcome["operation"]]
    deleted = [outcome["operation"].removeprefix("delete_") for outcome in operations]
    # The buckets stay, as the page says; an image is what a record is read for.
    left = {kind for kind in created if created.count(kind) > deleted.count(kind)}
    assert left == {"bucket", "image"}


def test_the_second_entry_point_is_put_into_func_yaml(commands: list[Command], workplace: Path) -> None:
    assert commands
    lines = (workplace / "func.yaml").read_text(encoding="utf-8").splitlines()
    assert "entrypoint: python3 func.py" in lines


def test_the_certificates_are_where_the_configuration_says(commands: list[Command], workplace: Path) -> None:
    (line,) = [line for line in of(commands, "fn", "config") if "REQUESTS_CA_BUNDLE" in line.arguments]
    in_the_image = Path(line.arguments[-1])
    assert "CERTIFICATE" in (workplace / in_the_image.relative_to("/function")).read_text(encoding="utf-8")


def test_a_record_s_image_is_imported_with_what_the_export_lost(commands: list[Command]) -> None:
    (line,) = of(commands, "oci", "compute", "image", "import")
    given = dict(zip(line.arguments[4::2], line.arguments[5::2], strict=True))
    record = json.loads(README.named("record.json").content)
    assert given["--name"] == record["exports"][0]["destination"]["objectName"]
    assert given["--display-name"] == record["image"]["displayName"]
    assert json.loads(given["--freeform-tags"]) == record["image"]["freeformTags"]
    assert given["--launch-mode"] == record["image"]["launchMode"]


@pytest.mark.slow
def test_lifecycle_rules_leave_the_records_alone(operations: list[dict[str, Any]]) -> None:
    (put,) = [outcome for outcome in operations if outcome["operation"] == "put_object_lifecycle_policy"]
    rules = put["arguments"]["put_object_lifecycle_policy_details"]["items"]
    of_objects = [rule for rule in rules if rule["target"] == "objects"]
    assert {rule["target"] for rule in rules} == {"objects", "multipart-uploads", "previous-object-versions"}
    assert [rule["objectNameFilter"]["exclusionPatterns"] for rule in of_objects] == [["records/*"]]


def test_the_acceptance_run_has_the_options_that_the_page_names(commands: list[Command]) -> None:
    (line,) = of(commands, "python")
    told = subprocess.run(
        [sys.executable, *line.arguments[:2], "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    section = README.text.partition("### Try it on your tenancy")[2].partition("###")[0]
    words = " ".join([*code(section), *line.arguments]).split()
    named = {word for word in words if word.startswith("--")}
    assert {"--profile", "--function-id", "--image-id", "--bucket", "--yes", "--keep"} <= named
    assert [option for option in named if option not in told] == []
