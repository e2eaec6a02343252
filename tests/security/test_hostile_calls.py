"""The whole process under thousands of hostile calls over its socket: each is answered, and it lives on."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psutil
import pytest

from tests.local.fn import Invocation
from tests.local.oci import Fault
from tests.local.platform import ALLOWED_BUCKET, ALLOWED_PREFIX, LocalPlatform
from tests.platform import RECORDS, WITH_RECORDS
from tests.security.hostile_calls import Aim, HostileCall, make

pytestmark = pytest.mark.slow

CALLS, SEED = 2500, 4
# Too short for a second look at a list of work requests.
SECONDS = 3.0
# The function's own refusals, and Compute's: none of these is an internal error.
REFUSALS = {400, 401, 403, 404, 405, 409, 412, 413, 415, 429}
_OPERATIONS = """
    ExportImage GetImage PublishMessage GetObject PutObject HeadObject ListImages GetWorkRequest
    ListWorkRequests ListWorkRequestErrors ListWorkRequestLogs
"""
OPERATIONS = set(_OPERATIONS.split())
OCID = r"ocid1\.[a-z0-9]+\.[a-z0-9]+\.[a-z0-9-]*\.[a-zA-Z0-9]+"
OF_COMPUTE = rf"(workRequests|images|(images|workRequests|topics)/{OCID}(/[a-z]+){{0,2}})"
PATH = rf"/20\d{{6}}/{OF_COMPUTE}|/n/[a-z]+/b/[a-z-]+/o/.+"
INSIDE = re.compile(rb"Traceback|File \"|\.py\b|pydantic|orjson|site-packages|Error\b.*line \d|<class")

Answered = list[tuple[HostileCall, Invocation]]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """With buckets that nobody listed: only the function keeps images from them."""
    config = {**WITH_RECORDS, "LOG_LEVEL": "DEBUG"}
    folder = tmp_path_factory.mktemp("buckets")
    with LocalPlatform(folder, config=config, advance="at once", seed=SEED, policy=None) as local:
        local.cloud.topic_rate = 1_000_000
        local.cloud.events.deliver_to(lambda _: True)
        local.cloud.buckets.add("closed")
        local.cloud.buckets.add(ALLOWED_BUCKET, "othernamespace")
        yield local


@pytest.fixture(scope="module")
def answered(platform: LocalPlatform) -> Answered:
    """Every hostile call with its answer."""
    aim = aim_of(platform)
    random = Random(SEED)  # noqa: S311  # to be repeated, not to be secret
    return [(call, invoke(platform, call)) for call in [make(random, aim) for _ in range(CALLS)]]


def aim_of(platform: LocalPlatform) -> Aim:
    """Three images, each exported once just now, and places."""
    cloud = platform.cloud
    own, listed = cloud.namespace, ALLOWED_BUCKET
    images = tuple(str(cloud.images.add(display_name=f"image {number}")["id"]) for number in range(3))
    exports = tuple(export(platform, image) for image in images)
    return Aim(
        image_ids=(*images, "ocid1.image.oc1.phx.nosuchimage"),
        work_request_ids=(*exports, "ocid1.coreservicesworkrequest.oc1.phx.nosuchrequest"),
        places=(
            *((own, listed, f"{ALLOWED_PREFIX}/a.oci"), (own, listed, f"{ALLOWED_PREFIX}/ü/b c.oci")),
            *((own, cloud.bucket, "a"), (own, listed, f"{ALLOWED_PREFIX}-elsewhere/a"), (own, listed, "a")),
            *((own, "closed", f"{ALLOWED_PREFIX}/a"), ("othernamespace", listed, f"{ALLOWED_PREFIX}/a")),
            *((own, listed, f"{ALLOWED_PREFIX}/../a"), (own, cloud.bucket, f"{RECORDS}/{images[0]}.json")),
        ),
        endpoint=cloud.endpoint,
        compartment_id=cloud.compartment_id,
        now=datetime.now(UTC).isoformat(),
    )


def invoke(platform: LocalPlatform, call: HostileCall) -> Invocation:
    """Nobody waits for what a call without a gateway waits for, such as an ending that does not come."""
    seconds = 120.0 if call.is_gateway else SECONDS
    return platform.host.invoke(
        call.body, call.headers, deadline=datetime.now(UTC) + timedelta(seconds=seconds)
    )


def export(platform: LocalPlatform, image_id: str) -> str:
    """An export as it should be: its work request."""
    names = {"namespaceName": platform.cloud.namespace, "bucketName": ALLOWED_BUCKET}
    place = {**names, "objectName": f"{ALLOWED_PREFIX}/{image_id}", "destinationType": "objectStorageTuple"}
    return str(platform.invoke({"imageId": image_id, "exportImageDetails": place}).json()["workRequestId"])


def test_every_call_is_answered_and_only_an_ending_that_is_not_known_fails(answered: Answered) -> None:
    failed = [(call, answer) for call, answer in answered if answer.failed or answer.status != 200]
    assert {call.trigger for call, _ in failed} <= {"event", "detached"}
    assert {json.loads(answer.detail)["message"] for _, answer in failed} == {
        "No export of the image that ended in the event's time is known."
    }


def test_every_answer_is_a_documented_success_or_refusal(answered: Answered) -> None:
    seen: Counter[tuple[str, Any]] = Counter()
    for call, answer in answered:
        if answer.failed:
            continue
        document = answer.json()
        status = answer.http_status if call.is_gateway else document.get("status", 200)
        seen[call.trigger.partition(",")[0], status] += 1
        if isinstance(status, str):
            assert status in {"exported", "announced", "ignored", "rejected", "caughtUp"}
        elif status == 200 and call.is_gateway:
            assert isinstance(document, list) or document.get("id") or document.get("openapi")
        elif status == 200:
            assert {"image", "etag", "opcRequestId"} <= set(document)
        else:
            assert status in REFUSALS, (call, document)
            assert set(document) - {"status"} == {"code", "message"}, document
            assert re.fullmatch("[A-Za-z]+", document["code"])
            assert document["message"]
            assert not call.is_gateway or answer.headers["fn-http-h-opc-request-id"]
    # The calls are no use if they all fail alike.
    assert {("gateway", status) for status in (200, 400, 403, 404, 405, 413, 415)} <= set(seen), seen
    assert {("direct", status) for status in (200, 400, 403, 413)} <= set(seen), seen
    assert ("direct", "caughtUp") in seen, seen
    assert {("event", status) for status in ("exported", "announced", "rejected")} <= set(seen), seen


def test_no_answer_says_anything_of_the_inside(answered: Answered) -> None:
    assert [(call, answer.body) for call, answer in answered if INSIDE.search(answer.body)] == []


def test_one_container_answered_them_all_and_still_exports(
    platform: LocalPlatform, answered: Answered
) -> None:
    assert {answer.container for _, answer in answered} == {1}
    assert [container.alive for container in platform.host.containers] == [True]
    assert export(platform, str(platform.cloud.images.add(display_name="after all that")["id"]))


def test_nothing_was_exported_to_a_place_that_is_not_listed(
    platform: LocalPlatform, answered: Answered
) -> None:
    cloud = platform.cloud
    places = {export.destination for export in cloud.exports}
    buckets = {(cloud.namespace, ALLOWED_BUCKET), (cloud.namespace, cloud.bucket)}
    assert {(place.namespace, place.bucket) for place in places} == buckets
    for place in places:
        folder = place.object.partition("/")[0]
        assert folder == ALLOWED_PREFIX if place.bucket == ALLOWED_BUCKET else folder != RECORDS


def test_the_principal_did_nothing_but_exports_reading_and_records(
    platform: LocalPlatform, answered: Answered
) -> None:
    calls = platform.cloud.calls
    assert {call.operation for call in calls} <= OPERATIONS
    assert {call.status for call in calls} <= {200, 202, 400, 404, 409, 412}
    assert [call.path for call in calls if not re.fullmatch(PATH, call.path)] == []
    written = [call.path for call in calls.named("PutObject")]
    assert all(f"/b/{platform.cloud.bucket}/o/{RECORDS}" in path for path in written)


def test_every_log_line_is_one_json_object_and_each_call_has_its_own(
    platform: LocalPlatform, answered: Answered
) -> None:
    last = answered[-1][1].call_id
    platform.host.log.wait_for(lambda line: f'"callId":"{last}"' in line)
    entries = [json.loads(line) for line in platform.host.logs]
    assert all({"time", "level", "message"} <= set(entry) for entry in entries)
    assert [entry for entry in entries if "traceback" in entry] == []
    lines = {entry["callId"]: entry for entry in entries if "deadlineLeftMs" in entry}
    for call, answer in answered:
        line = lines[answer.call_id]
        assert (line["trigger"] == "gateway") == call.is_gateway
        if call.is_gateway:
            # The platform's deadline, not the client's.
            assert 100_000 < line["deadlineLeftMs"] <= 120_000


# The first of them load what is loaded at first use, and open connections.
STORM, WARM = 3000, 1000
MOST_GROWTH = 8 * 1024 * 1024
FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 403, "body": b"<html>" + b"x" * 60_000},
    {"status": 404, "code": "x" * 5000, "message": "y" * 60_000},
    {"status": 409, "code": "IncorrectState"},
    {"status": 500, "after_work": True},
    {"status": 200, "body": b'{"a":' * 5_000},
    {"raw": b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"},
    {"raw": b"\0" * 70_000},
    {"interim": 2},
    {"cut": 5},
    {"drop": "before"},
    {"drop": "after"},
)


def test_hostile_calls_in_bad_weather_leave_memory_descriptors_and_threads_level(
    platform: LocalPlatform, answered: Answered
) -> None:
    [container] = platform.host.containers
    process = psutil.Process(container.pid)
    platform.cloud.faults.add(
        *(Fault(name, times=None, probability=0.003, **kind) for name in OPERATIONS for kind in FAULTS)
    )
    random, aim = Random(SEED + 1), aim_of(platform)  # noqa: S311  # as above
    levels: list[tuple[int, int, int]] = []
    for number in range(1, STORM + 1):
        invoke(platform, make(random, aim))
        if number in (WARM, STORM):
            levels.append((process.memory_info().rss, process.num_fds(), process.num_threads()))
    met = platform.cloud.faults.met.total()
    platform.cloud.faults.clear()
    assert met > 100
    assert [container.alive for container in platform.host.containers] == [True]
    (memory, descriptors, threads), (later, more_descriptors, more_threads) = levels
    assert later - memory < MOST_GROWTH
    # Of a connection that was dropped last.
    assert abs(more_descriptors - descriptors) <= 1
    assert more_threads == threads
