"""The deployed policy lets the function do what it does, and each part of it is needed for something.

The local cloud answers 404 where a permission is missing, as the services do.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.exports.conftest import Http
from tests.local.gateway import to_function
from tests.local.oci import EVENTS, Cloud, Switches, errors
from tests.local.oci.policy import Target
from tests.local.oci.principals import Principal, service
from tests.local.platform import LocalPlatform
from tests.local.policy_statements import DOCUMENTED, deployed_statements, filled_in
from tests.platform import Platforms, Request, send, set_switches

STATEMENTS = deployed_statements()
# A bucket of their own: in that of the exports, one statement would cover for another's lack.
RECORDS_BUCKET = "record-keeping"
ABOUT_RECORDS = "any {request.permission='OBJECT_READ'"

BY_NAME = "exports by a bucket's name"
BY_PAR = "exports through a pre-authenticated request"
OBJECTS = "writing the exported objects"
CHECKSUMS = "the size and checksum of an object"
DELETIONS = "deleting a used pre-authenticated request"
ANNOUNCEMENTS = "announcements"
ENDINGS = "announcing the endings of recorded exports"
OTHER_ENDINGS = "announcing the endings of exports that no record has"
REASONS = "the reasons of a failed export"
NEW_RECORDS = "records of new exports"
ENDED_RECORDS = "records of exports that ended"
IMAGES, IMAGE_LISTS = "reading images", "listing images"
WORK_REQUESTS, LOGS = "reading work requests", "reading a work request's log"
EVENT_DELIVERY, GATEWAY_CALLS = "calls by Events", "calls by the gateway"
SCHEDULED_CALLS, LIFECYCLE = "calls by Resource Scheduler", "lifecycle rules and replication of the bucket"

# What comes of exports: none of it without one.
OF_EXPORTS = {
    BY_NAME,
    BY_PAR,
    OBJECTS,
    CHECKSUMS,
    ANNOUNCEMENTS,
    ENDINGS,
    REASONS,
    NEW_RECORDS,
    ENDED_RECORDS,
}
OF_ENDINGS = {ENDINGS, OTHER_ENDINGS, CHECKSUMS, REASONS, ENDED_RECORDS, DELETIONS}

# A part of one statement, and what stops without that statement.
WITHOUT_STATEMENT = {
    "instance-images": OF_EXPORTS | {DELETIONS, IMAGES, IMAGE_LISTS, WORK_REQUESTS, LOGS},
    # How an export ended is in the list; why it failed is not.
    "to use instances": {REASONS, WORK_REQUESTS, LOGS},
    "work-requests": {OTHER_ENDINGS},
    "to read buckets": {BY_NAME},
    "any {request.permission='OBJECT_CREATE', request.permission='OBJECT_INSPECT'": {
        OBJECTS,
        CHECKSUMS,
    },
    "ons-topics": {ANNOUNCEMENTS, *OF_ENDINGS},
    "service cloudEvents": {EVENT_DELIVERY},
    "ApiGateway": {GATEWAY_CALLS},
    "PAR_MANAGE": {BY_PAR, DELETIONS},
    ABOUT_RECORDS: {NEW_RECORDS, ENDED_RECORDS, CHECKSUMS, DELETIONS},
    "resourceschedule": {SCHEDULED_CALLS},
    "service objectstorage": {LIFECYCLE},
}
# The same for a part of a condition.
WITHOUT_PART = {
    "request.operation='ExportImage'": OF_EXPORTS | {DELETIONS},
    "request.operation='GetImage'": {IMAGES},
    "request.operation='ListImages'": {IMAGE_LISTS},
    "request.operation='GetWorkRequest'": {WORK_REQUESTS, LOGS},
    "request.operation='ListWorkRequestErrors'": {REASONS},
    "request.operation='ListWorkRequestLogs'": {LOGS},
    "request.permission='OBJECT_INSPECT'": {CHECKSUMS},
    "request.permission='OBJECT_CREATE'": {OBJECTS, CHECKSUMS, NEW_RECORDS, ENDED_RECORDS, DELETIONS},
    "request.permission='OBJECT_OVERWRITE'": {OBJECTS, CHECKSUMS, ENDED_RECORDS},
    "request.permission='OBJECT_READ'": {NEW_RECORDS, ENDED_RECORDS, CHECKSUMS, DELETIONS},
}


@pytest.fixture
def platform(platforms: Platforms) -> Iterator[LocalPlatform]:
    """With records in a bucket of their own, and the stricter reading of what work requests need."""
    records = f"{Cloud.namespace}/{RECORDS_BUCKET}"
    with platforms.borrow(config={"EXPORT_RECORDS": records}) as platform:
        platform.cloud.buckets.add(RECORDS_BUCKET)
        set_switches(platform, Switches(work_requests_need_create_image=True))
        yield platform


def set_policy(platform: LocalPlatform, statements: Sequence[str]) -> None:
    cloud = platform.cloud
    cloud.policy.statements = filled_in(statements, cloud, [cloud.bucket], RECORDS_BUCKET)


def stopped(platform: LocalPlatform) -> set[str]:
    """What of all that the function does does not work."""
    works = {
        EVENT_DELIVERY: platform.deliver({"eventType": "any", "cloudEventsVersion": "0.1"}),
        GATEWAY_CALLS: _gateway_calls(platform),
        SCHEDULED_CALLS: platform.cloud.may_invoke(platform.cloud.schedule),
        IMAGE_LISTS: _catches_up(platform),
        LIFECYCLE: _may_act_on_buckets(platform.cloud),
        **_export_by_name(platform),
        **_export_through_par(platform),
        **_endings(platform),
    }
    return {name for name, does in works.items() if not does}


def _gateway_calls(platform: LocalPlatform) -> bool:
    http = Http(platform)
    response = http.get("/openapi.json")
    http.close()
    return response.status_code == 200


def _export_by_name(platform: LocalPlatform) -> dict[str, bool]:
    request, cloud = Request(platform), platform.cloud
    request.send()
    works = {ANNOUNCEMENTS: bool(request.accepted), NEW_RECORDS: request.record is not None}
    works[BY_NAME] = [export.via for export in request.exports] == ["tuple"]
    request.end()
    works[OBJECTS] = any(
        cloud.work_requests[export.work_request_id]["status"] == "SUCCEEDED" for export in request.exports
    )
    if request.exports:
        request.send_ending()
    announced = request.announced("succeeded") + request.announced("failed")
    works[ENDINGS] = bool(announced)
    works[CHECKSUMS] = any(ending["data"].get("object") for ending in announced)
    recorded = (request.record or {"exports": []})["exports"]
    works[ENDED_RECORDS] = any(export["status"] in ("SUCCEEDED", "FAILED") for export in recorded)
    works[IMAGES] = _get(platform, f"/20160918/images/{request.image_id}")
    return works


def _export_through_par(platform: LocalPlatform) -> dict[str, bool]:
    request, cloud = Request(platform), platform.cloud
    cloud.switches.refuses_tuples = True
    request.send()
    cloud.switches.refuses_tuples = False
    is_used = [export.via for export in request.exports] == ["par"]
    request.end()
    if request.exports:
        request.send_ending()
    return {BY_PAR: is_used, DELETIONS: is_used and not request.pars}


def _endings(platform: LocalPlatform) -> dict[str, bool]:
    """Of an export that failed, and that somebody else began."""
    request, work_requests = Request(platform, "direct"), platform.cloud.work_requests
    work_request_id = work_requests.add(resource_id=request.image_id)
    work_requests.fail(work_request_id, "InternalError", "No space")
    ended = {
        "eventType": "com.oraclecloud.computeapi.exportimage.end",
        "cloudEventsVersion": "0.1",
        "eventTime": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
        "data": {"resourceId": request.image_id, "compartmentId": platform.cloud.compartment_id},
    }
    send(platform, json.dumps(ended).encode())
    announced = request.announced("failed")
    path = f"/20160918/workRequests/{work_request_id}"
    failed = Request(platform)
    failed.send()
    for export in failed.exports:
        work_requests.fail(export.work_request_id, "InternalError", "No space")
        failed.send_ending()
    return {
        OTHER_ENDINGS: bool(announced),
        REASONS: any(ending["data"]["errors"] for ending in failed.announced("failed")),
        WORK_REQUESTS: _get(platform, path),
        LOGS: _get(platform, f"{path}/logs"),
    }


def _get(platform: LocalPlatform, path: str) -> bool:
    """Whether a client of the gateway may read that; the gateway itself is left out."""
    headers = to_function([], b"", method="GET", url=path, client="127.0.0.1", request_id="A" * 32)
    return platform.host.invoke(b"", headers).http_status == 200


def _catches_up(platform: LocalPlatform) -> bool:
    asked = {"compartmentId": platform.cloud.compartment_id, "dryRun": True}
    return platform.invoke({"catchUp": asked}).json()["status"] != 404


def _may_act_on_buckets(cloud: Cloud) -> bool:
    """Object Storage itself, which the local cloud does not let do anything."""
    name = f"objectstorage-{cloud.region}"
    own = Principal("service", name, frozenset({service(name)}))
    return all(
        cloud.policy.allows(own, "PutObject", cloud.buckets.target(cloud.namespace, bucket, "x", "new"))
        for bucket in (cloud.bucket, RECORDS_BUCKET)
    )


def test_with_the_deployed_policy_everything_works(platform: LocalPlatform) -> None:
    set_policy(platform, STATEMENTS)

    assert stopped(platform) == set()


@pytest.mark.parametrize("part", WITHOUT_STATEMENT)
def test_without_a_statement_what_it_is_for_stops(platform: LocalPlatform, part: str) -> None:
    left = [statement for statement in STATEMENTS if part not in statement]
    assert len(left) == len(STATEMENTS) - 1
    set_policy(platform, left)

    assert stopped(platform) == WITHOUT_STATEMENT[part]


@pytest.mark.parametrize("part", WITHOUT_PART)
def test_without_a_part_of_a_condition_what_it_is_for_stops(platform: LocalPlatform, part: str) -> None:
    # Another name of the same form, which nothing has.
    set_policy(platform, [statement.replace(part, part[:-1] + "_'") for statement in STATEMENTS])

    assert stopped(platform) == WITHOUT_PART[part]


def test_what_no_document_says_of_permissions_is_met_by_the_policy(platform: LocalPlatform) -> None:
    """ExportImage may need less, and so may work requests."""
    set_switches(platform, Switches(export_needs="read"))
    set_policy(platform, STATEMENTS)

    assert stopped(platform) == set()


def test_the_wider_statements_let_the_same_callers_call(platform: LocalPlatform) -> None:
    cloud = platform.cloud
    callers = {"events": EVENTS, "schedule": cloud.schedule, "gateway": cloud.gateway}
    for kind, caller in callers.items():
        for statement in deployed_statements(kind, kind + DOCUMENTED):
            set_policy(platform, [statement])
            assert [other for other in callers.values() if cloud.may_invoke(other)] == [caller]


def test_callers_may_call_this_function_and_no_other(platform: LocalPlatform) -> None:
    set_policy(platform, STATEMENTS)
    cloud = platform.cloud
    other = Target(
        cloud.within(cloud.function_compartment_id),
        errors.not_found("function"),
        {"target.function.id": "ocid1.fnfunc.oc1.phx.other"},
    )
    callers = (EVENTS, cloud.schedule, cloud.gateway)
    assert not [who for who in callers if cloud.policy.allows(who, "InvokeFunction", other)]


def test_every_statement_and_every_part_of_a_condition_is_tried() -> None:
    assert all(sum(part in statement for part in WITHOUT_STATEMENT) == 1 for statement in STATEMENTS)
    parts = {
        part
        for statement in STATEMENTS
        for part in re.findall(r"request\.(?:operation|permission)='\w+'", statement)
    }
    # These are all that their statement has, so that it is without effect.
    alone = {
        "request.operation='ListWorkRequests'",
        "request.operation='PublishMessage'",
        "request.permission='PAR_MANAGE'",
    }
    assert parts - alone == set(WITHOUT_PART)
