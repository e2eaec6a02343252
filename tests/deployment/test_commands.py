"""The README's shell blocks run from the first to the last, and what they call exists.

The blocks of an operator's sections run in one shell, in the page's order, with stand-ins that write the
calls down. Those of `oci` then go through the real command line's own parser.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.clients.cli_environment import cli_command
from tests.deployment import stack
from tests.deployment.conftest import RECORDS_BUCKET
from tests.deployment.document import CHECKOUT, README, code
from tests.deployment.shell import Command, recorded
from tests.local.platform import LocalPlatform

SECTIONS = ("Deploy", "Call it", "Records", "Nothing is missed", "At three in the morning")
TRY_IT = {"Run the function on a local cloud": "tests.local", "Run the tests": "pytest"}
FUNC = yaml.safe_load((CHECKOUT / "func.yaml").read_text(encoding="utf-8"))
PARSER = Path(__file__).with_name("parse_oci_commands.py")


@pytest.fixture(scope="module")
def record(platform: LocalPlatform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that the function wrote, and newer exports that can't be imported."""
    cloud = platform.cloud
    image = cloud.images.add(display_name="web", announce=True)
    assert cloud.settle()
    cloud.work_requests.advance(cloud.exports[-1].work_request_id)
    assert cloud.settle()
    name = f"{image['id']}.json"
    written = json.loads((platform.folder / cloud.namespace / RECORDS_BUCKET / name).read_bytes())
    (good,) = written["exports"]
    vhd = good | {"exportFormat": "VHD", "destination": good["destination"] | {"objectName": "web.vhd"}}
    written["exports"] = [good | {"status": "FAILED"}, good | {"destination": None}, vhd, good]
    path = tmp_path_factory.mktemp("record") / name
    path.write_text(json.dumps(written), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, record: Path) -> list[Command]:
    script = "".join(map(README.shell, SECTIONS))
    return recorded(script, tmp_path_factory.mktemp("clone"), {"RECORD": str(record)})


def of(commands: list[Command], line: str) -> list[Command]:
    """Those that begin with these words."""
    program, *start = line.split()
    return [each for each in commands if each.program == program and each.arguments[: len(start)] == start]


