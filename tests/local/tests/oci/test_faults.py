"""The script of faults, seen by the vendor's SDK and by a plain HTTP client."""

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Cloud, Fault, server
from ...oci.exchange import Answer
from ...oci.server import INTERIM
from .conftest import failure

Export = Callable[..., Any]
ONCE = {"opc_retry_token": "once"}


def test_a_fault_answers_instead_of_the_work_as_often_as_it_says(cloud: Cloud, export: Export) -> None:
    image_id = cloud.images.add()["id"]
    throttled = Fault("ExportImage", 429, "TooManyRequests", headers={"retry-after": "7"}, times=2)
    cloud.faults.add(Fault("GetImage", status=500), throttled)
    for _ in range(2):
        error = failure(export, image_id)
        assert (error.status, error.code, error.headers["retry-after"]) == (429, "TooManyRequests", "7")
    assert not any(call.worked for call in cloud.calls)
    assert export(image_id).status == 200
    assert cloud.faults.met == {"ExportImage": 2}
    cloud.faults.add(Fault("*", status=503, times=None))
    assert [failure(export, image_id).status for _ in range(3)] == [503] * 3
    cloud.faults.clear()
    assert failure(export, image_id).status == 409


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ExportImage", drop="before"),
        Fault("ExportImage", drop="after"),
        Fault("ExportImage", status=500, after_work=True),
        Fault("ExportImage", cut=10),
        Fault("ExportImage", raw=b"\0\xff no HTTP"),
        Fault("ExportImage", raw=b"\0\xff no HTTP", after_work=True),
        Fault("ExportImage", delay=600),
        Fault("ExportImage", delay=600, after_work=True),
    ],
    ids=str,
)
def test_a_call_that_fails_may_have_been_worked_on(
    cloud: Cloud, clients: Any, export: Export, fault: Fault
) -> None:
    clients.compute.base_client.timeout = (5, 0.5 if fault.delay else 60)
    cloud.faults.add(fault)
    image = cloud.images.add()
    with pytest.raises((oci.exceptions.RequestException, oci.exceptions.ServiceError)):
        export(image["id"], **ONCE)
    worked = fault.after_work or fault.drop == "after" or fault.cut is not None
    assert [call.worked for call in cloud.calls] == [worked]
    clients.compute.base_client.timeout = (5, 60)
    assert export(image["id"], **ONCE).status == 200
    assert len(cloud.exports) == 1


def test_an_answer_can_drip_behind_interim_answers(cloud: Cloud, clients: Any) -> None:
    image = cloud.images.add(display_name="golden")
    cloud.faults.add(Fault("GetImage", drip=0.0001, drip_head=True, interim=3))
    answer = clients.compute.get_image(image["id"])
    assert answer.data.display_name == "golden"
    assert answer.headers["etag"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("*", drip=1), [b"head", b"b", b"o", b"d", b"y"]),
        (Fault("*", drip=1, drip_head=True, cut=1), [b"h", b"e", b"a", b"d", b"b"]),
        (Fault("*", interim=2, cut=3), [INTERIM, INTERIM, b"head", b"bod"]),
        (Fault("*", raw=b"any"), [b"any"]),
        (Fault("*", raw=b"any", drip=1, drip_head=True), [b"a", b"n", b"y"]),
    ],
)
def test_what_is_written_at_once(
    fault: Fault, expected: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_head", lambda answer: b"head")
    assert list(server.pieces(Answer(200, b"body"), fault, with_body=True)) == expected


def test_a_fault_meets_some_requests_by_the_seed(cloud: Cloud, clients: Any) -> None:
    cloud.faults.add(Fault("GetImage", status=500, times=None, probability=0.5))
    image = cloud.images.add()
    for _ in range(40):
        with contextlib.suppress(oci.exceptions.ServiceError):
            clients.compute.get_image(image["id"])
    assert Counter(call.status for call in cloud.calls)[500] == cloud.faults.met["GetImage"]
    assert 5 < cloud.faults.met["GetImage"] < 35


def test_a_signature_is_verified_before_any_fault(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", status=500))
    cloud.resource_principal.rotate(cloud.folder)
    assert failure(export, cloud.images.add()["id"]).status == 401
