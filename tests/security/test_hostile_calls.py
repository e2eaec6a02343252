"""The whole process under thousands of hostile calls over its socket: each is answered, and it lives on."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.local.fn import Invocation
from tests.local.platform import LocalPlatform
from tests.security.hostile_calls import Aim, HostileCall, make

CALLS = int(os.environ.get("HOSTILE_CALLS", "2500"))
SEED = int(os.environ.get("HOSTILE_SEED", "4"))
# The function's own refusals, and Compute's: none of these is an internal error.
REFUSALS = {400, 401, 403, 404, 405, 409, 412, 413, 415, 429}
LISTED, UNLISTED = "allowed", "closed"
LINE = {
    *(
        "time",
        "level",
        "message",
        "callId",
        "trigger",
        "imageId",
        "destination",
        "exportFormat",
        "workRequestId",
    ),
    *("opcRequestId", "status", "code", "attempts", "durationMs", "deadlineLeftMs"),
}
OPERATIONS = {"ExportImage", "GetImage", "PublishMessage", "CreatePreauthenticatedRequest"}
READING = {"GetWorkRequest", "ListWorkRequests", "ListWorkRequestErrors", "ListWorkRequestLogs"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    config = {"EXPORT_BUCKET": "of-events", "LOG_LEVEL": "DEBUG"}
    # The bucket that nobody listed is there, and no policy binds: only the function keeps images from it.
    config["ALLOWED_DESTINATIONS"] = f"axexampleexam/{LISTED}/on-demand"
    folder = tmp_path_factory.mktemp("buckets")
    with LocalPlatform(folder, config=config, advance="at once", seed=SEED, policy=None) as local:
        local.cloud.topic_rate = 1_000_000
        for bucket in (LISTED, UNLISTED, "of-events"):
            local.cloud.buckets.add(bucket)
        local.cloud.buckets.add(LISTED, "othernamespace")
        yield local


@pytest.fixture(scope="module")
def answered(platform: LocalPlatform) -> list[tuple[HostileCall, Invocation]]:
    """Every hostile call with its answer."""
    cloud = platform.cloud
    namespace = cloud.namespace
    images = tuple(str(cloud.images.add(display_name=f"image {number}")["id"]) for number in range(3))
    first = platform.invoke(
        {
            "imageId": images[0],
            "exportImageDetails": {
                "destinationType": "objectStorageTuple",
                "namespaceName": namespace,
                "bucketName": LISTED,
                "objectName": "on-demand/first",
            },
        }
    ).json()
    aim = Aim(
        image_ids=(*images, "ocid1.image.oc1.phx.nosuchimage"),
        work_request_ids=(first["workRequestId"], "ocid1.coreservicesworkrequest.oc1.phx.nosuchrequest"),
        places=(
            *((namespace, LISTED, "on-demand/a.oci"), (namespace, LISTED, "on-demand/ü/b c.oci")),
            *(
                (namespace, "of-events", "a"),
                (namespace, LISTED, "on-demand-elsewhere/a"),
                (namespace, LISTED, "a"),
            ),
            *((namespace, UNLISTED, "on-demand/a"), ("othernamespace", LISTED, "on-demand/a")),
            (namespace, LISTED, "on-demand/../a"),
        ),
        endpoint=cloud.endpoint,
        compartment_id=cloud.compartment_id,
    )
    random = Random(SEED)  # noqa: S311  # to be repeated, not to be secret
    calls = [make(random, aim) for _ in range(CALLS)]
    return [(call, platform.host.invoke(call.body, call.headers)) for call in calls]


def is_gateway(call: HostileCall) -> bool:
    return call.door.startswith("gateway")


def test_every_call_is_answered_and_none_counts_as_failed(
    answered: list[tuple[HostileCall, Invocation]],
) -> None:
    assert len(answered) >= 2000
    assert [(call, answer) for call, answer in answered if answer.failed or answer.status != 200] == []


def test_every_answer_is_a_documented_success_or_refusal(
    answered: list[tuple[HostileCall, Invocation]],
) -> None:
    seen: Counter[tuple[str, int]] = Counter()
    for call, answer in answered:
        document = answer.json()
        status = answer.http_status if is_gateway(call) else document.get("status", 200)
        seen[call.door, status] += 1
        if is_gateway(call) and status == 200:
            assert isinstance(document, list) or document.get("id") or document.get("openapi")
        elif is_gateway(call):
            assert set(document) == {"code", "message"}, document
            assert answer.headers["fn-http-h-opc-request-id"]
        elif isinstance(status, str):
            assert status in {"exported", "announced", "ignored", "rejected"}
        elif status == 200:
            assert {"image", "etag", "opcRequestId"} <= set(document)
        else:
            assert set(document) == {"status", "code", "message"}, document
        if isinstance(status, int) and status != 200:
            assert status in REFUSALS, (call, document)
            assert re.fullmatch("[A-Za-z]+", document["code"])
            assert document["message"]
    # The calls are no use if they all fail alike.
    of_gateway = {status for (door, status) in seen if door.startswith("gateway")}
    assert {200, 400, 403, 404, 405, 413, 415} <= of_gateway, seen
    assert {200, 400, 403, 413} <= {status for (door, status) in seen if door == "direct"}, seen
    assert {"exported", "announced", "rejected"} <= {status for (door, status) in seen if door == "event"}, (
        seen
    )


def test_no_answer_says_anything_of_the_inside(answered: list[tuple[HostileCall, Invocation]]) -> None:
    inside = re.compile(rb"Traceback|File \"|\.py\b|pydantic|orjson|site-packages|Error\b.*line \d|<class")
    assert [(call, answer.body) for call, answer in answered if inside.search(answer.body)] == []


def test_one_container_answered_them_all(
    platform: LocalPlatform, answered: list[tuple[HostileCall, Invocation]]
) -> None:
    assert {answer.container for _, answer in answered} == {1}
    assert [container.alive for container in platform.host.containers] == [True]


def test_nothing_was_exported_to_a_place_that_is_not_listed(
    platform: LocalPlatform, answered: list[tuple[HostileCall, Invocation]]
) -> None:
    places = {
        (export.destination.namespace, export.destination.bucket, export.destination.object.partition("/")[0])
        for export in platform.cloud.exports
    }
    namespace = platform.cloud.namespace
    assert (namespace, LISTED, "on-demand") in places
    assert {(place[0], place[1]) for place in places} == {(namespace, LISTED), (namespace, "of-events")}
    assert {first for _, bucket, first in places if bucket == LISTED} == {"on-demand"}


def test_the_principal_did_nothing_but_exports_and_reading(
    platform: LocalPlatform, answered: list[tuple[HostileCall, Invocation]]
) -> None:
    assert {call.operation for call in platform.cloud.calls} <= OPERATIONS | READING
    ocid = r"ocid1\.[a-z0-9]+\.[a-z0-9]+\.[a-z0-9-]*\.[a-zA-Z0-9]+"
    path = re.compile(
        rf"/(20160918|20181201)/(workRequests|(images|workRequests|topics)/{ocid}(/[a-z]+){{0,2}})"
    )
    assert [call.path for call in platform.cloud.calls if not path.fullmatch(call.path)] == []
    assert {call.status for call in platform.cloud.calls} <= {200, 202, 400, 404, 409, 412}


def test_every_log_line_is_one_json_object_and_each_call_has_its_own(
    platform: LocalPlatform, answered: list[tuple[HostileCall, Invocation]]
) -> None:
    last = answered[-1][1].call_id
    platform.host.log.wait_for(lambda line: f'"callId":"{last}"' in line)
    entries = [json.loads(line) for line in platform.host.logs]
    assert all(isinstance(entry, dict) and {"time", "level", "message"} <= set(entry) for entry in entries)
    assert [entry for entry in entries if "traceback" in entry] == []
    lines: dict[str, dict[str, Any]] = {
        entry["callId"]: entry for entry in entries if "deadlineLeftMs" in entry
    }
    for call, answer in answered:
        line = lines[answer.call_id]
        assert set(line) >= LINE
        assert line["trigger"] == "gateway" if is_gateway(call) else line["trigger"] in ("direct", "event")
        # The platform's deadline, not the client's.
        assert 100_000 < line["deadlineLeftMs"] <= 120_000


def test_it_still_exports(platform: LocalPlatform, answered: list[tuple[HostileCall, Invocation]]) -> None:
    before = len(platform.cloud.exports)
    image = platform.cloud.images.add(display_name="after all that")
    request = {
        "imageId": image["id"],
        "exportImageDetails": {
            "destinationType": "objectStorageTuple",
            "namespaceName": platform.cloud.namespace,
            "bucketName": LISTED,
            "objectName": "on-demand/after.oci",
        },
    }
    assert platform.invoke(request).json()["workRequestId"]
    assert len(platform.cloud.exports) == before + 1
