"""The stack in `.deploy` is what the provider takes, by its schema, and by its word where it can be had."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from handlers.settings import KEYS
from tests.deployment import stack
from tests.deployment.provider_schema import FILE
from tests.deployment.shell import recorded
from tests.deployment.stack import FOLDER, VARIABLES
from tests.local.gateway import PATH_PREFIX, rule_conditions, specification
from tests.local.platform import LocalPlatform
from tests.local.stack import deployed_statements, document

PROVIDER = json.loads(FILE.read_text(encoding="utf-8"))
FORM = yaml.safe_load((FOLDER / "schema.yaml").read_text(encoding="utf-8"))
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
UNREACHABLE = re.compile(r"could\s+not\s+connect|no\s+such\s+host|timeout|Failed\s+to\s+install\s+provider")
EXAMPLES = Path(__file__).with_name("stack.tftest.hcl")
# What is Terraform's own in every resource.
META = {"count", "for_each", "provider", "depends_on", "lifecycle"}


def body_of(of_type: str) -> dict[str, Any]:
    """The only resource of that type."""
    (body,) = [body for (_, each, _), body in stack.BLOCKS.items() if each == of_type]
    return body


def unrolled(value: Any) -> Any:
    """A block's content with each dynamic block as one that is written out."""
    if isinstance(value, list):
        return list(map(unrolled, value))
    if not isinstance(value, dict):
        return value
    written = {key: inner for key, inner in value.items() if key != "dynamic"}
    for dynamic in value.get("dynamic", []):
        written |= {name: block["content"] for name, block in dynamic.items()}
    return {key: unrolled(inner) for key, inner in written.items()}


@pytest.mark.parametrize("block", stack.BLOCKS, ids=".".join)
def test_arguments_are_the_providers(block: tuple[str, str, str]) -> None:
    kind, of_type, _ = block
    own = {key: value for key, value in unrolled(stack.BLOCKS[block]).items() if key not in META}
    problems = Draft202012Validator(PROVIDER[kind][of_type]).iter_errors(own)
    assert [f"{problem.instance_path}: {problem.message}" for problem in problems] == []


def test_the_schema_is_that_of_the_version_that_is_asked_for_and_of_what_is_used() -> None:
    (asked,) = re.findall(r'version = "~> ([\d.]+)"', stack.FILES["main.tf"])
    assert PROVIDER["version"].startswith(f"{asked}.")
    for kind in stack.KINDS:
        assert set(PROVIDER[kind]) == stack.used(kind)


def test_every_reference_leads_somewhere() -> None:
    assert set(re.findall(r"\bvar\.(\w+)", stack.TEXT)) == set(VARIABLES)
    assert set(re.findall(r"\blocal\.(\w+)", stack.TEXT)) == set(stack.LOCALS)
    reference = r"(\bdata\.)?\b(oci_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?"
    for data, of_type, name, attribute in re.findall(reference, stack.TEXT):
        kind = "data" if data else "resource"
        assert (kind, of_type, name) in stack.BLOCKS
        assert attribute in ("", "id", *PROVIDER[kind][of_type]["properties"])


def test_every_document_is_deployed_with_the_variables_that_it_names() -> None:
    calls = re.findall(r'templatefile\("\$\{path\.module\}/([\w.-]+)", \{(.*?)\}\)', stack.TEXT, re.DOTALL)
    given = {name: set(re.findall(r"(\w+) += ", values)) for name, values in calls}
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert given == {name: set(Template(text).get_identifiers()) for name, text in texts.items()}


def test_the_function_is_configured_by_every_key_and_no_other() -> None:
    keys = re.findall(r"\b([A-Z_]{5,}) = ", body_of("oci_functions_function")["config"])
    assert set(keys) == {key.name for key in KEYS}


def test_each_kind_of_statement_is_deployed_under_its_condition() -> None:
    text = stack.FILES["identity.tf"]
    conditions = dict(re.findall(r"(\w+) = (var\.\w+)(?=,| \})", text))
    assert conditions == {
        "events": "var.export_new_images",
        "schedule": "var.catch_up",
        "gateway": "var.create_gateway",
    }
    narrow = {*re.findall(r'\["(\w+)"\]', text), *conditions}
    policy = json.loads((FOLDER / "policy.json").read_text(encoding="utf-8"))
    assert set(policy) == narrow | {f"{caller}_documented" for caller in conditions}


def test_the_gateway_answers_where_the_tests_gateway_does() -> None:
    assert body_of("oci_apigateway_deployment")["path_prefix"] == PATH_PREFIX