def ran(*arguments: str) -> str:
    """What a program of the clone printed."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_every_oci_command_is_understood_by_the_real_command_line(
    commands: list[Command], tmp_path: Path
) -> None:
    lines = [command.arguments for command in of(commands, "oci")]
    assert len(lines) > 10
    done = subprocess.run(
        [str(cli_command().with_name("python")), str(PARSER)],
        input=json.dumps(lines),
        # Some commands open the file that they write to before they call a service.
        cwd=tmp_path,
        env={"SUPPRESS_LABEL_WARNING": "True"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [problem for problem in json.loads(done.stdout) if problem] == []


def test_the_image_is_built_and_pushed_into_a_repository_that_is_there(commands: list[Command]) -> None:
    # github.com/fnproject/cli 0.6.63 (`commands/build.go`, `commands/push.go`): the registry is a variable.
    built, pushed = of(commands, "fn")
    assert (built.arguments, pushed.arguments) == (["build"], ["push"])
    (created,) = of(commands, "oci artifacts container repository create")
    assert commands.index(created) < commands.index(built)
    assert created.option("--display-name") == FUNC["name"]


def test_the_names_are_variables_of_the_stack_and_what_it_requires() -> None:
    (block,) = [block for block in README.blocks if block.language == "hcl"]
    names = stack.parsed(block.content)
    required = {name for name, variable in stack.VARIABLES.items() if "default" not in variable}
    assert required <= set(names) <= set(stack.VARIABLES)
    assert names["image"].endswith(f"/{FUNC['name']}:{FUNC['version']}")


def test_every_variable_of_the_stack_that_the_page_names_is_there() -> None:
    deploy = README.text.partition("\n## Deploy\n")[2].partition("\n## Configure\n")[0]
    named = {text.partition(" = ")[0] for text in code(deploy) if re.fullmatch(r"[a-z_]+( = \S+)?", text)}
    assert {"export_new_images", "catch_up", "shape", "provisioned_concurrency"} <= named
    assert named - {"fn", "oci", "image-export"} - set(stack.VARIABLES) - set(stack.OUTPUTS) == set()


def test_the_outputs_that_are_asked_for_are_there(commands: list[Command]) -> None:
    asked = {command.arguments[-1] for command in of(commands, "terraform -chdir=.deploy output")}
    assert {"try_it", "function_ocid", "gateway_url", "log"} == asked <= set(stack.OUTPUTS)


def test_the_zip_for_resource_manager_has_the_whole_stack(commands: list[Command]) -> None:
    (line,) = of(commands, "zip")
    packed = {path.name for pattern in line.arguments[2:] for path in CHECKOUT.glob(pattern)}
    assert packed == {
        path.name for path in stack.FOLDER.iterdir() if path.suffix in (".tf", ".json", ".yaml")
    }


def test_what_is_forgotten_before_all_is_removed_are_the_buckets(commands: list[Command]) -> None:
    (line,) = of(commands, "terraform -chdir=.deploy state rm")
    forgotten = {address.removesuffix("[0]") for address in line.arguments[3:]}
    buckets = [name for _, of_type, name in stack.BLOCKS if of_type == "oci_objectstorage_bucket"]
    assert forgotten == {f"oci_objectstorage_bucket.{name}" for name in buckets}


def test_an_image_is_imported_from_the_newest_export_that_can_be_with_what_the_export_lost(
    commands: list[Command], record: Path
) -> None:
    written = json.loads(record.read_text(encoding="utf-8"))
    good, image = written["exports"][-1]["destination"], written["image"]
    (par,) = of(commands, "oci os preauth-request create")
    assert par.option("--bucket-name") == good["bucketName"]
    assert par.option("--object-name") == good["objectName"]
    (line,) = of(commands, "oci compute image import from-object-uri")
    url = "https://objectstorage.us-phoenix-1.oraclecloud.com/p/exampletoken/n/"
    assert line.option("--uri").startswith(url)
    assert line.option("--display-name") == image["displayName"]
    assert json.loads(line.option("--freeform-tags")) == image["freeformTags"]
    assert line.option("--launch-mode") == image["launchMode"]


def test_the_programs_have_the_options_that_the_page_names(commands: list[Command]) -> None:
    (line,) = of(commands, "python")
    named = {word for word in (*line.arguments, "--points") if word.startswith("--")}
    assert {"--profile", "--function-id", "--image-id", "--bucket"} <= named
    for program, options in {line.arguments[1]: named, "tests.local": {"--serve"}}.items():
        told = ran(program, "--help")
        assert [option for option in options if option not in told] == []


@pytest.mark.parametrize(("title", "program"), TRY_IT.items(), ids=TRY_IT)
def test_a_command_checks_python_makes_an_environment_installs_and_runs(title: str, program: str) -> None:
    (line,) = README.shell(title).splitlines()
    check, make, install, run = (shlex.split(step) for step in line.split("&&"))
    # What this says to another version: tests/test_python_version.py
    assert check == ["python3", "-c", "import tests"]
    assert make == ["python3", "-m", "venv", ".venv"]
    # Compiling the SDK's thousands of files would take longer than all the rest; quiet, nothing would move.
    assert install[:-1] == [".venv/bin/pip", "install", "--no-compile", "--requirement"]
    assert (CHECKOUT / install[-1]).is_file()
    assert run == [".venv/bin/python", "-m", program]


def test_the_local_cloud_ends_with_what_the_page_shows(tmp_path: Path) -> None:
    (shown,) = [
        block.content
        for block in README.blocks
        if block.language == "text" and "Try it here" in block.sections
    ]
    assert shown in ran("tests.local", "--seconds", "0.5", "--folder", str(tmp_path))
