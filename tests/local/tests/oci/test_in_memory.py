"""The cloud without a server, as the function's transport."""

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
        body = None if document is None else json.dumps(document).encode()
        headers = {"content-type": "application/json"} | (
            {} if body is None else {"content-length": str(len(body))}
        )
        request = Request(method, "https://iaas.us-phoenix-1.oraclecloud.com", path, headers, body)
        signer(request)
        return transport.send(request, until=cloud.clock.now() + SECONDS)

    return send


def export(cloud: Cloud, send: Send, image_id: str) -> Response:
    destination = {"namespaceName": cloud.namespace, "bucketName": cloud.bucket, "objectName": "golden.oci"}
    return send(
        "POST",
        f"/20160918/images/{image_id}/actions/export",
        {"destinationType": "objectStorageTuple", **destination},
    )


def test_a_request_goes_the_usual_way(cloud: Cloud, send: Send) -> None:
    image = cloud.images.add()
    answer = send("GET", f"/20160918/images/{image['id']}?a=b")
    assert (answer.status, json.loads(answer.body or b"")) == (200, image)
    assert answer.headers["etag"] == cloud.images.etag(image["id"])
    [call] = cloud.calls
    assert (call.operation, call.query, call.status) == ("GetImage", {"a": "b"}, 200)


def test_a_signature_is_verified(cloud: Cloud) -> None:
    request = Request("GET", cloud.endpoint, "/20160918/images/x", {}, None)
    answer = InMemoryTransport(cloud).send(request, until=cloud.clock.now() + 1)
    assert answer.status == 401


def test_exports_end_and_events_come_by_the_clock(cloud: Cloud, send: Send) -> None:
    delivered: list[str] = []

    def fail_once(event: dict[str, Any]) -> bool:
        delivered.append(event["eventType"].rpartition("computeapi.")[2])
        return delivered.count("exportimage.end") != 1

    cloud.events.rule({})
    cloud.events.deliver_to(fail_once)
    export(cloud, send, cloud.images.add()["id"])
    function_clock(cloud).sleep(60)
    assert cloud.events.emitted[-1]["eventType"].endswith("exportimage.end")
    assert delivered == []
    before = cloud.clock.now()
    assert cloud.settle()
    assert delivered == ["exportimage.begin", "exportimage.end", "exportimage.end"]
    assert cloud.clock.now() == before + cloud.events.retry_delay


def test_a_late_answer_takes_the_time_that_there_is_and_the_work_is_done_later(
    cloud: Cloud, send: Send
) -> None:
    cloud.faults.add(Fault("ExportImage", delay=SECONDS + 5))
    before = cloud.clock.now()
    with pytest.raises(TimeoutError):
        export(cloud, send, cloud.images.add()["id"])
    assert cloud.clock.now() == before + SECONDS
    assert not cloud.exports
    cloud.clock.advance(5)
    assert len(cloud.exports) == 1


def test_a_delayed_answer_in_time_comes(cloud: Cloud, send: Send) -> None:
    cloud.faults.add(Fault("GetImage", delay=SECONDS - 1))
    assert send("GET", f"/20160918/images/{cloud.images.add()['id']}").status == 200


def test_a_dropped_connection(cloud: Cloud, send: Send) -> None:
    cloud.faults.add(Fault("ExportImage", drop="after"))
    with pytest.raises(ConnectionError):
        export(cloud, send, cloud.images.add()["id"])
    assert len(cloud.exports) == 1


def test_a_body_that_breaks_off_is_none(cloud: Cloud, send: Send) -> None:
    cloud.faults.add(Fault("GetImage", cut=10))
    answer = send("GET", f"/20160918/images/{cloud.images.add()['id']}")
    assert (answer.status, answer.body) == (200, None)


def test_dripping_takes_its_time(cloud: Cloud, send: Send) -> None:
    cloud.faults.add(Fault("GetImage", drip=1))
    with pytest.raises(TimeoutError):
        send("GET", f"/20160918/images/{cloud.images.add()['id']}")


def test_what_is_raised_when_a_call_is_done_ends_the_caller(cloud: Cloud, send: Send) -> None:
    class KilledError(BaseException):
        pass

    def kill(_: object) -> None:
        raise KilledError

    cloud.on("ExportImage", "done", kill)
    with pytest.raises(KilledError):
        export(cloud, send, cloud.images.add()["id"])
    assert len(cloud.exports) == 1


def test_a_bug_of_the_emulator_is_raised(cloud: Cloud, send: Send) -> None:
    image = cloud.images.add(odd=object())
    with pytest.raises(TypeError, match="JSON"):
        send("GET", f"/20160918/images/{image['id']}")