def test_every_variable_is_described_and_checked_and_none_is_a_secret() -> None:
    for name, variable in VARIABLES.items():
        assert variable["description"], name
        assert ("validation" in variable) is (variable["type"] != "bool"), name
        assert "sensitive" not in variable, name


def test_what_exports_every_image_is_off_until_asked() -> None:
    on = {name for name, variable in VARIABLES.items() if variable.get("default") is True}
    assert on == {"create_bucket", "narrow_invocation", "par_fallback"}


def test_the_form_of_resource_manager_asks_for_the_variables() -> None:
    kinds = {"boolean": "bool", "number": "number"}
    grouped = [name for group in FORM["variableGroups"] for name in group["variables"]]
    assert grouped == list(FORM["variables"]) == list(VARIABLES)
    for name, asked in FORM["variables"].items():
        variable = VARIABLES[name]
        assert kinds.get(asked["type"], "string") == variable["type"]
        assert asked["description"] == variable["description"]
        assert asked.get("required", False) is ("default" not in variable)
        assert asked.get("default", "") == variable.get("default", "")
        for value in asked.get("enum", []):
            assert f'"{value}"' in str(variable["validation"])
    assert set(FORM["outputs"]) == set(stack.OUTPUTS)


def test_the_lines_to_try_it_are_a_dry_run_and_an_export(platform: LocalPlatform, tmp_path: Path) -> None:
    cloud = platform.cloud
    (lines,) = re.findall(r"<<-EOT\n(.*?)\n +EOT", stack.FILES["outputs.tf"], re.DOTALL)
    values = {"local.namespace": cloud.namespace, "local.bucket": cloud.bucket, "var.region": cloud.region}
    values["oci_functions_function.image_export.id"] = cloud.function_id
    script = re.sub(r"\$\{([\w.]+)\}", lambda found: values[found[1]], lines)
    image_id = cloud.images.add(display_name="small")["id"]
    script, count = re.subn(r"(?<=IMAGE_ID=)\S+", image_id, script)
    assert count == 1

    dry_run, export = [command.arguments for command in recorded(script, tmp_path)]
    assert dry_run[:-1] == export[:-1]
    assert "workRequestId" not in platform.invoke(json.loads(dry_run[-1])).json()
    assert platform.invoke(json.loads(export[-1])).json()["workRequestId"]


def test_who_looks_into_the_stack_reads_that_nobody_has_applied_it() -> None:
    words = "NOBODY HAS APPLIED THIS"
    assert words in stack.FILES["main.tf"]
    assert words in FORM["stackDescription"]


@pytest.mark.skipif(TERRAFORM is None, reason="not run: there is no terraform or tofu")
def test_the_stack_is_formatted() -> None:
    for path in (FOLDER, EXAMPLES):
        done = run("fmt", "-check", "-diff", str(path), folder=FOLDER)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(TERRAFORM is None, reason="not run: there is no terraform or tofu")
def test_terraform_takes_the_stack_and_deploys_what_the_tests_run(tmp_path: Path) -> None:
    """It downloads the provider, and applies the stack with one that makes everything up."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.copy(EXAMPLES, tmp_path)
    (tmp_path / "expected.json").write_text(json.dumps(expected()), encoding="utf-8")
    done = run("init", "-input=false", folder=tmp_path)
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("not run: validate and test, for the provider can't be reached")
    for command in ("validate", "test"):
        done = run(command, folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TERRAFORM), command[0], "-no-color", *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def expected() -> dict[str, Any]:
    """What the tests' platform makes of the documents, with the values of the examples."""
    values = {
        "name": "image-export",
        "region": "us-phoenix-1",
        "compartment_id": "ocid1.compartment.oc1..function",
        "images_compartment_id": "ocid1.compartment.oc1..images",
        "bucket_compartment_id": "ocid1.compartment.oc1..bucket",
        "records_bucket": "image-export-records",
        "function_id": "ocid1.fnfunc.oc1.phx.localfunction",
        "schedule_id": "ocid1.resourceschedule.oc1.phx.local",
    }
    # Object Storage tidies the stack's own buckets only.
    tidying = deployed_statements("storage")
    return {
        "statements": [
            Template(statement).substitute(values, bucket=bucket)
            for bucket in ("images", "shared")
            for statement in deployed_statements()
            if bucket == "images" or statement not in tidying
        ],
        "conditions": rule_conditions(),
        "body": document(
            "schedule-body.json", compartment_id=values["images_compartment_id"], compartment_name="images"
        ),
        "specification": specification(),
    }
