"""The stack in `.deploy` is what the provider takes, by its schema, and by its word where it can be had."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from tests.deployment.document import code, readme
from tests.deployment.provider_schema import FILE, KINDS
from tests.deployment.shell import recorded
from tests.deployment.stack import FOLDER, META, STACK, unquoted
from tests.local.gateway import PATH_PREFIX, rule_conditions, specification
from tests.local.oci.events import matches
from tests.local.platform import LocalPlatform
from tests.local.policy_statements import deployed_statements
from tests.local.stack import document

PROVIDER = json.loads(FILE.read_text(encoding="utf-8"))
FORM = yaml.safe_load((FOLDER / "schema.yaml").read_text(encoding="utf-8"))
POLICY = json.loads((FOLDER / "policy.json").read_text(encoding="utf-8"))
VARIABLES = STACK.named("variable")
BLOCKS = [(kind, *block) for kind in KINDS for block in STACK.blocks(kind)]
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
UNREACHABLE = re.compile(r"could\s+not\s+connect|no\s+such\s+host|timeout|Failed\s+to\s+install\s+provider")
EXAMPLES = Path(__file__).with_name("stack.tftest.hcl")


def problems(body: Mapping[str, Any], known: Mapping[str, Any], where: str) -> Iterator[str]:
    """What in a block is not as the provider's schema says."""
    given = {name: value for name, value in body.items() if not name.startswith("__")}
    for dynamic in given.pop("dynamic", []):
        given |= {unquoted(name): block["content"] for name, block in dynamic.items()}
    for name, value in given.items():
        yield from problems_of(value, known.get(name), f"{where}.{name}")
    for name, expected in known.items():
        use = expected.get("", "") if isinstance(expected, dict) else expected
        if name and use.startswith("required") and name not in given:
            yield f"{where} lacks {name}"


def problems_of(value: Any, expected: Any, where: str) -> Iterator[str]:
    """The same of one argument: `expected` is a block's arguments, or the words for an attribute."""
    is_block = isinstance(value, list) and any(isinstance(each, dict) for each in value)
    if expected is None:
        yield f"{where} is unknown"
    elif is_block is not isinstance(expected, dict):
        yield f"{where} is {'no' if is_block else 'a'} block"
    elif isinstance(expected, dict):
        if expected[""].endswith(" of 1") and len(value) > 1:
            yield f"{where} is there twice"
        for each in value:
            yield from problems(each, expected, where)
    elif expected.startswith("computed"):
        yield f"{where} can't be set"
    elif not fits(value, expected.split()[1]):
        yield f"{where} is no {expected.split()[1]}"


def fits(value: object, kind: str) -> bool:
    """Whether a literal is of that type; an expression may be."""
    if isinstance(value, str) and value.startswith("${"):
        return True
    types = {"string": str, "bool": bool, "int": int, "map": dict, "list": list, "set": list}
    return isinstance(value, types[kind])


@pytest.mark.parametrize(("kind", "of_type", "name", "body"), BLOCKS, ids=[f"{b[1]}.{b[2]}" for b in BLOCKS])
def test_arguments_are_the_providers(kind: str, of_type: str, name: str, body: dict[str, Any]) -> None:
    own = {key: value for key, value in body.items() if key not in META - {"dynamic"}}
    assert list(problems(own, PROVIDER[kind][of_type], f"{of_type}.{name}")) == []


def test_the_schema_is_that_of_the_version_that_is_asked_for_and_of_what_is_used() -> None:
    (asked,) = re.findall(r'version = "~> ([\d.]+)"', STACK.files["main.tf"])
    assert PROVIDER["version"].startswith(f"{asked}.")
    assert {kind: set(PROVIDER[kind]) for kind in KINDS} == {kind: STACK.used(kind) for kind in KINDS}


def test_every_reference_leads_somewhere() -> None:
    assert set(re.findall(r"\bvar\.(\w+)", STACK.text)) == set(VARIABLES)
    assert set(re.findall(r"\blocal\.(\w+)", STACK.text)) == STACK.locals
    there = {(kind == "data", of_type, name) for kind, of_type, name, _ in BLOCKS}
    found = re.findall(r"(\bdata\.)?\b(oci_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?", STACK.text)
    assert {(bool(data), of_type, name) for data, of_type, name, _ in found} <= there
    for data, of_type, name, attribute in found:
        known = PROVIDER["data" if data else "resource"][of_type]
        assert not attribute or attribute == "id" or attribute in known, f"{of_type}.{name}.{attribute}"


