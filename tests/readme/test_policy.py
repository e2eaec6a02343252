"""The policy lets the function do what it does, and nothing else."""

import json
import re
from typing import Any

import httpx

from handlers.cloud import compute, notifications, object_storage, work_requests
from handlers.exports import par_fallback
from tests.local.platform import LocalPlatform
from tests.readme.document import README as README_FILE
from tests.readme.document import readme

README = readme()
STATEMENTS: list[str] = json.loads(README.named("policy-statements.json").content)
FALLBACK: list[str] = json.loads(README.named("par-policy-statements.json").content)
SCHEDULE: list[str] = json.loads(README.named("schedule-policy-statements.json").content)
STATEMENT = re.compile(
    r"Allow (?P<who>dynamic-group [\w-]+|service \w+|any-user)"
    r" to (?P<verb>inspect|read|use|manage) (?P<what>[a-z-]+)"
    r" in compartment id \$(?P<where>[A-Z_]+)( where (?P<condition>.+))?"
)
CLIENTS = (
    compute.Compute,
    work_requests.WorkRequests,
    notifications.Notifications,
    object_storage.ObjectStorage,
)


def parts(statement: str) -> dict[str, str]:
    found = STATEMENT.fullmatch(statement)
    assert found, statement
    return found.groupdict()


def operations_in(statement: str) -> set[str]:
    return set(re.findall(r"request\.operation='(\w+)'", statement))


def export(platform: LocalPlatform, image_id: str, **more: Any) -> Any:
    cloud = platform.cloud
    place = {"namespaceName": cloud.namespace, "bucketName": cloud.bucket, "objectName": f"{image_id}.oci"}
    details = {"destinationType": "objectStorageTuple", **place}
    return json.loads(platform.invoke({"imageId": image_id, "exportImageDetails": details, **more}).body)


def called() -> set[str]:
    """All operations of the cloud that the function calls: each trigger, each way through."""
    with LocalPlatform(advance="by hand", seed=1) as platform:
        cloud = platform.cloud
        image_id = cloud.images.add()["id"]
        export(platform, image_id, dryRun=True)
        cloud.switches.refuses_tuples = True
        work_request_id = export(platform, image_id)["workRequestId"]
        cloud.work_requests.fail(work_request_id, "ExportFailed", "The bucket is full.")
        cloud.settle()
        for part in ("", "/errors", "/logs"):
            httpx.get(f"{platform.gateway.url}/20160918/workRequests/{work_request_id}{part}", timeout=60)
        return {call.operation for call in cloud.calls}


def test_the_operations_are_those_that_the_function_calls() -> None:
    seen = called()
    methods = [name for client in CLIENTS for name in vars(client) if not name.startswith("_")]
    assert len(seen) == len(methods), "an operation was not called, so it can't be compared"
    allowed = {operation for statement in STATEMENTS for operation in operations_in(statement)}
    # Its permission stands in a statement of its own, without the operation's name.
    assert seen - {"CreatePreauthenticatedRequest"} == allowed


def test_the_statements_are_well_formed() -> None:
    for statement in (*STATEMENTS, *FALLBACK, *SCHEDULE):
        parts(statement)
        assert statement.count("{") == statement.count("}")
        assert statement.count("'") % 2 == 0


def test_the_function_manages_nothing_without_a_condition() -> None:
    of_the_function = [parts(s) for s in (*STATEMENTS, *FALLBACK) if "dynamic-group image-export to" in s]
    assert len(of_the_function) == 5
    assert all(statement["condition"] for statement in of_the_function)


def test_buckets_and_objects_are_those_of_one_bucket() -> None:
    touching = [s for s in (*STATEMENTS, *FALLBACK) if parts(s)["what"] in ("buckets", "objects")]
    assert len(touching) == 3
    assert all("target.bucket.name='$BUCKET'" in statement for statement in touching)


def test_the_fallback_s_permissions_are_those_that_the_function_asks_for_when_it_lacks_them() -> None:
    asked = set(re.findall(r"[A-Z]+_[A-Z]+", par_fallback._MISSING_PERMISSION))
    granted = {p for s in (*STATEMENTS, *FALLBACK) for p in re.findall(r"request\.permission='(\w+)'", s)}
    assert asked <= granted


def test_each_statement_has_its_reason() -> None:
    text = README_FILE.read_text(encoding="utf-8")
    list_of_reasons = text.partition("Why each of them, in this order:\n\n")[2].partition("\n\n")[0]
    assert len(list_of_reasons.splitlines()) == len(STATEMENTS)
