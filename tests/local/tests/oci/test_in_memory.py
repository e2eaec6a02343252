"""The cloud without a server, as the function's transport: what its units don't see."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handlers.cloud.transport import Request, Response

from ...oci import Cloud, Fault
from ...oci.in_memory import InMemoryTransport, function_clock
from .conftest import resource_principal_signer

Send = Callable[..., Response]
SECONDS = 10


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path / "buckets", serve=False, seed=1, advance="by time", seconds_per_export=60)


@pytest.fixture
def send(cloud: Cloud, tmp_path: Path) -> Send:
    """Sends a signed request, with so many seconds for the answer."""
    signer, transport = resource_principal_signer(cloud, tmp_path), InMemoryTransport(cloud)

    def send(method: str, path: str, document: object = None) -> Response:
        body = json.dumps(document).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        request = Request(method, "https://iaas.us-phoenix-1.oraclecloud.com", path, headers, body)
        signer(request)
        return transport.send(request, until=cloud.clock.now() + SECONDS)

    return send


@pytest.fixture
def export(cloud: Cloud, send: Send) -> Callable[[], Response]:
    names = {"namespaceName": cloud.namespace, "bucketName": cloud.bucket, "objectName": "golden.oci"}
    path = f"/20160918/images/{cloud.images.add()['id']}/actions/export"
    return lambda: send("POST", path, {"destinationType": "objectStorageTuple", **names})


def test_exports_end_and_events_come_by_the_clock(cloud: Cloud, export: Callable[[], Response]) -> None:
    delivered: list[str] = []

    def fail_twice(event: dict[str, Any]) -> bool:
        delivered.append(event["eventType"].rpartition("computeapi.")[2])
        return delivered.count("exportimage.end") not in (1, 2)

    cloud.events.rule({})
    cloud.events.deliver_to(fail_twice)
    export()
    function_clock(cloud).sleep(60)
    assert cloud.events.emitted[-1]["eventType"].endswith("exportimage.end")
    assert delivered == []
    before = cloud.clock.now()
    assert cloud.settle()
    assert delivered == ["exportimage.begin", *["exportimage.end"] * 3]
    # The delay doubles.
    assert cloud.clock.now() == before + 3 * cloud.events.retry_delay


def test_a_late_answer_takes_the_time_that_there_is_and_the_work_is_done_later(
    cloud: Cloud, export: Callable[[], Response]
) -> None:
    cloud.faults.add(Fault("ExportImage", delay=SECONDS + 5))
    before = cloud.clock.now()
    with pytest.raises(TimeoutError):
        export()
    assert cloud.clock.now() == before + SECONDS
    assert not cloud.exports
    cloud.clock.advance(5)
    assert len(cloud.exports) == 1


def test_a_bug_of_the_emulator_is_raised(cloud: Cloud, send: Send) -> None:
    image = cloud.images.add(odd=object())
    with pytest.raises(TypeError, match="JSON"):
        send("GET", f"/20160918/images/{image['id']}")
