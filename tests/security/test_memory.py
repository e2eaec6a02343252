"""The function has 256 MB: no service's answer, and no number of them, takes it."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.oci import Call, Fault
from tests.local.platform import LocalPlatform
from tests.platform import Request, send

# The container's own share of it is left to the platform.
MOST = 200 * 1024 * 1024
# As parsed, fifty times its text.
SMALL_OBJECTS = b"[" + b"{}," * (8 * 1024 * 1024 // 3) + b"{}]"

# As a text in memory, four bytes a character for the sake of one.
LONG_NAME = "x" * 2_500 + "\U0001f600"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    """A container of its own, for the most that it ever held is looked at. With records."""
    config = {"EXPORT_RECORDS": "axexampleexam/images/records"}
    with LocalPlatform(tmp_path, config=config, advance="at once", seed=1, policy=None) as platform:
        platform.cloud.events.deliver_to(lambda _: True)
        yield platform


def peak(platform: LocalPlatform) -> int:
    """The most memory that the container held, in bytes (proc(5), VmHWM)."""
    [container] = platform.host.containers
    assert container.alive
    status = Path(f"/proc/{container.pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def without_end(platform: LocalPlatform, operation: str, small_objects: int, **fields: str) -> None:
    """A list of which every page names another one. Its entries have that many small objects in them."""
    entry: dict[str, Any] = {"id": "ocid1.image.oc1.phx.@", **fields, "of": [{}] * small_objects}
    page, number = json.dumps([entry | {"id": f"{entry['id']}{n}"} for n in range(50)]), itertools.count()

    def add(_: Call) -> None:
        token = str(next(number))
        body = page.replace("@", f"{token}x").encode()
        platform.cloud.faults.add(Fault(operation, 200, body=body, headers={"opc-next-page": token}))

    platform.cloud.on(operation, "received", add)


def exported(platform: LocalPlatform) -> Request:
    request = Request(platform, "direct")
    assert request.send().status == 200
    return request


@pytest.mark.parametrize("operation", ["ListWorkRequests", "ListWorkRequestErrors"])
def test_a_list_of_large_entries_that_never_ends_fits_into_the_memory(
    platform: LocalPlatform, operation: str
) -> None:
    platform.cloud.faults.add(Fault("EndExport", code="Failed"))
    request = exported(platform)
    without_end(platform, operation, 3_000, operationType="ExportImage", code="x", message="x" * 4000)
    request.send_ending(seconds=120)
    assert len(platform.cloud.calls.named(operation)) >= 1000 / 50
    assert peak(platform) < MOST


def test_a_catch_up_with_images_without_end_fits_into_the_memory(platform: LocalPlatform) -> None:
    compartment = platform.cloud.compartment_id
    fields = {"compartmentId": compartment, "lifecycleState": "AVAILABLE", "displayName": LONG_NAME}
    without_end(platform, "ListImages", 130, timeCreated="2026-01-31T23:59:59Z", **fields)
    # After three exports that are refused, it ends: the images are in memory by then.
    platform.cloud.faults.add(Fault("ExportImage", 403, times=None))
    asked = {"catchUp": {"compartmentId": compartment}}
    reply = send(platform, json.dumps(asked).encode(), seconds=120)
    assert (reply.document["images"], len(reply.document["failed"])) == (20_000, 3)
    assert peak(platform) < MOST


@pytest.mark.parametrize("operation", ["ExportImage", "GetObject", "PublishMessage"])
def test_one_answer_of_small_objects_fits_into_the_memory(platform: LocalPlatform, operation: str) -> None:
    platform.cloud.faults.add(Fault(operation, 200, after_work=True, body=SMALL_OBJECTS))
    exported(platform)
    assert platform.cloud.faults.met[operation]
    assert peak(platform) < MOST
