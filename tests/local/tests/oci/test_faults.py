"""The script of faults, seen by the vendor's SDK and by a plain HTTP client."""

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import oci
import pytest

from ...oci import Call, Cloud, Fault, server
from ...oci.exchange import Answer
from ...oci.server import INTERIM

Export = Callable[..., Any]
ONCE = {"opc_retry_token": "once"}


def failed(call: Callable[[], Any]) -> Any:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call()
    return caught.value


def cut_off(call: Callable[[], Any]) -> None:
    with pytest.raises(oci.exceptions.RequestException):
        call()


def test_a_fault_answers_instead_of_the_work(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add()
    cloud.faults.add(Fault("ExportImage", status=429, code="TooManyRequests", headers={"retry-after": "7"}))
    error = failed(lambda: export(image["id"]))
    assert (error.status, error.code, error.headers["retry-after"]) == (429, "TooManyRequests", "7")
    assert not cloud.exports
    assert not cloud.calls[0].worked
    assert export(image["id"]).status == 200
    assert cloud.faults.met == {"ExportImage": 1}


def test_a_fault_meets_the_call_that_it_is_meant_for(cloud: Cloud, clients: Any) -> None:
    fresh, other = cloud.images.add(), cloud.images.add()
    cloud.faults.add(Fault("GetImage", when=lambda call: fresh["id"] in call.path, status=404, times=None))
    assert clients.compute.get_image(other["id"]).status == 200
    assert failed(lambda: clients.compute.get_image(fresh["id"])).status == 404


def test_a_success_can_have_another_document(cloud: Cloud, clients: Any) -> None:
    work_request_id = cloud.work_requests.add(status="SUCCEEDED")

    def without_time(document: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in document.items() if name != "timeFinished"}

    cloud.faults.add(Fault("GetWorkRequest", change=without_time, times=2))
    told = clients.work.get_work_request(work_request_id).data
    assert (told.status, told.time_finished) == ("SUCCEEDED", None)
    assert failed(lambda: clients.work.get_work_request("unknown")).status == 404


def test_a_list_may_never_end(cloud: Cloud, clients: Any) -> None:
    cloud.faults.add(Fault("ListWorkRequests", headers={"opc-next-page": "p9"}, times=None))
    for page in (None, "p9", "p9"):
        listed = clients.work.list_work_requests(cloud.compartment_id, **({"page": page} if page else {}))
        assert (listed.data, listed.next_page) == ([], "p9")


def test_a_fault_may_be_a_page_of_a_proxy(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", status=503, body=b"<html>busy</html>", content_type="text/html"))
    error = failed(lambda: export(cloud.images.add()["id"]))
    assert (error.status, error.code, error.message) == (503, None, "<html>busy</html>")


def test_a_connection_is_dropped_before_the_work(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", drop="before"))
    cut_off(lambda: export(cloud.images.add()["id"]))
    assert not cloud.exports
    assert [(call.worked, call.status) for call in cloud.calls] == [(False, None)]


def test_a_connection_is_dropped_after_the_work(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", drop="after"))
    image = cloud.images.add()
    cut_off(lambda: export(image["id"], **ONCE))
    assert len(cloud.exports) == 1
    assert export(image["id"], **ONCE).status == 200
    assert len(cloud.exports) == 1


def test_a_bad_answer_comes_after_the_work(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", status=500, code="InternalServerError", after_work=True))
    assert failed(lambda: export(cloud.images.add()["id"])).status == 500
    assert len(cloud.exports) == 1


def test_an_answer_can_lose_a_header(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", without_headers=("opc-work-request-id",)))
    answer = export(cloud.images.add()["id"])
    assert answer.status == 200
    assert "opc-work-request-id" not in answer.headers
    assert answer.headers["etag"]
    assert len(cloud.exports) == 1


def test_a_late_answer_is_late(cloud: Cloud, clients: Any, export: Export) -> None:
    clients.compute.base_client.timeout = (5, 0.2)
    cloud.faults.add(Fault("ExportImage", delay=600, after_work=True))
    cut_off(lambda: export(cloud.images.add()["id"]))
    assert len(cloud.exports) == 1


def test_a_delay_alone_changes_nothing_else(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", delay=0.01))
    assert export(cloud.images.add()["id"]).headers["opc-work-request-id"]


def test_an_answer_can_drip(cloud: Cloud, clients: Any) -> None:
    image = cloud.images.add(display_name="golden")
    cloud.faults.add(Fault("GetImage", drip=0.0001, drip_head=True))
    answer = clients.compute.get_image(image["id"])
    assert answer.data.display_name == "golden"
    assert answer.headers["etag"]
    assert answer.headers["opc-request-id"]


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


def test_interim_answers_come_before_the_answer(cloud: Cloud, clients: Any) -> None:
    image = cloud.images.add(display_name="golden")
    cloud.faults.add(Fault("GetImage", interim=3))
    assert clients.compute.get_image(image["id"]).data.display_name == "golden"


def test_a_body_can_be_cut(cloud: Cloud, clients: Any) -> None:
    cloud.faults.add(Fault("GetImage", cut=10))
    cut_off(lambda: clients.compute.get_image(cloud.images.add()["id"]))


def test_an_answer_can_be_any_bytes(cloud: Cloud, export: Export) -> None:
    cloud.faults.add(Fault("ExportImage", raw=b"\0\xff no HTTP"))
    image = cloud.images.add()
    cut_off(lambda: export(image["id"]))
    assert not cloud.exports
    cloud.faults.add(Fault("ExportImage", raw=b"\0\xff no HTTP", after_work=True))
    cut_off(lambda: export(image["id"]))
    assert len(cloud.exports) == 1


def test_a_body_can_be_any_bytes(cloud: Cloud, clients: Any) -> None:
    cloud.faults.add(Fault("GetImage", body=b"\0\xff{"))
    answer = clients.compute.base_client.call_api(
        f"/images/{cloud.images.add()['id']}", "GET", response_type="stream"
    )
    assert (answer.status, answer.data.content) == (200, b"\0\xff{")


def test_headers_can_be_huge(cloud: Cloud, clients: Any) -> None:
    cloud.faults.add(Fault("GetImage", headers={"etag": "x" * 60_000}))
    assert len(clients.compute.get_image(cloud.images.add()["id"]).headers["etag"]) == 60_000


def test_faults_last_as_long_as_they_say(cloud: Cloud, export: Export) -> None:
    image = cloud.images.add()
    cloud.faults.add(Fault("GetImage", status=500), Fault("ExportImage", status=500, times=2))
    assert [failed(lambda: export(image["id"])).status for _ in range(2)] == [500, 500]
    assert export(image["id"]).status == 200
    cloud.faults.add(Fault("*", status=503, times=None))
    assert [failed(lambda: export(image["id"])).status for _ in range(3)] == [500 + 3] * 3
    cloud.faults.clear()
    assert failed(lambda: export(image["id"])).status == 409


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
    cloud.resource_principal.expire()
    assert failed(lambda: export(cloud.images.add()["id"])).status == 401


def test_connections_closed_by_the_service_are_opened_again(cloud: Cloud, clients: Any) -> None:
    image = cloud.images.add()
    for _ in range(3):
        assert clients.compute.get_image(image["id"]).status == 200
        cloud.close_connections()


def test_somebody_can_be_there_when_a_call_comes(cloud: Cloud, export: Export) -> None:
    seen: list[tuple[str, bool, int]] = []

    def look(stage: str) -> Callable[[Call], None]:
        return lambda call: seen.append((stage, call.worked, len(cloud.exports)))

    cloud.on("ExportImage", "received", look("received"))
    cloud.on("*", "done", look("done"))
    export(cloud.images.add()["id"])
    assert seen == [("received", False, 0), ("done", True, 1)]

    cloud.stop_watching()
    export(cloud.images.add()["id"])
    assert len(seen) == 2


def test_every_call_is_recorded(cloud: Cloud, clients: Any, export: Export) -> None:
    image = cloud.images.add()
    export(image["id"], **ONCE)
    clients.work.list_work_requests(cloud.compartment_id, resource_id=image["id"])
    first, second = cloud.calls
    assert (first.operation, first.method, first.status) == ("ExportImage", "POST", 200)
    assert first.path == f"/20160918/images/{image['id']}/actions/export"
    assert first.headers["opc-retry-token"] == "once"
    assert first.json["bucketName"] == cloud.bucket
    assert second.query == {"compartmentId": cloud.compartment_id, "resourceId": image["id"]}
    assert cloud.calls.named("ListWorkRequests") == [second]
