"""The deployed policy lets the function do what it does, and each part of it is needed for something.

The local cloud answers 404 where a permission is missing, as the services do.
"""

import re
from collections.abc import Sequence

import pytest

from tests.local.oci import EVENTS, Destination, errors
from tests.local.oci.policy import Principal, Target, service
from tests.local.stack import DOCUMENTED, deployed_statements, filled_in
from tests.unit.world import BUCKET, NAMESPACE, World

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
    *(BY_NAME, BY_PAR, OBJECTS, CHECKSUMS, ANNOUNCEMENTS, ENDINGS, REASONS, NEW_RECORDS, ENDED_RECORDS)
}
OF_ENDINGS = {ENDINGS, OTHER_ENDINGS, CHECKSUMS, REASONS, ENDED_RECORDS, DELETIONS}

# A part of one statement, and what stops without that statement.
WITHOUT_STATEMENT = {
    "instance-images": OF_EXPORTS | {DELETIONS, IMAGES, IMAGE_LISTS, WORK_REQUESTS, LOGS},
    # How an export ended is in the list; why it failed is not.
    "to use instances": {REASONS, WORK_REQUESTS, LOGS},
    "work-requests": {OTHER_ENDINGS},
    "to read buckets": {BY_NAME},
    "any {request.permission='OBJECT_CREATE', request.permission='OBJECT_INSPECT'": {OBJECTS, CHECKSUMS},
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
def keeping(world: World) -> World:
    """With records in a bucket of their own, and the stricter reading of what work requests need."""
    world.configure(EXPORT_RECORDS=f"{NAMESPACE}/{RECORDS_BUCKET}")
    world.cloud.buckets.add(RECORDS_BUCKET)
    world.cloud.switches.work_requests_need_create_image = True
    return world


def set_policy(world: World, statements: Sequence[str]) -> None:
    world.cloud.policy.statements = filled_in(statements, world.cloud, [BUCKET], RECORDS_BUCKET)


class Exported:
    """An export of a new image by its event, brought to its end, of which an event tells, too."""

    def __init__(self, world: World, *, by_par: bool = False, fails: bool = False) -> None:
        cloud, image = world.cloud, world.cloud.images.add("golden")
        place = Destination(NAMESPACE, RECORDS_BUCKET, f"{image['id']}.json")
        cloud.switches.refuses_tuples = by_par
        world.event("createimage.end", image)
        self.is_recorded = place in cloud.buckets.objects
        exports = [export for export in cloud.exports if export.image_id == image["id"]]
        self.via = [export.via for export in exports]
        for export in exports:
            if fails:
                cloud.work_requests.fail(export.work_request_id, "InternalError", "No space")
            else:
                cloud.work_requests.advance(export.work_request_id)
            world.event("exportimage.end", image)
        self.statuses = [cloud.work_requests[export.work_request_id]["status"] for export in exports]
        told = [message for message in world.announced() if message["subject"] == image["id"]]
        self.is_announced = any(message["type"].endswith("accepted") for message in told)
        self.endings = [message["data"] for message in told if "status" in message["data"]]
        record = cloud.buckets.objects.get(place)
        self.is_completed = bool(record) and b'"ACCEPTED"' not in record.path.read_bytes()


def stopped(world: World) -> set[str]:
    """What of all that the function does does not work."""
    cloud, image_id = world.cloud, world.image["id"]
    by_name, by_par, failed = Exported(world), Exported(world, by_par=True), Exported(world, fails=True)
    others = cloud.work_requests.add(resource_id=image_id)
    cloud.work_requests.fail(others, "InternalError", "No space")
    catch_up = {"compartmentId": cloud.compartment_id, "dryRun": True}
    storage = f"objectstorage-{cloud.region}"
    storage_itself = Principal("service", storage, frozenset({service(storage)}))
    buckets = [cloud.buckets.target(NAMESPACE, bucket, "x", "new") for bucket in (BUCKET, RECORDS_BUCKET)]
    works = {
        BY_NAME: by_name.via == ["tuple"],
        ANNOUNCEMENTS: by_name.is_announced,
        NEW_RECORDS: by_name.is_recorded,
        OBJECTS: by_name.statuses == ["SUCCEEDED"],
        ENDINGS: by_name.endings != [],
        CHECKSUMS: any(ending.get("object") for ending in by_name.endings),
        ENDED_RECORDS: by_name.is_completed,
        BY_PAR: by_par.via == ["par"],
        DELETIONS: by_par.via == ["par"] and cloud.buckets.live_pars == [],
        REASONS: any(ending["errors"] for ending in failed.endings),
        OTHER_ENDINGS: world.event("exportimage.end").document.get("status") == "announced",
        IMAGES: world.http("GET", f"/20160918/images/{image_id}").status == 200,
        WORK_REQUESTS: world.http("GET", f"/20160918/workRequests/{others}").status == 200,
        LOGS: world.http("GET", f"/20160918/workRequests/{others}/logs").status == 200,
        IMAGE_LISTS: world.call({"catchUp": catch_up}).document["status"] != 404,
        EVENT_DELIVERY: cloud.may_invoke(EVENTS),
        GATEWAY_CALLS: cloud.may_invoke(cloud.gateway),
        SCHEDULED_CALLS: cloud.may_invoke(cloud.schedule),
        # The local cloud's does nothing by itself.
        LIFECYCLE: all(cloud.policy.allows(storage_itself, "PutObject", bucket) for bucket in buckets),
    }
    return {name for name, does in works.items() if not does}


@pytest.mark.parametrize("needs_less", [False, True])
def test_with_the_deployed_policy_everything_works(keeping: World, needs_less: bool) -> None:
    """No document says what ExportImage needs, nor all that work requests do."""
    if needs_less:
        keeping.cloud.switches.export_needs = "read"
        keeping.cloud.switches.work_requests_need_create_image = False
    set_policy(keeping, STATEMENTS)

    assert stopped(keeping) == set()


@pytest.mark.parametrize("part", WITHOUT_STATEMENT)
def test_without_a_statement_what_it_is_for_stops(keeping: World, part: str) -> None:
    left = [statement for statement in STATEMENTS if part not in statement]
    assert len(left) == len(STATEMENTS) - 1
    set_policy(keeping, left)

    assert stopped(keeping) == WITHOUT_STATEMENT[part]


@pytest.mark.parametrize("part", WITHOUT_PART)
def test_without_a_part_of_a_condition_what_it_is_for_stops(keeping: World, part: str) -> None:
    # Another name of the same form, which nothing has.
    set_policy(keeping, [statement.replace(part, part[:-1] + "_'") for statement in STATEMENTS])

    assert stopped(keeping) == WITHOUT_PART[part]


def test_the_wider_statements_let_the_same_callers_call(keeping: World) -> None:
    cloud = keeping.cloud
    callers = {"events": EVENTS, "schedule": cloud.schedule, "gateway": cloud.gateway}
    for kind, caller in callers.items():
        for statement in deployed_statements(kind, kind + DOCUMENTED):
            set_policy(keeping, [statement])
            assert [other for other in callers.values() if cloud.may_invoke(other)] == [caller]


def test_callers_may_call_this_function_and_no_other(keeping: World) -> None:
    set_policy(keeping, STATEMENTS)
    cloud = keeping.cloud
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