def test_every_document_is_deployed_with_the_variables_that_it_names() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert STACK.templates == {name: set(Template(text).get_identifiers()) for name, text in texts.items()}


def test_the_function_is_configured_by_every_key_and_no_other() -> None:
    (body,) = [body for _, of_type, _, body in BLOCKS if of_type == "oci_functions_function"]
    keys = set(re.findall(r"\b([A-Z_]{5,}) = ", body["config"]))
    assert keys == {code(row["key"])[0] for row in readme().table("Configure", "key").rows}


def test_each_kind_of_statement_is_deployed_under_its_condition() -> None:
    text = STACK.files["identity.tf"]
    conditions = dict(re.findall(r"(\w+) = (var\.\w+)(?=,| \})", text))
    assert conditions == {
        "events": "var.export_new_images",
        "schedule": "var.catch_up",
        "gateway": "var.create_gateway",
    }
    narrow = {*re.findall(r'\["(\w+)"\]', text), *conditions}
    assert set(POLICY) == narrow | {f"{caller}_documented" for caller in conditions}


def test_the_gateway_answers_where_the_tests_gateway_does() -> None:
    (body,) = [body for _, of_type, _, body in BLOCKS if of_type == "oci_apigateway_deployment"]
    assert unquoted(body["path_prefix"]) == PATH_PREFIX


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_is_typed_described_checked_and_no_secret(name: str) -> None:
    variable = VARIABLES[name]
    kind = unquoted(variable["type"].strip("${}"))
    assert variable["description"]
    assert (kind == "bool") is not ("validation" in variable)
    assert "sensitive" not in variable


def test_what_exports_every_image_is_off_until_asked() -> None:
    assert {name for name in VARIABLES if VARIABLES[name].get("default") is True} == {
        "create_bucket",
        "narrow_invocation",
        "par_fallback",
    }


def test_the_form_of_resource_manager_asks_for_the_variables() -> None:
    kinds = {"enum": "string", "boolean": "bool", "number": "number", "string": "string"}
    grouped = [name for group in FORM["variableGroups"] for name in group["variables"]]
    assert grouped == list(FORM["variables"]) == list(VARIABLES)
    for name, asked in FORM["variables"].items():
        variable = VARIABLES[name]
        default = variable.get("default", "")
        assert kinds.get(asked["type"], "string") == unquoted(variable["type"].strip("${}"))
        assert asked["description"] == unquoted(variable["description"])
        assert asked.get("required", False) is ("default" not in variable)
        assert asked.get("default", "") == (unquoted(default) if isinstance(default, str) else default)
        for value in asked.get("enum", []):
            assert f'"{value}"' in str(variable["validation"])
    assert set(FORM["outputs"]) == set(STACK.named("output"))


def test_a_rule_with_a_tag_takes_new_images_that_have_it_and_all_endings() -> None:
    created, exported = rule_conditions(("Operations", "Export", "yes"))
    event: dict[str, Any] = {"eventType": "com.oraclecloud.computeapi.createimage.end", "data": {}}
    assert not matches(created, event)
    event["data"]["definedTags"] = {"Operations": {"Export": "yes", "Other": "x"}}
    assert matches(created, event)
    assert matches(exported, {"eventType": "com.oraclecloud.computeapi.exportimage.end"})


def test_the_lines_to_try_it_are_a_dry_run_and_an_export(platform: LocalPlatform, tmp_path: Path) -> None:
    cloud = platform.cloud
    (lines,) = re.findall(r"<<-EOT\n(.*?)\n +EOT", STACK.files["outputs.tf"], re.DOTALL)
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
    assert words in STACK.files["main.tf"]
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
    assert TERRAFORM is not None
    return subprocess.run(
        [TERRAFORM, command[0], "-no-color", *command[1:]],
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
    statements = [(bucket, each) for bucket in ("images", "shared") for each in deployed_statements()]
    return {
        # Object Storage tidies the stack's own buckets only.
        "statements": [
            Template(statement).substitute(values, bucket=bucket)
            for bucket, statement in statements
            if bucket == "images" or statement not in deployed_statements("storage")
        ],
        "conditions": rule_conditions(),
        "body": document(
            "schedule-body.json", compartment_id=values["images_compartment_id"], compartment_name="images"
        ),
        "specification": specification(),
    }
